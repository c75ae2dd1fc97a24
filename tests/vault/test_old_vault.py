"""A vault of an older version: everything in it is there after the upgrade, and a newer one is left alone."""

import hashlib
import shutil
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.container.collection import Collection, Member
from host_tools.container.report import COMPLETE
from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY
from host_tools.errors import CloisterError
from host_tools.vault import open_vault, recovery
from host_tools.vault.schema import MIGRATIONS
from tests.quick_vault import PASSPHRASE
from tests.reference_writer import key_id
from tests.vault.raw import all_bytes, edit, rows

KEPT = Path(__file__).parents[1] / "data" / "vault-v1"
RECORDER = b"recorder"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The vault of version 1 that is kept with the tests."""
    shutil.copytree(KEPT, tmp_path / "vault")
    return tmp_path / "vault"


def test_the_kept_vault_is_of_version_1() -> None:
    assert rows(KEPT, "PRAGMA user_version") == [(1,)]


def test_everything_is_there_after_the_upgrade(old: Path) -> None:
    before = {table: rows(old, f"SELECT * FROM {table}") for table in ("keys", "recorders", "recordings")}  # noqa: S608
    with open_vault(old, PASSPHRASE) as vault:
        assert [(entry.number, entry.started) for entry in vault.recordings()] == [
            (1, "2025-07-14T09:00:00Z"),
            (2, "2025-07-15T09:00:00Z"),
        ]
        assert vault.recorder_secret(RECORDER) == b"s" * 32
        (recorder,) = vault.recorders()
        assert (recorder.first_number, recorder.last.number) == (1, 3)
        assert vault.destroyed_numbers(RECORDER) == {3}
        assert vault.recovery_key(1)
        records = [vault.private_key_for(row[0]) for row in before["keys"]]
        assert [record.role for record in records].count(ONE_TIME) == 8
        assert {record.role for record in records} == {ONE_TIME, LAST_RESORT, RECOVERY}
        assert sum(record.destroyed for record in records) == 1
        assert vault.states() == {}
        assert vault.audit.verify() == []
        for recording in vault.recordings():
            with vault.open_recording(recording) as source:
                member = Member("it", source, recording.vouch)
                assert Collection([member], vault.knowledge()).examine(member).word == COMPLETE
    assert rows(old, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert {table: rows(old, f"SELECT * FROM {table}") for table in before} == before  # noqa: S608


def test_its_sound_is_what_was_recorded(old: Path, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    options = ["--vault", str(old), "--passphrase-file", str(tmp_path / "passphrase")]
    assert main([*options, "export", "2", "-o", str(tmp_path / "sound.wav")]) in (0, 3)
    sound = hashlib.shake_128(b"sound 2").digest(2 * 6000)
    assert (tmp_path / "sound.wav").read_bytes().endswith(sound)


def test_its_one_passphrase_becomes_the_first_persons(old: Path) -> None:
    with open_vault(old, PASSPHRASE) as vault:
        assert [(person.id, person.name) for person in vault.people()] == [(1, "owner")]
        vault.add_person("Anna", "another twelve characters")
        vault.destroy_keys([1])
        assert vault.private_key_for(bytes.fromhex(vault.recording(1).key)).destroyed
        assert vault.private_key_for(bytes.fromhex(vault.recording(2).key)).private
    open_vault(old, "another twelve characters").close()


def test_it_takes_keys_of_suite_2_beside_those_that_it_has(old: Path) -> None:
    with open_vault(old, PASSPHRASE) as vault:
        recording = vault.recording(2)
        recorder_id = bytes.fromhex(recording.recorder)
        before = vault.private_key_for(bytes.fromhex(recording.key))
        publics = [*vault.one_time_keys(recorder_id, 2, 0, 2), vault.last_resort_key(recorder_id, 2)]
        publics += [bytes.fromhex(recovery.make_recovery_key(vault, 2).public)]
    with open_vault(old, PASSPHRASE) as vault:
        assert [vault.private_key_for(key_id(public)).suite for public in publics] == [2, 2, 2, 2]
        assert vault.private_key_for(bytes.fromhex(recording.key)) == before


def test_what_wrapped_its_master_key_is_in_no_file_once_a_key_is_destroyed(old: Path) -> None:
    ((wrapped,),) = rows(old, "SELECT wrapped_key FROM master")
    keys = [value for (value,) in rows(old, "SELECT wrapped_private_key FROM keys") if value]
    with open_vault(old, PASSPHRASE) as vault:
        vault.destroy_keys([1])
    left = all_bytes(old)
    assert not any(value in left for value in (wrapped, *keys))


def test_a_wrong_passphrase_upgrades_nothing(old: Path) -> None:
    before = all_bytes(old)
    with pytest.raises(CloisterError, match="wrong passphrase"):
        open_vault(old, PASSPHRASE + "x")
    assert all_bytes(old) == before


def test_a_newer_vault_is_refused_and_left_alone(old: Path) -> None:
    open_vault(old, PASSPHRASE).close()
    edit(old, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = all_bytes(old)
    with pytest.raises(CloisterError, match="newer version") as refused:
        open_vault(old, PASSPHRASE)
    assert refused.value.hint == "install the newer cloister"
    assert all_bytes(old) == before
