"""What the vault remembers of its backups: when, by whom, to where, and whether they are gone.

A note is made before the first byte is written, so that a copy which a power cut left is known, too. A backup
that was not said to be gone still opens what was in the vault on its day, whatever is destroyed afterwards.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from host_tools.vault import Vault

KIND = "backup"


@dataclass(frozen=True)
class Backup:
    """One backup. `by` is a person's number, `gone` an ISO date; one not `finished` may yet be whole."""

    id: int
    at: datetime
    by: int
    to: str
    gone: str | None
    finished: bool


def begin(vault: "Vault", to: str) -> int:
    """Note a backup that is about to be written; its number."""
    paper = {"at": vault.now().isoformat(), "by": vault.person_id, "to": to, "gone": None, "kind": "age"}
    return vault.papers.add(KIND, {**paper, "audit": list(vault.audit.head), "finished": False})


def finish(vault: "Vault", backup_id: int, at: str) -> None:
    """It is whole, and shows the vault as it was at that time."""
    _change(vault, backup_id, at=at, finished=True)


def forget(vault: "Vault", backup_id: int) -> None:
    """There was none in the end."""
    vault.papers.remove(KIND, backup_id)


def say_gone(vault: "Vault", backup_id: int) -> None:
    """Somebody says that it does not exist any more. Raises CloisterError if there is no such backup."""
    _change(vault, backup_id, gone=vault.now().date().isoformat())


def backups(vault: "Vault") -> list[Backup]:
    """Every backup that the vault knows of, the oldest first."""
    return [backup_of(backup_id, paper) for backup_id, paper in vault.papers.all(KIND)]


def backup_of(backup_id: int, paper: dict[str, Any]) -> Backup:
    """The backup that a paper of the vault is about."""
    at, by, to, gone = datetime.fromisoformat(paper["at"]), paper["by"], paper["to"], paper["gone"]
    return Backup(backup_id, at, by, to, gone, paper.get("finished", True))


def still_opened(vault: "Vault") -> dict[int, list[int]]:
    """By backup: the recordings whose keys are destroyed here and which it can still open.

    Also those that were imported after it: their keys are older, and a card may have a copy.
    """
    destroyed = [
        (recording_id, datetime.fromisoformat(state.gone.on))
        for recording_id, state in vault.states().items()
        if state.gone is not None
    ]
    return {
        backup.id: sorted(entry for entry, on in destroyed if backup.at <= on)
        for backup in backups(vault)
        if backup.gone is None
    }


def _change(vault: "Vault", backup_id: int, **changes: Any) -> None:
    with vault.transaction():
        vault.papers.put(KIND, backup_id, {**vault.papers.get(KIND, backup_id), **changes})
