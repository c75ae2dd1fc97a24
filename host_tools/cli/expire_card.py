"""What `cloister expire --card` does on a card: finds the containers of destroyed recordings and wipes them.

A container is known by what its header says: recorder, number and seal, never by its name. Whatever else is
on the card is left alone. What could not be wiped is noted, and no certificate is issued until it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from host_tools.cli.progress import progress
from host_tools.cli.text import complain, note
from host_tools.container.header import NotAContainer, parse
from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.card.source import CardFile
    from host_tools.card.wipe_report import WipeReport
    from host_tools.card.wiping import WipeCard
    from host_tools.vault import Recording, Vault

COMMAND = "cloister expire --card"


@dataclass(frozen=True)
class Found:
    """The containers on one card that are those of recordings: the recording's id by file name."""

    card: str
    files: Mapping[str, int]

    @property
    def ids(self) -> list[int]:
        """The recordings, ascending."""
        return sorted(set(self.files.values()))


@dataclass
class Wiped:
    """What became of the containers on the cards; `failures` are said, and the next card is gone on with."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    failures: list[CloisterError] = field(default_factory=list)


def find(vault: "Vault", card: str, recordings: Iterable["Recording"]) -> Found:
    """The containers of these recordings on a card. Raises CloisterError if it cannot be read or written."""
    from host_tools.card.wiping import open_for_wiping

    with open_for_wiping(card, COMMAND) as wiper:
        return Found(card, _Looked(vault, recordings).files_on(wiper))


def wipe(vault: "Vault", cards: Iterable[Found], recordings: Iterable["Recording"], quiet: bool) -> Wiped:
    """Wipe what was found, looked up on each card again; notes in the vault what was done on each."""
    done = Wiped()
    wanted = list(recordings)
    for found in cards:
        if found.files:
            try:
                _wipe(vault, found, [entry for entry in wanted if entry.id in found.ids], done, quiet)
            except CloisterError as failure:
                complain(f"{found.card}: {failure.message}")
                done.failures.append(failure)
    return done


def _wipe(vault: "Vault", found: Found, wanted: list["Recording"], done: Wiped, quiet: bool) -> None:
    """Wipe one card. Raises CloisterError, once it is noted what was done and what was not."""
    from host_tools.card.wipe_report import FILES, utc_now
    from host_tools.card.wiping import Medium, WipeReport, WipeStopped, open_for_wiping

    report, medium, files = None, Medium(found.card), dict(found.files)
    try:
        with open_for_wiping(found.card, COMMAND) as wiper:
            medium = wiper.medium
            files = _Looked(vault, wanted).files_on(wiper)
            sizes = {file.name: file.size_bytes for file in wiper.files()}
            _note_beginning(vault, wanted, files, sizes)
            with progress("Wiping the card", wiper.work_of_files(sorted(files)), quiet) as advance:
                report = wiper.wipe_files(sorted(files), advance)
    except WipeStopped as stopped:
        report = stopped.report
        raise
    finally:
        _note_end(vault, report or WipeReport(FILES, medium, utc_now(), ended=utc_now()), files, done)
    if report.left:
        left = report.left[0]
        raise CloisterError(
            f"{left.file} is not wiped: {left.why}", "cloister card wipe wipes the whole card"
        )


def _note_beginning(
    vault: "Vault", wanted: Iterable["Recording"], files: Mapping[str, int], sizes: Mapping[str, int]
) -> None:
    """Remember what is going to be wiped: what is cut off may have no header to be known by."""
    from host_tools.vault.erasure import KIND, Begun

    at = vault.now().isoformat(timespec="seconds")
    seals = {recording.id: recording.seal for recording in wanted}
    begun = [asdict(Begun(name, sizes[name], seals[number], at)) for name, number in files.items()]
    vault.papers.add(KIND, {"files": begun})


def _note_end(vault: "Vault", report: "WipeReport", files: Mapping[str, int], done: Wiped) -> None:
    """Keep the report: which recordings are wiped from this card, and which are not."""
    from host_tools.vault.erasure import KIND, WIPE

    wiped = sorted({number for name, number in files.items() if name in report.files})
    left = sorted({number for name, number in files.items() if name not in report.files})
    paper = {**report.as_dict(), "recordings": wiped, "left_recordings": left}
    seals = {vault.recording(number).seal for number in wiped}
    with vault.transaction():
        vault.papers.add(WIPE, paper)
        for paper_id, begun in vault.papers.all(KIND):
            rest = [
                entry
                for entry in begun["files"]
                if entry["file"] not in report.files or entry["seal"] not in seals
            ]
            if rest:
                vault.papers.put(KIND, paper_id, {"files": rest})
            else:
                vault.papers.remove(KIND, paper_id)
    done.reports.append(paper)
    done.ids += wiped


class _Looked:
    """Looks for the containers of recordings, by what their headers say.

    A file without a header is one of them if its wiping was begun and cut off: by its name and length.
    """

    def __init__(self, vault: "Vault", recordings: Iterable["Recording"]):
        from host_tools.vault.erasure import KIND, Begun

        wanted = list(recordings)
        self._by_place = {(entry.recorder, entry.number): entry for entry in wanted}
        by_seal = {entry.seal: entry.id for entry in wanted}
        papers = [paper for _, paper in vault.papers.all(KIND)]
        begun = [Begun(**entry) for paper in papers for entry in paper["files"]]
        self._begun = [(entry, by_seal[entry.seal]) for entry in begun if entry.seal in by_seal]

    def files_on(self, wiper: "WipeCard") -> dict[str, int]:
        """The files that are theirs, with the recording's id; others with their numbers are named."""
        found = {file.name: self._recording_of(file) for file in wiper.files()}
        return {name: number for name, number in found.items() if number is not None}

    def _recording_of(self, file: "CardFile") -> int | None:
        try:
            header = parse(file.read_at(0, BLOCK_BYTES))
        except NotAContainer:
            return self._cut_off(file)
        except CloisterError as error:
            complain(f"{file.name} is left alone: {error.message}")
            return None
        recording = self._by_place.get((header.recorder_id.hex(), header.number))
        if recording is None:
            return None
        if header.seal.hex() == recording.seal:
            return recording.id
        note(f"{file.name} has the number of recording {recording.id} under another seal: left alone")
        return None

    def _cut_off(self, file: "CardFile") -> int | None:
        from host_tools.vault.erasure import LONGER_BYTES_AT_MOST

        for entry, number in self._begun:
            is_its_length = 0 <= file.size_bytes - entry.size_bytes < LONGER_BYTES_AT_MOST
            if file.name == entry.file and (is_its_length or not file.size_bytes):
                return number
        return None
