"""Power lost in the middle of what a vault does: afterwards it is wholly before or wholly after.

Tried for every change that SQLite makes to a file, with all of the calls until then on the disk, with only
those that were synced, and with any part of the others. The vault's own files besides are never changed.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.container.collection import Collection, Member
from host_tools.container.report import COMPLETE
from host_tools.errors import CloisterError
from host_tools.vault import Gone, Recording, Vault, open_vault
from tests.quick_vault import PASSPHRASE, QuickVault, make_quick_vault
from tests.vault.disk_log import DiskLog, logged
from tests.vault.raw import all_bytes, rows

GONE = Gone("2026-11-20T10:00:00+00:00", 1, "expired")
OTHER, THIRD = "another twelve characters", "a third passphrase here"
DATA = Path(__file__).parents[1] / "data"

# Every value that the old master key has wrapped or that leads to it: all of it must be gone with the key.
OLD_VALUES = (
    "SELECT wrapped_private_key FROM keys UNION ALL SELECT wrapped_secret FROM recorders UNION ALL "
    "SELECT wrapped_entry FROM recordings UNION ALL SELECT wrapped_paper FROM papers UNION ALL "
    "SELECT wrapped_detail FROM audit UNION ALL SELECT sealed_master_key FROM people"
)


@pytest.fixture
def made(tmp_path: Path) -> QuickVault:
    """A vault with two recordings, two people, an entry in the audit, and a paper."""
    made = make_quick_vault(tmp_path)
    (tmp_path / "card").mkdir()
    for number in (1, 2):
        made.next_key()
        container = made.writer.container(number, pcm=os.urandom(6000))
        (tmp_path / "card" / f"R{number:07}.DAT").write_bytes(container)
    options = ["--vault", str(made.folder), "--passphrase-file", str(made.passphrase_file)]
    assert main([*options, "import", str(tmp_path / "card")]) in (0, 3)
    with made.open() as vault:
        vault.add_person("Anna", OTHER)
        vault.papers.add("consent", {"client": "Ruth"})
    return made


def opens(vault: Vault, recording: Recording) -> bool:
    """Whether the vault can decrypt this recording."""
    with vault.open_recording(recording) as source:
        member = Member("it", source, recording.vouch)
        return Collection([member], vault.knowledge()).examine(member).word == COMPLETE


def after_each_cut(log: DiskLog, work: Path, look: Callable[[Path], bool]) -> list[bool]:
    """What `look` finds in the folder after a power cut at each place; a failure names the place."""
    shutil.copytree(log.folder, work)
    found = []
    for where, files in log.states():
        for path in work.iterdir():
            if path.is_file():
                path.unlink()
        for name, data in files.items():
            (work / name).write_bytes(data)
        try:
            with logged(work, syncs=False):
                found.append(look(work))
        except (AssertionError, CloisterError) as error:
            raise AssertionError(f"power cut with {where}: {error}") from error
    return found


def test_a_destroyed_key_is_whole_or_gone_at_every_power_cut(made: QuickVault, tmp_path: Path) -> None:
    old = [value for (value,) in rows(made.folder, OLD_VALUES) if value]
    with logged(made.folder) as log, made.open() as vault:
        first, second = vault.recordings()
        vault.destroy_keys([first.id], GONE)
    assert len(log.calls) > 100

    def is_destroyed(folder: Path) -> bool:
        with open_vault(folder, PASSPHRASE) as vault:
            destroyed = vault.private_key_for(bytes.fromhex(first.key)).destroyed
            assert opens(vault, first) is not destroyed
            assert vault.state(first.id).gone == (GONE if destroyed else None)
            assert opens(vault, second)
            assert vault.papers.get("consent", 1) == {"client": "Ruth"}
            assert vault.audit.verify() == []
        open_vault(folder, OTHER).close()
        if destroyed:
            left = all_bytes(folder)
            assert not any(value in left for value in old)
        return destroyed

    found = after_each_cut(log, tmp_path / "work", is_destroyed)
    assert 10 < found.count(False) < len(found) - 10
    assert sorted(path.name for path in (tmp_path / "work").iterdir() if path.is_file()) == ["vault.sqlite"]


def test_a_removed_person_is_whole_or_gone_at_every_power_cut(made: QuickVault, tmp_path: Path) -> None:
    with logged(made.folder) as log, made.open() as vault:
        vault.remove_person(2)

    def is_removed(folder: Path) -> bool:
        with open_vault(folder, PASSPHRASE) as vault:
            removed = [person.id for person in vault.people()] == [1]
            assert all(opens(vault, recording) for recording in vault.recordings())
        if removed:
            with pytest.raises(CloisterError, match="wrong passphrase"):
                open_vault(folder, OTHER)
        else:
            open_vault(folder, OTHER).close()
        return removed

    assert set(after_each_cut(log, tmp_path / "work", is_removed)) == {True, False}


def test_one_passphrase_opens_it_at_every_power_cut_while_it_is_changed(
    made: QuickVault, tmp_path: Path
) -> None:
    with logged(made.folder) as log, made.open() as vault:
        vault.change_passphrase(THIRD)

    def is_changed(folder: Path) -> bool:
        try:
            vault, changed = open_vault(folder, PASSPHRASE), False
        except CloisterError:
            vault, changed = open_vault(folder, THIRD), True
        with vault:
            assert vault.person.id == 1
            assert all(opens(vault, recording) for recording in vault.recordings())
        return changed

    assert set(after_each_cut(log, tmp_path / "work", is_changed)) == {True, False}


def test_an_old_vault_is_upgraded_or_not_at_every_power_cut(tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(DATA / "vault-v1", old)
    with logged(old) as log:
        open_vault(old, PASSPHRASE).close()

    def is_upgraded(folder: Path) -> bool:
        version = rows(folder, "PRAGMA user_version")[0][0]
        with open_vault(folder, PASSPHRASE) as vault:
            assert [person.name for person in vault.people()] == ["owner"]
            assert len(vault.recordings()) == 2
            assert all(opens(vault, recording) for recording in vault.recordings())
        return version > 1

    assert set(after_each_cut(log, tmp_path / "work", is_upgraded)) == {True, False}
