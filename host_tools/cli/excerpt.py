"""What play, export, waveform and share have in common: which part of which recording, and how it is read.

Times are seconds, clock times, or marks. The recording is opened anew for each time that it is read through;
what of it is missing or damaged is named, and never passed over in silence.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    import numpy as np

    from host_tools.audio.loudness import Gain
    from host_tools.audio.pcm import Span
    from host_tools.audio.survey import Survey
    from host_tools.vault import Vault
    from host_tools.vault.reading import Parts
    from host_tools.vault.recordings import Recording

TIME_FORM = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)
MARK_FORM = re.compile(r"mark([1-9]\d{0,5})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Mark:
    """The mark with this number, counted from 1."""

    number: int


Moment = float | Mark


class Time(click.ParamType[Moment]):
    """Seconds (90.5), minutes and seconds (1:30.5), hours too (0:01:30.5), or the n-th mark (mark2)."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        """The time in seconds, or the mark."""
        if isinstance(value, Mark):
            return value
        if mark := MARK_FORM.fullmatch(str(value)):
            return Mark(int(mark.group(1)))
        match = TIME_FORM.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no time: write seconds, mm:ss, h:mm:ss, or mark1, mark2", param, ctx)
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


from_option = click.option(
    "--from",
    "first",
    type=Time(),
    metavar="TIME",
    help="Begin here: seconds, mm:ss, h:mm:ss, or mark1 for the first mark.",
)
to_option = click.option("--to", "until", type=Time(), metavar="TIME", help="End here.")


class Excerpt:
    """The asked part of a recording, whichever of its parts `recording_id` names.

    Raises CloisterError if there is no such recording, or it has no such mark; if nothing lies in between;
    once it is opened, if it is gone. The audit is told which recordings are concerned.
    """

    def __init__(self, vault: "Vault", recording_id: int, first: Moment | None, until: Moment | None):
        from host_tools.vault.chains import chain_of

        self._vault = vault
        self._asked_id = recording_id
        self.chain = chain_of(vault, recording_id)
        vault.account.recordings = [part.id for part in self.chain.parts]
        self._states = vault.states()
        self._survey: Survey | None = None
        self.span = self._span_between(first, until)
        vault.account.recordings = self.recording_ids
        if self.is_part:
            vault.account.detail["span"] = list(self.span_s)

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        return self.chain.first.rate_hz

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self.chain.first.channels

    @property
    def recording_ids(self) -> list[int]:
        """The ids of the parts in which it lies."""
        return [part.id for part in self.chain.parts if _meets(part.start, part.samples, self.span)]

    @property
    def is_part(self) -> bool:
        """Whether it is less than the whole."""
        return (self.span.first, self.span.until) != (self.chain.start, self.chain.samples)

    @property
    def span_s(self) -> tuple[float, float]:
        """Where it begins and ends, in seconds from the recording's beginning."""
        return self.seconds(self.span.first), self.seconds(self.span.until)

    def seconds(self, index: int) -> float:
        """When a sample is heard, in seconds from the recording's beginning, to the millisecond."""
        return round((index - self.chain.start) / self.rate_hz, 3)

    def survey(self) -> "Survey":
        """The marks and gaps of the whole recording, which is read through once: `surveyed`."""
        from host_tools.audio.pcm import Span
        from host_tools.audio.survey import survey

        if self._survey is None:
            with self.opened("Reading", Span(self.chain.start, self.chain.samples)) as self.surveyed:
                self._survey = survey(self.surveyed)
        return self._survey

    @contextmanager
    def opened(self, label: str, span: "Span | None" = None, quiet: bool = False) -> Iterator["Parts"]:
        """The parts in which the span lies, with a progress bar; to be read through once.

        A part other than the asked one that cannot be opened is named, and left out.
        """
        from host_tools.cli.progress import CountedSource, progress
        from host_tools.vault.reading import Parts, open_body_of

        span = span or self.span
        wanted = [part for part in self.chain.parts if _meets(part.start, part.samples, span)]
        total_bytes = sum((1 + part.segments) * BLOCK_BYTES for part in wanted)
        opened, left_out = [], []
        with ExitStack() as stack:
            advance = stack.enter_context(progress(label, total_bytes, quiet))
            for part in wanted:
                try:
                    self._check_not_gone(part)
                    source = stack.enter_context(self._vault.open_recording(part))
                    opened.append((part, open_body_of(self._vault, part, CountedSource(source, advance))))
                except CloisterError as error:
                    if part.id == self._asked_id or (part is wanted[-1] and not opened):
                        raise
                    left_out.append(f"part {part.part + 1} is left out: {error.message}")
            yield Parts(opened, left_out)

    @contextmanager
    def blocks(self, label: str, quiet: bool = False) -> Iterator[tuple["Parts", Iterator["np.ndarray"]]]:
        """The sound, and its samples in blocks of int16[frames, channels], lost ones as silence."""
        from host_tools.audio.pcm import grouped, steady

        with self.opened(label, quiet=quiet) as sound:
            yield sound, grouped(steady(sound, self.span, self.channels))

    def say_withdrawn(self) -> None:
        """Say that consent to it was withdrawn, to whoever is about to hand it on."""
        from host_tools.cli.text import note

        states = [self._states[part.id] for part in self.chain.parts if part.id in self._states]
        days = [state.withdrawn for state in states if state.withdrawn]
        if days:
            note(f"consent to this recording was withdrawn on {min(days)[:10]}: it is due to be destroyed")

    def note(self, kind: str, to: str, **more: Any) -> dict[str, Any]:
        """What the vault is to remember of a file that is made of it."""
        from host_tools.sharing.handing_out import note_of

        span_s = self.span_s if self.is_part else None
        self._vault.account.detail["to"] = to
        return note_of(self._vault, kind, self.recording_ids, to, span_s, **more)

    def say_found(self) -> None:
        """Let the audit say that something was found wrong."""
        self._vault.account.outcome = "found"

    def gain(self) -> "Gain":
        """What brings it to the level of broadcasting; it is read through for that, and the gain said."""
        from host_tools.audio.loudness import gain_for, measure
        from host_tools.cli.text import note

        with self.blocks("Measuring loudness") as (_, blocks):
            gain = gain_for(measure(blocks, self.rate_hz, self.channels))
        note(f"loudness: {gain.words}")
        return gain

    def _check_not_gone(self, part: "Recording") -> None:
        """Raises CloisterError if the key of this part was destroyed."""
        state = self._states.get(part.id)
        if state is None or state.gone is None:
            return
        says = f"; certificate {state.gone.certificate} says how" if state.gone.certificate else ""
        raise CloisterError(
            f"recording {part.id} is gone: its key was destroyed on {state.gone.on[:10]}",
            f"no copy of it can be opened any more, wherever it is{says}",
        )

    def _span_between(self, first: Moment | None, until: Moment | None) -> "Span":
        """The asked part as sample indices."""
        from host_tools.audio.pcm import Span
        from host_tools.container.report import clock

        chain = self.chain
        if chain.samples == chain.start:
            raise CloisterError(f"recording {chain.first.id} has no sound in it")
        begin = chain.start if first is None else self._index(first)
        end = chain.samples if until is None else min(chain.samples, self._index(until))
        if begin >= end:
            raise CloisterError(
                "nothing lies between --from and --to",
                f"recording {chain.first.id} is {clock(chain.seconds)} long",
            )
        return Span(begin, end)

    def _index(self, moment: Moment) -> int:
        """The sample index of a moment."""
        if not isinstance(moment, Mark):
            return self.chain.start + round(moment * self.rate_hz)
        marks = self._marks()
        if moment.number > len(marks):
            raise CloisterError(
                f"recording {self.chain.first.id} has no mark{moment.number}", self._marks_words(marks)
            )
        return marks[moment.number - 1]

    def _marks(self) -> tuple[int, ...]:
        """Where the marks are, as far as they are known."""
        from host_tools.cli.text import complain

        marks = self.survey().marks
        if self.surveyed.left_out or self.surveyed.short(self.chain.samples) or self.chain.missing:
            complain("not all of this recording is here: marks in what is missing are not counted")
        return marks

    def _marks_words(self, marks: tuple[int, ...]) -> str:
        """The marks with their times."""
        from host_tools.container.report import clock

        named = [f"mark{number} {clock(self.seconds(at))}" for number, at in enumerate(marks, start=1)]
        return "its marks: " + ", ".join(named) if named else "there is no mark in it"


def say_what_is_missing(excerpt: Excerpt, sound: "Parts") -> None:
    """Name what of the recording is not in the vault, or not as it was when imported; exit status 3.

    To be called last, while the vault is open: the audit says so, too.
    """
    from host_tools.cli.text import complain, note
    from host_tools.container.report import number_words

    chain = excerpt.chain
    if len(chain.parts) > 1:
        words = number_words([part.number for part in chain.parts])
        note(f"this recording has {len(chain.parts)} parts here, {words}; times count from the first of them")
    found = [*sound.left_out, *_damage_words(excerpt, sound)]
    if chain.missing:
        is_are = "are" if len(chain.missing) > 1 else "is"
        found.append(f"{number_words(chain.missing)} of this recording {is_are} not in the vault")
    for words in found:
        complain(words)
    if found:
        excerpt.say_found()
        click.get_current_context().exit(EXIT_FOUND)


def _damage_words(excerpt: Excerpt, sound: "Parts") -> Iterator[str]:
    """How much of each damaged part in the span is authentic."""
    from host_tools.container.report import clock

    for part, reached in sound.short(excerpt.span.until):
        first, until = max(excerpt.span.first, part.start), min(excerpt.span.until, part.samples)
        if first < until:
            there = clock((max(first, min(reached, until)) - first) / part.rate_hz)
            yield (
                f"the vault's copy of recording {part.id} is damaged: only {there} of "
                f"{clock((until - first) / part.rate_hz)} is authentic"
            )


def _meets(start: int, samples: int, span: "Span") -> bool:
    return start < span.until and samples > span.first
