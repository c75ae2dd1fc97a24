"""One sentence a recording, for whoever was in the room: how much there is, and what became of the rest.

A recording of several parts is one recording. Which blocks, seals and keys a finding is about is said in the
findings themselves; here stands what somebody wants to know first, and nothing that is not known.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from host_tools.container import report
from host_tools.container.collection import MISSING, Collection
from host_tools.container.report import Finding
from host_tools.container.wholes import absent, grouped

# The word for a recording of which parts are elsewhere, or nowhere, and the others are complete.
INCOMPLETE = "incomplete"
# What a part is whose number is here and holds no sound of the recording.
HOLES = {
    report.DESTROYED: "was destroyed",
    report.UNREADABLE: "cannot be opened",
    report.DAMAGED: "is damaged",
    report.REPLACED: "was replaced",
    report.EMPTY: "was never written",
    report.FORGED: "is damaged",
    report.NOT_A_CONTAINER: "is damaged",
}


@dataclass(frozen=True)
class Whole:
    """A recording: the findings on its parts that are here, in order; `samples` as in Finding.

    `holes` says of the numbers of its other parts, as far as they are known, where they are. `lost` counts
    what was lost within the parts and between two that follow each other.
    """

    findings: tuple[Finding, ...]
    holes: dict[int, str]
    lost: int

    @property
    def numbers(self) -> list[int]:
        """The container numbers that are here."""
        return [finding.number for finding in self.findings if finding.number is not None]

    @property
    def started(self) -> str | None:
        """When it started."""
        session = self.findings[0].session
        return session.started if session else None

    @property
    def samples(self) -> int:
        """How many samples the parts that are here span, lost ones between them included."""
        return sum(finding.length or 0 for finding in self.findings) + self._between

    @property
    def seconds(self) -> float:
        """The same in seconds, to the millisecond."""
        session = self.findings[0].session
        return round(self.samples / session.rate_hz, 3) if session else 0.0

    @property
    def word(self) -> str:
        """The finding on the whole: the worst of its parts, or that some are not here."""
        words = {finding.word for finding in self.findings}
        if self.holes and words == {report.COMPLETE}:
            return INCOMPLETE
        return next(word for word in (report.DAMAGED, report.INTERRUPTED, report.COMPLETE) if word in words)

    @property
    def message(self) -> str:
        """One sentence for people, without a full stop, and whatever else must be named."""
        return "; ".join([self.sentence, *self.notes])

    @property
    def sentence(self) -> str:
        """The sentence alone."""
        return "; ".join([self._length_words(), *self._hole_words(), *self._part_words(), *self._end_words()])

    @property
    def notes(self) -> list[str]:
        """What else must be named of its parts."""
        return list(dict.fromkeys(note for finding in self.findings for note in finding.notes))

    def as_dict(self) -> dict[str, Any]:
        """The entry of `recordings` in `verify --json`."""
        return {
            "numbers": self.numbers,
            "started": self.started,
            "finding": self.word,
            "seconds": self.seconds,
            "lost": self.lost,
            "message": self.message,
        }

    @property
    def _between(self) -> int:
        return self.lost - sum(finding.lost or 0 for finding in self.findings)

    def _length_words(self) -> str:
        """How much there is, of how much if that is known."""
        session = self.findings[0].session
        if session is None:
            return "no sound kept"
        length = report.clock(self.seconds)
        if self.word == report.COMPLETE:
            return f"{length} recorded, {report.lost_words(self.lost, session.rate_hz)}"
        whole = report.clock(self._known_end / session.rate_hz)
        lost = f", {report.lost_words(self.lost, session.rate_hz)}" if self.lost else ""
        return (
            f"{length} of {whole} kept" if self._is_end_known and whole != length else f"{length} kept"
        ) + lost

    @property
    def _is_end_known(self) -> bool:
        last = self.findings[-1]
        return last.promised is not None or last.end_reason not in (None, report.CONTINUED)

    @property
    def _known_end(self) -> int:
        last = self.findings[-1]
        return max(last.samples or 0, last.promised or 0)

    def _hole_words(self) -> list[str]:
        """What is not here of its beginning, its middle and its end."""
        places: dict[tuple[str, str], list[int]] = {}
        for number, where in self.holes.items():
            places.setdefault((self._side(number), where), []).append(number)
        words = []
        for (side, where), numbers in places.items():
            which = report.number_words(numbers)
            words.append(f"its {side}, {f'from {which} on' if side == 'end' else which}, {where}")
        return words

    def _side(self, number: int) -> str:
        """Where in the recording the part of this number belongs."""
        if number < self.numbers[0]:
            return "beginning"
        return "end" if number > self.numbers[-1] else "middle"

    def _part_words(self) -> list[str]:
        """What is wrong with the parts that are here."""
        damaged = [finding for finding in self.findings if finding.word == report.DAMAGED]
        words = []
        if damaged and len(self.findings) > 1:
            numbers = [finding.number for finding in damaged if finding.number is not None]
            words.append(f"{report.number_words(numbers)} {'is' if len(numbers) == 1 else 'are'} damaged")
        elif damaged:
            is_cut = damaged[0].session is not None and damaged[0].end_reason is None
            words.append("the rest is damaged or gone" if is_cut else "it is damaged")
        if any(finding.word == report.INTERRUPTED for finding in self.findings[:-1]):
            words.append("the card was out in between")
        return words

    def _end_words(self) -> list[str]:
        """How it ended."""
        last = self.findings[-1]
        words = []
        if last.word == report.INTERRUPTED:
            words.append(report.power_words(last))
            if last.goes_on_in is not None:
                words.append(f"it goes on in number {last.goes_on_in}")
        elif last.end_reason in report.ENDED:
            words.append(f"it ended because {report.ENDED[last.end_reason]}")
        return words


@dataclass(frozen=True)
class _Sound:
    """A finding that holds sound, as a part to be grouped."""

    finding: Finding
    recorder: str
    number: int
    part: int
    rate_hz: int
    channels: int
    started: str | None
    start: int
    samples: int
    ended: str | None


def wholes(findings: Iterable[Finding], collection: Collection, missing_words: str = MISSING) -> list[Whole]:
    """The recordings that these findings are about, by recorder and number; each number once.

    What holds no sound is in none, but for a damaged container of which nothing is left. `missing_words` are
    for a part that is neither here, nor in the vault, nor destroyed.
    """
    best: dict[tuple[str, int], Finding] = {}
    for finding in findings:
        is_believed = finding.header is not None and finding.word != report.FORGED
        if finding.number is None or not (is_believed or finding.expected_place):
            continue
        place = finding.recorder, finding.number
        if place not in best or _worth(finding) > _worth(best[place]):
            best[place] = finding
    sounds = [sound for finding in best.values() if (sound := _sound(finding)) is not None]
    found = []
    for group in grouped(sounds):
        recorder, parts = group[0].recorder, [sound.finding for sound in group]
        holes = {}
        for number in absent(group):
            other = best.get((recorder, number))
            where = collection.whereabouts(recorder, number) if other is None else _hole_words_of(other)
            holes[number] = missing_words if where == MISSING else where
        found.append(Whole(tuple(parts), holes, _lost(parts)))
    told = {(whole.findings[0].recorder, number) for whole in found for number in whole.holes}
    lost = [finding for finding in best.values() if _is_lost(finding)]
    nothing = [Whole((finding,), {}, 0) for finding in lost if (finding.recorder, finding.number) not in told]
    return sorted(found + nothing, key=lambda whole: (whole.findings[0].recorder, whole.numbers))


def _worth(finding: Finding) -> tuple[bool, int]:
    """How much a copy tells: of two with the same number the better one stands for the recording."""
    return finding.word in report.HOLDS_SOUND, finding.samples or 0


def _is_lost(finding: Finding) -> bool:
    return finding.word == report.DAMAGED and finding.session is None


def _sound(finding: Finding) -> _Sound | None:
    """The finding as a part, if it is one."""
    session = finding.session
    if session is None or finding.header is None or finding.samples is None:
        return None
    if finding.word not in report.HOLDS_SOUND:
        return None
    return _Sound(
        finding,
        finding.recorder,
        finding.header.number,
        session.part,
        session.rate_hz,
        session.channels,
        session.started,
        finding.start,
        finding.samples,
        finding.end_reason,
    )


def _hole_words_of(finding: Finding) -> str:
    """What became of a part whose number is here without its sound."""
    return HOLES.get(finding.word, "is another recording")


def _lost(parts: list[Finding]) -> int:
    """Samples lost in these parts, and between two that follow each other."""
    lost = sum(finding.lost or 0 for finding in parts)
    for before, after in zip(parts, parts[1:], strict=False):
        if before.word != report.DAMAGED and after.number == (before.number or 0) + 1:
            lost += max(0, after.start - (before.samples or 0))
    return lost
