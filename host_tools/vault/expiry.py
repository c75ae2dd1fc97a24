"""Destroying recordings whose time has come: which ones, in what order, and how it goes on after a cut.

First the private keys, all in one transaction that also calls the recordings gone; then the vault's own
copies, overwritten one by one. Cut off between the two, `finish` does the rest. What each header said of who
can open it is kept in a paper before, for the certificate. Asks nothing: the command line does.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host_tools.container.findings import read_header
from host_tools.container.header import NotAContainer, seal_is_right
from host_tools.container.report import run_words
from host_tools.container.source import SourceUnreadable
from host_tools.errors import CloisterError
from host_tools.vault.recordings import Recording
from host_tools.vault.retention import Whole, by_urgency, wholes_in
from host_tools.vault.state import FRESH, Gone

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

KIND = "expiry"
HOW = "expire"
ROOM_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """What would be destroyed; `held` is due as well and stays, `kept` is how many recordings stay in all.

    `free` of these stay although nothing holds them.
    """

    wholes: Sequence[Whole]
    held: Sequence[Whole]
    kept: int
    free: int = 0

    @property
    def recordings(self) -> list[Recording]:
        """Every part of what would be destroyed."""
        return [part for whole in self.wholes for part in whole.parts]

    @property
    def ids(self) -> list[int]:
        """The ids of these parts, ascending."""
        return sorted(recording.id for recording in self.recordings)

    @property
    def is_everything(self) -> bool:
        """Whether nothing would be left in the vault but what is held: a hold is no sign of a sound rule."""
        return bool(self.wholes) and not self.free

    @property
    def is_most(self) -> bool:
        """Whether more than half of the recordings would go."""
        return len(self.wholes) > self.kept


def plan(vault: "Vault", wanted: Iterable[int] = (), early: bool = False) -> Plan:
    """What is due now; or the recordings of these ids, due or not if `early`.

    Raises CloisterError, naming the first reason, if one of these is held, destroyed already, or not due.
    """
    wholes, today = by_urgency(wholes_in(vault)), vault.now().date()
    ids = set(wanted)
    if not ids:
        due = [whole for whole in wholes if whole.is_due(today)]
        held = [whole for whole in due if whole.hold]
        going = [whole for whole in due if not whole.hold]
        return _plan(wholes, going, held)
    for recording_id in sorted(ids):
        vault.recording(recording_id)
    going = [whole for whole in wholes if ids.intersection(whole.ids)]
    if gone := ids.difference(part_id for whole in going for part_id in whole.ids):
        raise CloisterError(
            f"recording {run_words(sorted(gone))} is destroyed already",
            f"cloister certificate {min(gone)} tells what was done",
        )
    for whole in going:
        _check(whole, today, early)
    return _plan(wholes, going, [])


def _plan(wholes: Sequence[Whole], going: Sequence[Whole], held: Sequence[Whole]) -> Plan:
    kept = len(wholes) - len(going)
    return Plan(going, held, kept, kept - sum(whole.hold is not None for whole in wholes))


def carry_out(vault: "Vault", planned: Plan, reason: str, advance: Callable[[int], None]) -> None:
    """Destroy the keys and then the copies; `advance` is told the bytes of each copy.

    Raises CloisterError: before the keys are destroyed, nothing was done; after that, `finish` goes on.
    """
    going = planned.recordings
    _check_again(vault, planned)
    headers = _headers(vault, going)
    _make_room(vault, going, headers)
    at = vault.now().isoformat(timespec="seconds")
    paper = {"at": at, "by": vault.person_id, "reason": reason, "headers": headers}
    paper_id = vault.papers.add(KIND, paper)
    gone = Gone(at, vault.person_id, HOW)
    try:
        vault.destroy_keys(planned.ids, gone)
    except CloisterError:
        if vault.state(planned.ids[0]).gone != gone:
            vault.papers.remove(KIND, paper_id)
        raise
    for recording in going:
        size_bytes = vault.source_of(recording).size_bytes
        _overwrite(vault, recording, headers)
        advance(size_bytes)
    vault.papers.put(KIND, paper_id, paper)


def unfinished(vault: "Vault") -> list[Recording]:
    """The recordings whose keys are destroyed and whose own copies are still here."""
    states = vault.states()
    return [
        recording
        for recording in vault.recordings()
        if states.get(recording.id, FRESH).gone is not None and vault.has_file(recording)
    ]


def finish(vault: "Vault") -> list[Recording]:
    """Overwrite the copies that `unfinished` names; which these were."""
    left = unfinished(vault)
    papers = vault.papers.all(KIND) if left else []
    for recording in left:
        of_it = [entry for entry in papers if str(recording.id) in entry[1]["headers"]]
        paper_id, paper = of_it[-1] if of_it else (0, {"headers": {}})
        _overwrite(vault, recording, paper["headers"])
        if paper_id:
            vault.papers.put(KIND, paper_id, paper)
    return left


def uncertified(vault: "Vault") -> list[int]:
    """The recordings that were destroyed here, and for which no certificate was issued; ascending."""
    return sorted(
        number
        for number, state in vault.states().items()
        if state.gone is not None and state.gone.how == HOW and state.gone.certificate is None
    )


def expiry_of(vault: "Vault", recording_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What was noted of each of these when it was destroyed: the newest paper's entry of its header."""
    wanted = set(recording_ids)
    return {
        int(recording_id): header
        for _, paper in vault.papers.all(KIND)
        for recording_id, header in paper["headers"].items()
        if int(recording_id) in wanted
    }


def recipients_of(vault: "Vault", recording: Recording) -> list[str] | None:
    """The ids (hex) of the keys that the copy's header is sealed to; None if that cannot be read."""
    try:
        header = read_header(vault.source_of(recording))
    except (NotAContainer, SourceUnreadable):
        return None
    secret = vault.recorder_secret(header.recorder_id)
    if header.seal.hex() != recording.seal or secret is None or not seal_is_right(header, secret):
        return None
    return [recipient.key_id.hex() for recipient in header.recipients]


def database_bytes(folder: Path) -> int:
    """How large the vault's file is, which is written anew."""
    return sum(path.stat().st_size for path in folder.glob("*.sqlite*"))


def _check(whole: Whole, today: date, early: bool) -> None:
    """Raises CloisterError if this recording must not be destroyed now."""
    called = f"recording {run_words(sorted(whole.ids))}"
    if whole.hold is not None:
        raise CloisterError(
            f"{called} is held since {whole.hold.since[:10]}: {whole.hold.reason}",
            f"cloister release {whole.ids[0]} lets it go",
        )
    if not whole.is_due(today) and not early:
        when = f"until {whole.term.on} ({whole.term.words})" if whole.term.on else "for ever: it has no date"
        raise CloisterError(
            f"{called} is not due: it is kept {when}", "--early with a reason destroys it all the same"
        )


def _check_again(vault: "Vault", planned: Plan) -> None:
    """Raises CloisterError if something was decided otherwise while somebody was asked."""
    states = vault.states()
    for recording in planned.recordings:
        state = states.get(recording.id, FRESH)
        if state.hold is not None or state.gone is not None:
            what = "held" if state.hold else "destroyed"
            raise CloisterError(f"recording {recording.id} was {what} in the meantime: nothing was done")


def _headers(vault: "Vault", going: Iterable[Recording]) -> dict[str, dict[str, Any]]:
    """What each header says of who can open it, for the paper."""
    return {
        str(recording.id): {"recipients": recipients_of(vault, recording), "overwritten": None}
        for recording in going
    }


def _overwrite(vault: "Vault", recording: Recording, headers: dict[str, dict[str, Any]]) -> None:
    """Overwrite and remove a copy that is there, and note whether it read back as overwritten."""
    if vault.has_file(recording):
        is_read_back = vault.shred_file(recording)
        headers.setdefault(str(recording.id), {"recipients": None})["overwritten"] = is_read_back


def _make_room(vault: "Vault", going: Iterable[Recording], headers: dict[str, dict[str, Any]]) -> None:
    """See that the disk has room for destroying the keys, which writes the vault's file anew.

    A full disk must not keep recordings from being destroyed. Their own copies are to go in any case, and
    make room once they are removed; only as many as are needed go before the keys. Raises CloisterError.
    """
    needed = ROOM_BYTES + 2 * database_bytes(vault.folder)
    sizes = sorted(
        ((vault.source_of(recording).size_bytes, recording) for recording in going),
        key=lambda entry: -entry[0],
    )
    free = shutil.disk_usage(vault.folder).free
    if free + sum(size for size, _ in sizes) < needed:
        raise CloisterError(
            f"the disk is full: destroying keys needs {needed // 1_000_000 + 1} MB; nothing was done",
            "make room on the vault's disk, then do it again",
        )
    for _, recording in sizes:
        if shutil.disk_usage(vault.folder).free >= needed:
            return
        _overwrite(vault, recording, headers)
