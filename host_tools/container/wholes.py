"""Which parts are one recording: what the card's findings and the vault's entries are both grouped by.

Part p follows the container before it of the same recorder: one that ended with `continued`, or, where the
card was taken out, without an end. Numbers count up by one, so that a missing part has a number.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from host_tools.container.layout import LONGEST_GAP_S
from host_tools.container.report import CONTINUED

# More numbers than this are never listed for one gap: no recorder leaves so many out.
GAP_NUMBERS_AT_MOST = 10_000


class Part(Protocol):
    """One container that holds sound. `start` and `samples` are sample indices, `ended` is END's reason."""

    @property
    def recorder(self) -> str:
        """The recorder's id in hex."""

    @property
    def number(self) -> int:
        """The container number."""

    @property
    def part(self) -> int:
        """0, or which continuation this is."""

    @property
    def rate_hz(self) -> int:
        """Samples in a second."""

    @property
    def channels(self) -> int:
        """1 or 2."""

    @property
    def started(self) -> str | None:
        """When the recording started."""

    @property
    def start(self) -> int:
        """The index of the first sample."""

    @property
    def samples(self) -> int:
        """The index after the last sample."""

    @property
    def ended(self) -> str | None:
        """END's reason, None without one."""


AnyPart = TypeVar("AnyPart", bound=Part)


def grouped(parts: Iterable[AnyPart]) -> list[list[AnyPart]]:
    """The parts of each recording in order; recordings by recorder and number. No number comes twice."""
    groups: list[list[AnyPart]] = []
    for part in sorted(parts, key=lambda entry: (entry.recorder, entry.number)):
        if groups and _follows(groups[-1][-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def absent(parts: list[AnyPart]) -> list[int]:
    """The numbers of the parts before, between and after these, as far as they are known, ascending."""
    first, last = parts[0], parts[-1]
    earlier = min(first.part, GAP_NUMBERS_AT_MOST)
    numbers = list(range(max(1, first.number - earlier), first.number))
    for before, after in zip(parts, parts[1:], strict=False):
        numbers += bounded_range(before.number + 1, after.number)
    if last.ended == CONTINUED:
        numbers.append(last.number + 1)
    return numbers


def numbers_from(known: list[int]) -> Iterator[int]:
    """The first of these ascending numbers and all that follow it up to the last; gaps as `bounded_range`."""
    yield from known[:1]
    for before, after in zip(known, known[1:], strict=False):
        yield from bounded_range(before + 1, after)
        yield after


def bounded_range(first: int, until: int) -> range:
    """The numbers from `first` up to before `until`, at most GAP_NUMBERS_AT_MOST of them."""
    return range(first, min(until, first + GAP_NUMBERS_AT_MOST))


def _follows(before: Part, after: Part) -> bool:
    """Whether one is a later part of the same recording, the next that is here."""
    return (
        (before.recorder, before.rate_hz, before.channels) == (after.recorder, after.rate_hz, after.channels)
        and before.started == after.started
        and before.ended in (CONTINUED, None)
        and 1 <= after.part - before.part <= after.number - before.number
        and 0 <= after.start - before.samples <= LONGEST_GAP_S * after.rate_hz
    )
