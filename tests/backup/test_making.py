"""`cloister backup`: all of the vault is in it, it is remembered, and nothing is left of a failure."""

import io
import json
import tarfile
from pathlib import Path

import pyrage
import pytest

from host_tools import age_passphrase
from host_tools.backup import archive, making
from host_tools.backup.sealing import PassphraseSeal
from host_tools.errors import CloisterError
from tests.backup.conftest import BACKUP_PASSPHRASE, destroy
from tests.quick_vault import PASSPHRASE
from tests.sharing.conftest import Age, age
from tests.typed_command import Cloister

PUBLIC = str(pyrage.x25519.Identity.generate().to_public())
assert age  # the fixture


def test_the_public_tools_open_it_and_nothing_in_it_is_in_clear(
    filled: Cloister, tmp_path: Path, word: list, age: Age
) -> None:
    assert filled("backup", "-o", tmp_path / "a.age", "--to", age.public) == 0
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    for data in (
        age.open(tmp_path / "a.age"),
        age.open_with_passphrase(tmp_path / "b.age", BACKUP_PASSPHRASE),
    ):
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            sizes = {info.name: info.size for info in tar}
        assert list(sizes)[0] == "cloister-backup.json" and list(sizes)[-1] == "SHA256SUMS"
        assert sizes["vault.sqlite"] == (filled.made.folder / "vault.sqlite").stat().st_size
        for secret in (PASSPHRASE.encode(), filled.made.writer.secret, b"Ruth"):
            assert secret not in data


def test_a_backup_is_remembered_and_said_to_be_gone(filled: Cloister, tmp_path: Path, word: list) -> None:
    assert filled("backup", "--list") == 0
    assert "No backup" in filled.err
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    destroy(filled, 1)
    assert filled("backup", "-o", tmp_path / "c.age", *word) == 0
    assert filled("backup", "--list", "--json") == 0
    first, second = json.loads(filled.out)["backups"]
    assert (first["id"], first["by"], first["to"]) == (1, 1, str(tmp_path / "b.age"))
    assert (first["opens"], second["opens"]) == ([1], [])
    assert filled("backup", "--list") == 0
    assert "recording 1" in filled.out.splitlines()[1]
    assert "no terminal to ask on" in filled.refused("backup", "--gone", 1)
    assert filled("backup", "--gone", 1, "--yes") == 0
    assert filled("backup", "--list", "--json") == 0
    first = json.loads(filled.out)["backups"][0]
    assert first["gone"] is not None and first["opens"] == []
    assert "said to be gone" in filled.refused("backup", "--gone", 1, "--yes")
    assert "there is no backup 7" in filled.refused("backup", "--gone", 7, "--yes")
    with filled.made.open() as vault:
        assert vault.audit.verify() == []
        last = vault.audit.entries(1)[0]
    assert (last.action, last.outcome, last.detail["gone"]) == ("backup", "done", 1)


@pytest.mark.parametrize(
    "when", ["while it is begun", "while it is written", "while it is read back", "at its end"]
)
def test_nothing_is_left_of_a_backup_that_fails(
    filled: Cloister, tmp_path: Path, word: list, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    (tmp_path / "stick").mkdir()
    with filled.made.open() as vault:
        vault.papers.add("consent", {"text": "long" * 200_000})

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    def full_later(number: int, last: bool) -> bytes:
        return full() if number else nonce(number, last)

    def altered(path: Path, *arguments: object) -> None:
        with path.open("r+b") as file:
            file.seek(-3, 2)
            file.write(b"!!!")
        compare(path, *arguments)

    compare, nonce = making._compare, age_passphrase._stream_nonce
    if when == "while it is begun":
        monkeypatch.setattr(age_passphrase, "_payload", full)
    elif when == "while it is written":  # in the middle of the vault's own file
        monkeypatch.setattr(age_passphrase, "_stream_nonce", full_later)
    elif when == "at its end":
        monkeypatch.setattr("host_tools.files.os.fsync", full)
    else:
        monkeypatch.setattr(making, "_compare", altered)
    words = filled.refused("backup", "-o", tmp_path / "stick" / "b.age", *word)
    assert ("is not what was written" in words) == (when == "while it is read back")
    assert list((tmp_path / "stick").iterdir()) == []
    monkeypatch.undo()
    with filled.made.open() as vault:
        assert vault.papers.all("backup") == []
        last = vault.audit.entries(1)[0]
        assert (last.action, last.outcome) == ("backup", "failed")


def test_a_full_disk_is_said_when_it_is_sealed_to_a_key(
    filled: Cloister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: archive.Pull, size: int) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.Pull, "read", full)
    words = filled.refused("backup", "-o", tmp_path / "b.age", "--to", PUBLIC)
    assert words == f"{tmp_path / 'b.age'} cannot be written: no space left on device"
    assert "make room" in filled.err


def test_a_backup_that_was_cut_short_is_remembered(
    filled: Cloister, tmp_path: Path, word: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerLost(BaseException):
        """Nothing runs any more, so no tidying up either."""

    def lost(*_: object) -> None:
        raise PowerLost

    monkeypatch.setattr(making, "_compare", lost)
    monkeypatch.setattr(making.notes, "forget", lambda *_: None)
    with pytest.raises(PowerLost):
        filled("backup", "-o", tmp_path / "b.age", *word)
    monkeypatch.undo()
    assert filled("backup", "--list") == 0
    assert "was cut short" in filled.out


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("vault/b.age", "inside the vault's own folder"),
        ("vault/recordings/b.age", "inside the vault's own folder"),
        ("card", "is a folder"),
        ("nowhere/b.age", "there is no folder"),
        ("passphrase", "is there already"),
    ],
)
def test_a_place_where_no_backup_belongs_is_refused(
    filled: Cloister, tmp_path: Path, word: list, place: str, words: str
) -> None:
    assert words in filled.refused("backup", "-o", tmp_path / place, *word)


def test_usage_is_checked_before_anything_is_opened(filled: Cloister, tmp_path: Path, word: list) -> None:
    target = tmp_path / "b.age"
    assert "not both" in filled.refused("backup", "-o", target, "--to", PUBLIC, *word, status=2)
    assert "say one of" in filled.refused("backup", status=2)
    assert "say one of" in filled.refused("backup", "--list", "-o", target, status=2)
    assert "no public key" in filled.refused("backup", "-o", target, "--to", "age1nonsense")
    assert "not of SSH" in filled.refused("backup", "-o", target, "--to", "ssh-ed25519 AAAA")
    (tmp_path / "short").write_text("short\n")
    assert "12 or more" in filled.refused(
        "backup", "-o", target, "--backup-passphrase-file", tmp_path / "short"
    )
    assert "no terminal to ask on" in filled.refused("backup", "-o", target)
    assert not target.exists()


def test_a_recording_that_is_destroyed_meanwhile_ends_the_backup(filled: Cloister, tmp_path: Path) -> None:
    class Destroying(PassphraseSeal):
        """Removes the recordings once the first bytes of the vault's own file have been read."""

        def encrypt(self, reader: archive.Pull, writer: io.BufferedRandom) -> None:
            writer.write(reader.read(2048))
            for path in (filled.made.folder / "recordings").iterdir():
                path.unlink()
            super().encrypt(reader, writer)

    with filled.made.open() as vault:
        with pytest.raises(CloisterError, match="another command changed"):
            making.back_up(vault, tmp_path / "b.age", Destroying("x"), lambda count: None)
        assert vault.papers.all("backup") == []
        assert not vault._database.is_in_transaction
    assert not (tmp_path / "b.age").exists()


def test_nobody_changes_the_vault_while_its_file_is_read(
    filled: Cloister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_tools.vault.database.BUSY_TIMEOUT_S", 0.1)
    told = []

    class Watching(PassphraseSeal):
        """Tries to change the vault at the beginning and near the end."""

        def encrypt(self, reader: archive.Pull, writer: io.BufferedRandom) -> None:
            for read in (2048, 1 << 17):
                writer.write(reader.read(read))
                with filled.made.open() as other:
                    try:
                        other.note_destroyed(filled.made.writer.recorder_id, 99)
                    except CloisterError as error:
                        told.append(error.message)
            super().encrypt(reader, writer)

    with filled.made.open() as vault, pytest.raises(CloisterError, match="is not what was written"):
        making.back_up(vault, tmp_path / "b.age", Watching("x"), lambda count: None)
    assert told == [f"the vault {filled.made.folder} is in use by another command"]
