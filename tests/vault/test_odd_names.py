"""A file may have a name that is no Unicode: the vault's notes of it can be read again all the same."""

import json
import os
from pathlib import Path

import pytest

from host_tools.vault import Vault
from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister

ODD = os.fsdecode(b"stick \xff")


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    return Cloister(make_quick_vault(tmp_path), capsys)


def test_a_paper_with_an_odd_name_is_read_as_it_was_kept(cloister: Cloister) -> None:
    def noted(vault: Vault) -> list[str]:
        return [paper["to"] for _, paper in vault.papers.all("export")]

    with cloister.made.open() as vault:
        vault.papers.add("export", {"to": ODD})
        assert noted(vault) == [ODD]
        vault.change_passphrase("another passphrase of ours")
        assert noted(vault) == [ODD]


def test_a_backup_to_an_odd_name_does_not_spoil_the_vault(cloister: Cloister, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("a passphrase for backups")
    made = cloister("backup", "-o", tmp_path / f"{ODD}.age", "--backup-passphrase-file", tmp_path / "word")
    assert made == 0
    assert cloister("backup", "--list") == 0 and "stick" in cloister.out
    assert cloister("backup", "--list", "--json") == 0
    assert json.loads(cloister.out)["backups"][0]["to"].endswith(f"{ODD}.age")
    assert cloister("audit", "--verify") == 0
    assert cloister("audit") == 0
    assert cloister("backup", "--gone", 1, "--yes") == 0
