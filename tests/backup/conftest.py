"""A vault with something in it, to be backed up; and the backup's own passphrase."""

from pathlib import Path

import pytest

from host_tools import age_passphrase
from host_tools.vault import Gone
from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister

BACKUP_PASSPHRASE = "the passphrase of the backup"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrase of a backup costs less here."""
    monkeypatch.setattr(age_passphrase.encrypt, "__defaults__", (4,))


@pytest.fixture
def word(tmp_path: Path) -> list:
    """The options that give the backup's own passphrase."""
    (tmp_path / "backup-passphrase").write_text(BACKUP_PASSPHRASE + "\n")
    return ["--backup-passphrase-file", tmp_path / "backup-passphrase"]


@pytest.fixture
def filled(tmp_path: Path, capsys: pytest.CaptureFixture[str], quick: None) -> Cloister:
    """A vault with two recordings and an attachment."""
    cloister = Cloister(make_quick_vault(tmp_path), capsys)
    card = tmp_path / "card"
    card.mkdir()
    for number in (1, 2):
        (card / f"R{number:07}.DAT").write_bytes(cloister.container(number))
    assert cloister("import", card) in (0, 3)
    with cloister.made.open() as vault:
        vault.papers.add("scan", vault.papers.keep_file(b"a scan of Ruth's consent"))
    return cloister


def names_in(folder: Path) -> set[str]:
    """What is in a folder."""
    return {path.name for path in folder.iterdir()}


def destroy(cloister: Cloister, recording_id: int) -> None:
    """Destroy a recording's key, now."""
    with cloister.made.open() as vault:
        vault.destroy_keys([recording_id], Gone(vault.now().isoformat(), 1, "expired"))
