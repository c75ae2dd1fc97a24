"""A command that has the vault open while another replaces its keys: it is told, and nothing is spoilt."""

from pathlib import Path

import pytest

from host_tools.errors import CloisterError
from host_tools.vault import Vault, open_vault
from host_tools.vault.state import State
from tests.quick_vault import QuickVault, make_quick_vault
from tests.vault.entries import add_entry

NEW = "another passphrase of ours"
REPLACED = "were replaced by another command meanwhile"


@pytest.fixture
def made(tmp_path: Path) -> QuickVault:
    made = make_quick_vault(tmp_path)
    with made.open() as vault:
        add_entry(vault, made, 1)
    return made


def add_paper(vault: Vault) -> None:
    vault.papers.add("consent", {"purpose": "supervision"})


def decide(vault: Vault) -> None:
    vault.set_state(1, State(days=3))


def keep_key(vault: Vault) -> None:
    vault.keep_file_key(1, bytes(32))


def make_key(vault: Vault) -> None:
    vault.make_recovery_key(1)


def destroy(vault: Vault) -> None:
    vault.destroy_key_ids([])


def enter(vault: Vault) -> None:
    with vault.accounted("export"):
        pass


@pytest.mark.parametrize("change", [add_paper, decide, keep_key, make_key, destroy, enter])
def test_nothing_is_written_that_nobody_could_read(made: QuickVault, change) -> None:
    with made.open() as slow:
        with made.open() as other:
            other.change_passphrase(NEW)
        with pytest.raises(CloisterError, match=REPLACED):
            change(slow)
    with open_vault(made.folder, NEW) as vault:
        assert vault.papers.all("consent") == [] and vault.states() == {} and vault.file_key(1) is None
        assert vault.audit.verify() == []
        vault.change_passphrase("yet another passphrase")


def test_reading_does_not_call_the_vault_altered(made: QuickVault) -> None:
    with made.open() as slow:
        with made.open() as other:
            other.change_passphrase(NEW)
        with pytest.raises(CloisterError, match=REPLACED):
            slow.recordings()


def test_other_changes_of_another_command_are_no_reason_to_stop(made: QuickVault) -> None:
    with made.open() as slow:
        with made.open() as other:
            add_paper(other)
        add_paper(slow)
        assert [number for number, _ in slow.papers.all("consent")] == [1, 2]
