"""`cloister restore`: all of it comes back, or nothing; and what was destroyed since is said."""

import hashlib
import io
import json
import shutil
from pathlib import Path

import pyrage

from host_tools import age_passphrase
from host_tools.backup import archive
from host_tools.vault import open_vault
from tests.backup.conftest import BACKUP_PASSPHRASE, destroy, names_in
from tests.quick_vault import PASSPHRASE
from tests.typed_command import Cloister, errors

IDENTITY = pyrage.x25519.Identity.generate()
PUBLIC = str(IDENTITY.to_public())


def files_of(folder: Path) -> dict[str, bytes]:
    """Recordings and attachments."""
    paths = [*(folder / "recordings").iterdir(), *(folder / "attachments").iterdir()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def filled_error(cloister: Cloister, *arguments: object, **more: Path) -> str:
    """Both lines of a command that must fail."""
    cloister.refused(*arguments, **more)
    return cloister.err


def test_a_backup_comes_back_as_the_same_vault(filled: Cloister, tmp_path: Path, word: list) -> None:
    (filled.made.folder / "attachments" / ".DS_Store").write_bytes(b"a file manager was here")
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    (filled.made.folder / "attachments" / ".DS_Store").unlink()
    assert filled.out == f"{tmp_path / 'b.age'}\n"
    assert (tmp_path / "b.age").stat().st_mode & 0o077 == 0
    assert filled("restore", tmp_path / "b.age", tmp_path / "again", *word) == 0
    assert "has to be destroyed again" in filled.err
    assert files_of(tmp_path / "again") == files_of(filled.made.folder)
    with open_vault(tmp_path / "again", PASSPHRASE) as vault:
        assert [entry.number for entry in vault.recordings()] == [1, 2]
        assert vault.papers.read_file(vault.papers.get("scan", 1)) == b"a scan of Ruth's consent"
        assert vault.audit.verify() == []
        assert [entry.action for entry in vault.audit.entries(1)] == ["restore"]
    filled.made.folder = tmp_path / "again"
    assert filled("verify", 1, 2) == 0
    assert filled("backup", "--list") == 0
    assert "there" in filled.out and "cut short" not in filled.out


def test_what_is_sealed_to_a_key_is_read_back_and_restored_with_it(filled: Cloister, tmp_path: Path) -> None:
    assert filled("backup", "-o", tmp_path / "b.age", "--to", PUBLIC, "--json") == 0
    assert json.loads(filled.out) == {
        "backup": 1, "file": str(tmp_path / "b.age"), "files": 4, "missing": [],
    }  # fmt: skip
    assert "give its secret key" in filled_error(filled, "restore", tmp_path / "b.age", tmp_path / "again")
    (tmp_path / "identity").write_text(f"# made for a test\n{IDENTITY}\n")
    assert filled("restore", tmp_path / "b.age", tmp_path / "again", "--identity", tmp_path / "identity") == 0
    assert files_of(tmp_path / "again") == files_of(filled.made.folder)
    (tmp_path / "identity").write_text(str(pyrage.x25519.Identity.generate()))
    words = filled_error(
        filled, "restore", tmp_path / "b.age", tmp_path / "third", "--identity", tmp_path / "identity"
    )
    assert "sealed to another key" in words


def test_without_a_folder_it_goes_where_the_vault_was(filled: Cloister, tmp_path: Path, word: list) -> None:
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    assert "is there already" in filled_error(filled, "restore", tmp_path / "b.age", *word)
    shutil.rmtree(filled.made.folder)
    assert filled("restore", tmp_path / "b.age", *word) == 0
    assert filled("list") == 0


def test_a_restored_vault_says_what_was_destroyed_since(filled: Cloister, tmp_path: Path, word: list) -> None:
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    destroy(filled, 2)
    assert filled("restore", tmp_path / "b.age", tmp_path / "again", *word) == 3
    assert errors(filled.err) == ["cloister: error: recording 2 was destroyed since, and can be opened again"]
    with open_vault(tmp_path / "again", PASSPHRASE) as vault:
        assert vault.private_key_for(bytes.fromhex(vault.recording(2).key)).private


def test_a_vault_that_does_not_open_is_not_asked_and_notes_nothing(
    filled: Cloister, tmp_path: Path, word: list
) -> None:
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    destroy(filled, 2)
    with filled.made.open() as vault:
        vault.change_passphrase("a third passphrase here")
    assert filled("restore", tmp_path / "b.age", tmp_path / "again", *word) == 0
    with open_vault(filled.made.folder, "a third passphrase here") as vault:
        assert [entry.action for entry in vault.audit.entries()] == ["import", "backup"]


def test_a_recording_without_its_file_is_named(filled: Cloister, tmp_path: Path, word: list) -> None:
    with filled.made.open() as vault:
        (filled.made.folder / "recordings" / vault.recording(2).file).unlink()
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 3
    assert "recording 2 has no file" in filled.err
    assert filled("restore", tmp_path / "b.age", tmp_path / "again", *word) == 3
    assert "recording 2 has no file" in filled.err


def test_wrong_passphrases_restore_nothing(filled: Cloister, tmp_path: Path, word: list) -> None:
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    before = names_in(tmp_path)
    (tmp_path / "wrong").write_text("not the right one at all\n")
    before.add("wrong")
    arguments = ("restore", tmp_path / "b.age", tmp_path / "again")
    words = filled.refused(*arguments, "--backup-passphrase-file", tmp_path / "wrong")
    assert words == f"{tmp_path / 'b.age'} cannot be restored: the passphrase does not open it"
    words = filled.refused(*arguments, *word, passphrase_file=tmp_path / "wrong")
    assert words == f"wrong passphrase for the vault {tmp_path / 'again'}"
    assert names_in(tmp_path) == before


def test_a_damaged_backup_restores_nothing(filled: Cloister, tmp_path: Path, word: list) -> None:
    assert filled("backup", "-o", tmp_path / "b.age", *word) == 0
    whole = (tmp_path / "b.age").read_bytes()
    before = names_in(tmp_path)
    for altered in (
        whole[:-1],
        whole[: len(whole) // 2],
        whole[:70_000] + b"!" + whole[70_001:],
        b"",
        b"nonsense",
        whole + b"x",
    ):
        (tmp_path / "b.age").write_bytes(altered)
        assert "cannot be restored" in filled.refused(
            "restore", tmp_path / "b.age", tmp_path / "again", *word
        )
        assert names_in(tmp_path) == before


def archive_of(files: dict[str, bytes]) -> bytes:
    """An archive with other files than a vault's."""
    contents, pieces = archive.Contents(), []
    for name, data in files.items():
        pieces.append(archive._header(name, len(data)) + data + bytes(-len(data) % 512))
        contents.files[name] = hashlib.sha256(data).hexdigest()
    head = b"".join(archive._small_member(archive.HEAD_NAME, b'{"format": 1}'))
    end = b"".join(archive._small_member(archive.LIST_NAME, contents.listing() or b" "))
    return head + b"".join(pieces) + end + bytes(1024)


def test_an_age_file_that_is_no_backup_restores_nothing(filled: Cloister, tmp_path: Path, word: list) -> None:
    for data in (b"a letter", archive_of({"vault.sqlite": b"no vault"}), archive_of({})):
        with (tmp_path / "b.age").open("wb") as file:
            age_passphrase.encrypt(io.BytesIO(data), file, BACKUP_PASSPHRASE)
        before = names_in(tmp_path)
        filled.refused("restore", tmp_path / "b.age", tmp_path / "again", *word)
        assert names_in(tmp_path) == before
