"""A finding: docs/format.md section 6's word for a container, and what people and programs are told.

Only words and numbers stand here; `findings` decides which. The rules: the word comes first, then the
sentence; a number that is not known is None, never a guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from host_tools.container.header import Header
from host_tools.container.records import Event, Session

NOT_A_CONTAINER = "not a container"
FORGED = "forged"
UNREADABLE = "unreadable"
DESTROYED = "destroyed"
REPLACED = "replaced"
DAMAGED = "damaged"
EMPTY = "empty"
INTERRUPTED = "interrupted"
COMPLETE = "complete"

AS_IT_SHOULD_BE = (COMPLETE, EMPTY, DESTROYED)
# Why a recording ended, of END's reasons those that somebody should hear of.
ENDED = {
    "limit": "it had reached its longest length",
    "battery": "the battery was low",
    "card": "the card was full",
    "fault": "the recorder had a fault",
}
CONTINUED = "continued"
HOLDS_SOUND = (COMPLETE, INTERRUPTED, DAMAGED)


@dataclass
class Finding:
    """What is known of one container.

    `start` and `samples` are sample indices (this container's first, and after its last), `lost` how many
    between them are missing, `segments` how many are authentic in order; None where that is not known.
    `kept_blocks` is how many blocks from the start hold everything authentic. `damage` says which blocks,
    `notes` whatever else must be named. Of a recording in several parts, `began_in` and `goes_on_in` are the
    numbers of the first part and of the next; None if there is none, or it is not known.

    `vouched` if somebody else says how it ended: `promised` is the sample index after its last, if they know
    one. `is_foreign` if nothing of it is known here. Of a copy in the vault `expected_place` is recorder and
    number, whatever is left of it; `is_spoiled` if it is not any more what was imported. `gone_since` is the
    day on which the vault destroyed the recording's key.
    """

    file: str
    word: str
    reason: str
    header: Header | None = None
    session: Session | None = None
    start: int = 0
    samples: int | None = None
    lost: int | None = None
    segments: int | None = None
    kept_blocks: int = 0
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list, repr=False)
    end_reason: str | None = None
    began_in: int | None = None
    goes_on_in: int | None = None
    vouched: bool = False
    promised: int | None = None
    vouched_by: str = ""
    is_foreign: bool = False
    is_spoiled: bool = False
    gone_since: str | None = None
    expected_place: tuple[str, int] | None = None

    @property
    def number(self) -> int | None:
        """The number in the header; only a claim if the finding is `forged` or `unreadable`."""
        if self.expected_place:
            return self.expected_place[1]
        return self.header.number if self.header else None

    @property
    def recorder(self) -> str:
        """The recorder's id in hex, as the header has it; empty without a header."""
        if self.expected_place:
            return self.expected_place[0]
        return self.header.recorder_id.hex() if self.header else ""

    @property
    def length(self) -> int | None:
        """How many samples this container spans, lost ones included."""
        return None if self.samples is None else self.samples - self.start

    @property
    def seconds(self) -> float | None:
        """The length in seconds, to the millisecond."""
        if self.length is None:
            return None
        return round(self.length / self.session.rate_hz, 3) if self.session else 0.0

    @property
    def needs_attention(self) -> bool:
        """Whether anything is to be told: exit status 3."""
        return self.word not in AS_IT_SHOULD_BE or bool(self.lost) or bool(self.notes)

    def shed(self) -> "Finding":
        """Let go of what no sentence needs, so that thousands can be held at once; returns itself."""
        self.events = []
        if self.header is not None:
            self.header = replace(self.header, block=b"", recipients=())
        if self.session is not None:
            self.session = replace(self.session, fields={})
        return self

    @property
    def message(self) -> str:
        """One sentence for people, without a full stop."""
        return "; ".join([self.reason, *self._place_words(), *self.notes])

    def _place_words(self) -> list[str]:
        """Which part of a recording this is, and how it ended."""
        words: list[str] = []
        if self.session is None or self.word not in HOLDS_SOUND:
            return words
        if self.session.part:
            began = "of which the beginning is not here"
            if self.began_in is not None:
                began = f"that began in number {self.began_in}"
            words.append(f"part {self.session.part + 1} of the recording {began}")
        if self.goes_on_in is not None:
            words.append(f"it goes on in number {self.goes_on_in}")
        elif self.end_reason == CONTINUED:
            words.append("it was to go on in another container, which is not here")
        elif self.end_reason in ENDED:
            words.append(f"it ended because {ENDED[self.end_reason]}")
        return words

    def as_dict(self) -> dict[str, Any]:
        """The entry of `verify --json`."""
        return {
            "file": self.file,
            "number": self.number,
            "finding": self.word,
            "samples": self.length,
            "seconds": self.seconds,
            "lost": self.lost,
            "segments": self.segments,
            "part": self.session.part if self.session else None,
            "began_in": self.began_in,
            "goes_on_in": self.goes_on_in,
            "ended": self.end_reason,
            "damage": self.damage,
            "message": self.message,
        }


def clock(seconds: float) -> str:
    """A length as people write it: 0:07, 50:12, 1:30:00."""
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def lost_words(lost: int, rate_hz: int) -> str:
    """How much was lost, in words."""
    return "nothing lost" if lost == 0 else f"{lost} samples lost ({lost / rate_hz:.2f} s)"


def block_words(first: int, last: int) -> str:
    """A run of blocks in words."""
    return f"block {first}" if first == last else f"blocks {first} to {last}"


def run_words(numbers: Iterable[int]) -> str:
    """Ascending numbers, runs shortened: 3, 5 to 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[1]}" for run in runs)


def number_words(numbers: Sequence[int]) -> str:
    """Ascending container numbers: number 3, numbers 5 to 9."""
    return f"number{'s' if len(numbers) > 1 else ''} {run_words(numbers)}"


def power_words(finding: Finding) -> str:
    """How an interrupted container came to its end, and no more than is known of it."""
    if finding.goes_on_in is not None:
        return "the card was gone before its end"
    if finding.promised is not None and finding.promised == finding.samples:
        return "its last block was lost or cut off, and no sound is missing"
    if finding.vouched and finding.promised is None:
        return "power was lost or the card was out"
    return "power was lost, the card was out, or the rest was cut off"
