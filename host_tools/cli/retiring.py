"""What the commands say about old last-resort keys, after they did what may have set one free."""

from typing import TYPE_CHECKING

from host_tools.cli.text import note

if TYPE_CHECKING:
    from host_tools.vault import Vault


def retire_last_resort_keys(vault: "Vault") -> None:
    """Destroy those that nothing waits for, and say of the others what they wait for."""
    from host_tools.vault.last_resort import retire

    for retirement in retire(vault):
        note(retirement.words)
