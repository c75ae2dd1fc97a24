"""The vault: nothing in it unwrapped, nothing in it movable, and no half vault ever."""

import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY
from host_tools.errors import CloisterError
from host_tools.vault import create_vault, open_vault
from host_tools.vault.stretching import Argon2Cost
from host_tools.vault.wrapping import Wrapper, WrapRefused
from tests.quick_vault import PASSPHRASE, QUICK, QuickVault, make_quick_vault
from tests.reference_writer import key_id
from tests.typed_command import everything
from tests.vault.raw import all_bytes, edit

RECORDER, SECRET = b"recorder", bytes(range(32))
STATUS = {"last": {"number": 4, "seal": "ab" * 16, "samples": 160}, "next_container": 5, "struck": []}


@pytest.fixture
def made(tmp_path: Path) -> QuickVault:
    return make_quick_vault(tmp_path)


def test_keys_are_made_once_and_kept(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_recorder(RECORDER, SECRET)
        first = vault.one_time_keys(RECORDER, 1, 0, 3)
        assert len(set(first)) == 3
        assert vault.one_time_keys(RECORDER, 1, 2, 3)[0] == first[2]
        last_resort, recovery = vault.last_resort_key(RECORDER, 1), vault.make_recovery_key(1)
        assert vault.recorder_secret(b"somebody") is None
    with made.open() as vault:
        assert vault.one_time_keys(RECORDER, 1, 0, 3) == first
        assert vault.last_resort_key(RECORDER, 1) == last_resort
        assert vault.recovery_key(1) == recovery
        assert vault.recorder_secret(RECORDER) == SECRET
        roles = [vault.private_key_for(key_id(public)) for public in (first[1], last_resort, recovery)]
        assert [(found.role, found.recorder_id, found.index) for found in roles] == [
            (ONE_TIME, RECORDER, 1),
            (LAST_RESORT, RECORDER, 0),
            (RECOVERY, None, 0),
        ]
        assert vault.private_key_for(bytes(8)) is None


def test_no_secret_lies_in_any_file(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_recorder(RECORDER, SECRET)
        publics = [
            *vault.one_time_keys(RECORDER, 1, 0, 20),
            vault.last_resort_key(RECORDER, 1),
            vault.make_recovery_key(1),
        ]
        privates = [vault.private_key_for(key_id(public)).private for public in publics]
        vault.note_status(RECORDER, STATUS, datetime.now(UTC))
    stored = all_bytes(made.folder)
    assert all(public in stored for public in publics)
    for secret in (*privates, SECRET, PASSPHRASE.encode(), b"ab" * 16):
        assert secret not in stored
        assert secret.hex().encode() not in stored


def test_destroyed_keys_are_gone_from_the_file_and_still_known(made: QuickVault) -> None:
    with made.open() as vault:
        ids = [key_id(public) for public in vault.one_time_keys(made.writer.recorder_id, 1, 0, 60)]
        connection = sqlite3.connect(made.folder / "vault.sqlite")
        wrapped = [row[0] for row in connection.execute("SELECT wrapped_private_key FROM keys")]
        connection.close()
        assert all(secret in all_bytes(made.folder) for secret in wrapped)
        for wanted in ids:
            vault.destroy_private_key(wanted)
        record = vault.private_key_for(ids[0])
        assert (record.private, record.destroyed) == (None, True)
    left = all_bytes(made.folder)
    assert not any(secret in left for secret in wrapped)


def test_wrong_passphrase_is_refused_and_changes_nothing_but_the_audit(made: QuickVault) -> None:
    before = everything(made.folder)
    with pytest.raises(CloisterError, match="wrong passphrase"):
        open_vault(made.folder, PASSPHRASE + "x")
    assert everything(made.folder) == before
    with made.open() as vault:
        (entry,) = vault.audit.entries()
    assert (entry.person, entry.action, entry.outcome) == (0, "open", "refused")


def test_swapped_private_keys_are_refused(made: QuickVault) -> None:
    with made.open() as vault:
        one, two = vault.one_time_keys(made.writer.recorder_id, 1, 0, 2)
    edit(
        made.folder,
        "UPDATE keys SET wrapped_private_key = (SELECT wrapped_private_key FROM keys WHERE key_id = ?) "
        "WHERE key_id = ?",
        key_id(two),
        key_id(one),
    )
    with made.open() as vault, pytest.raises(CloisterError, match="was altered"):
        vault.private_key_for(key_id(one))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE keys SET role = 'recovery'",
        "UPDATE keys SET recorder_id = NULL",
        "UPDATE keys SET suite = 2",
        "UPDATE keys SET number = 77",
    ],
)
def test_changed_column_of_a_key_is_refused(made: QuickVault, change: str) -> None:
    edit(made.folder, change)
    with made.open() as vault, pytest.raises(CloisterError, match="was altered"):
        vault.private_key_for(key_id(made.writer.public))


def test_swapped_recorder_secrets_are_refused(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_recorder(RECORDER, SECRET)
    edit(
        made.folder,
        "UPDATE recorders SET wrapped_secret = (SELECT wrapped_secret FROM recorders WHERE recorder_id = ?)",
        RECORDER,
    )
    with made.open() as vault, pytest.raises(CloisterError, match="was altered"):
        vault.recorder_secret(made.writer.recorder_id)


def test_cheaper_argon2_parameters_are_refused(made: QuickVault) -> None:
    edit(made.folder, "UPDATE stretching SET iterations = 2")
    with pytest.raises(CloisterError, match="wrong passphrase"):
        made.open()
    edit(made.folder, "UPDATE stretching SET memory_kib = 1 << 40")
    with pytest.raises(CloisterError, match="make no sense"):
        made.open()


def test_standard_cost_is_what_rfc_9106_recommends() -> None:
    assert Argon2Cost() == Argon2Cost(memory_kib=64 * 1024, iterations=3, lanes=4)


def test_folder_and_files_are_the_owners_alone(made: QuickVault) -> None:
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    for path in made.folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_vault_is_made_only_where_nothing_is(made: QuickVault, tmp_path: Path) -> None:
    before = all_bytes(made.folder)
    with pytest.raises(CloisterError, match="is a vault already"):
        create_vault(made.folder, PASSPHRASE, QUICK)
    assert all_bytes(made.folder) == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter").write_text("dear")
    with pytest.raises(CloisterError, match="not empty"):
        create_vault(tmp_path / "other", PASSPHRASE, QUICK)
    (tmp_path / "empty").mkdir()
    create_vault(tmp_path / "empty", PASSPHRASE, QUICK)
    open_vault(tmp_path / "empty", PASSPHRASE).close()


def test_a_failure_while_making_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("host_tools.vault.opening.add_to_people", fail)
    with pytest.raises(OSError, match="No space"):
        create_vault(tmp_path / "vault", PASSPHRASE, QUICK)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + bytes(200)])
def test_what_is_not_a_vault_is_told_from_a_wrong_passphrase(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vault.sqlite").write_bytes(content)
    with pytest.raises(CloisterError, match="is not a vault"):
        open_vault(tmp_path, PASSPHRASE)
    with pytest.raises(CloisterError, match="there is no vault"):
        open_vault(tmp_path / "nothing", PASSPHRASE)


def test_a_damaged_database_is_said_in_our_words(made: QuickVault) -> None:
    path = made.folder / "vault.sqlite"
    data = bytearray(path.read_bytes())
    data[100:3000] = os.urandom(2900)
    path.write_bytes(data)
    with pytest.raises(CloisterError, match="cannot be used"):
        made.open()


def test_a_newer_vault_is_refused(made: QuickVault) -> None:
    edit(made.folder, "PRAGMA user_version = 99")
    with pytest.raises(CloisterError, match="newer version"):
        made.open()


def test_status_is_kept_for_findings(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_recorder(RECORDER, SECRET)
        moment = datetime(2025, 7, 14, 9, 0, tzinfo=UTC)
        vault.note_status(RECORDER, {"last": None, "next_container": 1, "struck": []}, moment)
        vault.note_status(RECORDER, STATUS | {"struck": [{"number": 2, "key": "00"}]}, moment)
        found = next(entry for entry in vault.recorders() if entry.recorder_id == RECORDER)
        assert (found.first_number, found.heard, found.last.number) == (1, moment, 4)
        knowledge = vault.knowledge()
        vouch = knowledge.vouch(RECORDER, 4)
        assert (vouch.seal, vouch.samples, vouch.by) == ("ab" * 16, 160, "the recorder")
        assert (knowledge.lowest_number(RECORDER), knowledge.last_named(RECORDER)) == (1, 4)
        assert knowledge.settled_numbers(RECORDER) == {2}


@pytest.mark.parametrize(
    "status",
    [
        {"last": 7},
        {"last": {"number": 0, "seal": "ab" * 16, "samples": 1}},
        {"last": {"number": 1, "seal": "AB" * 16, "samples": 1}},
        {"last": {"number": True, "seal": "ab" * 16, "samples": 1}},
        {"last": {"number": 1, "seal": "ab" * 16, "samples": -1}},
        {"last": None, "struck": [5]},
        {"struck": 5},
    ],
)
def test_a_status_in_another_form_is_refused_whole(made: QuickVault, status: dict) -> None:
    with made.open() as vault:
        with pytest.raises(CloisterError, match="in a form that is not known"):
            vault.note_status(made.writer.recorder_id, status, datetime.now(UTC))
        assert vault.recorders()[0].heard is None


def test_one_secret_per_recorder(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_recorder(RECORDER, SECRET)
        vault.add_recorder(RECORDER, SECRET)
        with pytest.raises(CloisterError, match="another secret"):
            vault.add_recorder(RECORDER, bytes(32))
        assert vault.recorder_secret(RECORDER) == SECRET


def test_keys_are_on_disk_before_they_are_handed_out(made: QuickVault) -> None:
    program = (
        "import os, sys; from pathlib import Path; from host_tools.vault import open_vault\n"
        "vault = open_vault(Path(sys.argv[1]), sys.argv[2])\n"
        "print(vault.one_time_keys(bytes.fromhex(sys.argv[3]), 1, 5, 1)[0].hex(), flush=True)\n"
        "os._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, made.folder, PASSPHRASE, made.writer.recorder_id.hex()],
        capture_output=True,
        text=True,
        check=False,
    )
    with made.open() as vault:
        assert vault.private_key_for(key_id(bytes.fromhex(done.stdout))).private is not None


def test_two_commands_do_not_write_at_once(made: QuickVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host_tools.vault.database.BUSY_TIMEOUT_S", 0.1)
    with made.open() as one, made.open() as two, one.importing():
        assert two.recordings() == []
        with pytest.raises(CloisterError, match="in use by another command"):
            two.last_resort_key(made.writer.recorder_id, 1)


def test_wrapped_values_are_bound_to_their_place() -> None:
    wrapper = Wrapper(bytes(32))
    wrapped = wrapper.wrap(b"secret", "row", 1)
    assert wrapper.unwrap(wrapped, "row", 1) == b"secret"
    for place in (("row", 2), ("row", "1"), ("row1",), ()):
        with pytest.raises(WrapRefused):
            wrapper.unwrap(wrapped, *place)
    with pytest.raises(WrapRefused):
        wrapper.unwrap(b"", "row", 1)
