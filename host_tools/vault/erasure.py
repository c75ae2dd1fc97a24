"""What may be erased on a card after its import, and what has to be asked for first.

Complete, interrupted and empty containers go without a question, the first two only if the vault's own copy
was read back from its disk at that moment and is whole. Whatever else there is goes only if somebody says so.
What is being erased is noted before the first byte is overwritten: where that was cut off, it goes on later.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from host_tools.card.wipe_report import WipeReport
from host_tools.container import report
from host_tools.container.collection import Collection, Member
from host_tools.container.findings import read_header
from host_tools.container.header import NotAContainer
from host_tools.container.report import Finding
from host_tools.container.source import Source, SourceUnreadable
from host_tools.vault.intake import ALREADY_HERE, IMPORTED, IMPORTED_BETTER, Intake
from host_tools.vault.vault import Vault

KIND, WIPE = "erasing", "wipe"
# Whether a container may be erased: as it is; if asked, or with --yes; only if asked; never.
FREELY, IF_AGREED, IF_ASKED, NEVER = "freely", "if agreed", "if asked", "never"
IN_THE_VAULT = (IMPORTED, IMPORTED_BETTER, ALREADY_HERE)
# A file that is being wiped on a mounted card is made whole clusters long before, and empty after.
LONGER_BYTES_AT_MOST = 64 * 1024


@dataclass(frozen=True)
class Begun:
    """A container whose erasing was begun: its file, length and seal (hex), and when (ISO)."""

    file: str
    size_bytes: int
    seal: str
    at: str

    def is_left_of(self, intake: Intake, size_bytes: int) -> bool:
        """Whether this is what is left of it: its header still, or under its name no header at all."""
        header = intake.finding.header
        if header is not None:
            return header.seal.hex() == self.seal
        is_its_length = 0 <= size_bytes - self.size_bytes < LONGER_BYTES_AT_MOST or size_bytes == 0
        is_no_container = intake.finding.word == report.NOT_A_CONTAINER
        return is_no_container and intake.finding.file == self.file and is_its_length


@dataclass(frozen=True)
class OnCard:
    """A container on a card, what became of it at its import, and since when it is being erased (ISO)."""

    intake: Intake
    size_bytes: int
    begun: str | None = None

    @property
    def finding(self) -> Finding:
        """What it was found to be."""
        return self.intake.finding

    @property
    def rule(self) -> str:
        """Whether it may be erased: one of the four words above."""
        finding = self.finding
        if self.begun is not None or finding.word == report.EMPTY:
            return FREELY
        if finding.header is None or finding.word == report.NOT_A_CONTAINER:
            return NEVER
        if finding.word == report.DESTROYED or finding.gone_since is not None:
            return IF_AGREED
        if finding.word in (report.COMPLETE, report.INTERRUPTED) and self.intake.outcome in IN_THE_VAULT:
            return FREELY
        return IF_ASKED

    def is_still_there(self, source: Source) -> bool:
        """Whether this is what was judged: by its header, or that it still has none."""
        try:
            header = read_header(source)
        except NotAContainer:
            return self.finding.header is None and source.size_bytes == self.size_bytes
        except SourceUnreadable:
            return False
        known = self.finding.header
        return known is not None and header.block == known.block


def on_card(vault: Vault, intakes: Iterable[Intake], sizes: Mapping[str, int]) -> list[OnCard]:
    """What was imported, with what is known of an erasing that was cut off; `sizes` by file, in bytes."""
    begun = [Begun(**entry) for _, paper in vault.papers.all(KIND) for entry in paper["files"]]
    found = []
    for intake in intakes:
        size_bytes = sizes[intake.finding.file]
        since = [entry.at for entry in begun if entry.is_left_of(intake, size_bytes)]
        found.append(OnCard(intake, size_bytes, max(since, default=None)))
    return found


def is_any_unfinished(vault: Vault) -> bool:
    """Whether an erasing was cut off, on this card or another: its file system may be left half changed."""
    return bool(vault.papers.all(KIND))


def is_copy_whole(vault: Vault, collection: Collection, intake: Intake) -> bool:
    """Whether the vault needs no copy of this, or has one that was read from the disk now and is as good.

    Raises CloisterError if the copy cannot be opened.
    """
    recording = intake.recording
    if recording is None or intake.outcome not in IN_THE_VAULT:
        return True
    with vault.open_recording(recording) as copy:
        copy.forget_cached()
        again = collection.examine(Member(recording.file, copy, expected=recording.vouch))
    is_same = _header_block(again) == _header_block(intake.finding)
    return is_same and not again.is_spoiled and _worth(again) >= _worth(intake.finding)


def note_beginning(vault: Vault, wanted: Iterable[OnCard]) -> int:
    """Remember what is going to be erased, and the number of that note. On disk when it returns."""
    at = vault.now().isoformat(timespec="seconds")
    files = [
        Begun(entry.finding.file, entry.size_bytes, entry.finding.header.seal.hex(), at)
        for entry in wanted
        if entry.finding.header is not None
    ]
    return vault.papers.add(KIND, {"files": [asdict(entry) for entry in files]})


def note_end(vault: Vault, wanted: Iterable[OnCard], done: WipeReport) -> None:
    """Keep the report, and forget the beginning of what was erased; of the rest it stays noted."""
    erased = [entry for entry in wanted if entry.finding.file in done.files]
    recordings = {entry.intake.recording.id for entry in erased if entry.intake.recording}
    with vault.transaction():
        if done.files:
            vault.papers.add(WIPE, {**done.as_dict(), "recordings": sorted(recordings)})
        for paper_id, paper in vault.papers.all(KIND):
            left = [
                entry
                for entry in paper["files"]
                if not any(Begun(**entry).is_left_of(gone.intake, gone.size_bytes) for gone in erased)
            ]
            if left:
                vault.papers.put(KIND, paper_id, {"files": left})
            else:
                vault.papers.remove(KIND, paper_id)


def _header_block(finding: Finding) -> bytes | None:
    return finding.header.block if finding.header else None


def _worth(finding: Finding) -> tuple[int, bool]:
    return finding.segments or 0, finding.word == report.COMPLETE
