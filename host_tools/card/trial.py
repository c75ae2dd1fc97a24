"""Tries a card out: fills the whole of it, reads everything back, and measures how long it is busy.

Everything on the card is lost. A few blocks all over it are tried first, which tells most fake cards within
seconds; only the whole capacity, written before any of it is read, cannot be faked. The recorder writes
4096 bytes at a time, so a few thousand such writes, each waited for, are timed on the full card. Works on
whatever reads and writes sectors and never looks at a clock that it was not given.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from host_tools.card.capacity import Capacity, Look, probe_places, real_capacity
from host_tools.card.pattern import LONGEST_BYTES as PIECE_BYTES
from host_tools.card.pattern import Pattern

BLOCK_BYTES = 4096
SYNC_BYTES = 64 * PIECE_BYTES
FORGOTTEN_BYTES = PIECE_BYTES // 2  # a fake remembers no more of what was written last
SINGLE_WRITES = 4000
SINGLE_PLACES = 8
MOST_BAD_BLOCKS = 64
MOST_FAILURES = 8  # each may take the system half a minute
SURVEYED_PLACES = 512


class BlockDevice(Protocol):
    """What is tried out. Offsets and lengths are whole sectors, and lengths at most 1 MiB.

    What the card cannot read or write is an OSError, a card that is no longer there a CloisterError.
    """

    size_bytes: int

    def write_at(self, offset: int, data: bytes) -> None:
        """Write there; perhaps into a cache."""

    def read_at(self, offset: int, length: int) -> bytes:
        """What is there, exactly so long."""

    def sync(self) -> None:
        """Wait until everything is on the card, and forget what was kept of it."""


@dataclass(frozen=True)
class Busy:
    """How long writes took, in ms: single ones, and what a large one took more than large ones usually do."""

    median_ms: float
    p99_ms: float
    longest_ms: float
    longest_at: int
    mean_ms: float


@dataclass
class Outcome:
    """What was found. What was not come to is None."""

    size_bytes: int
    capacity: Capacity | None = None
    busy: Busy | None = None
    write_bytes_s: float | None = None
    read_bytes_s: float | None = None
    errors: list[str] = field(default_factory=list)


class Trial:
    """One run over a device. `clock` gives seconds, `advance` is told the bytes done of twice the card."""

    def __init__(
        self,
        device: BlockDevice,
        clock: Callable[[], float],
        advance: Callable[[int], None] = lambda count: None,
        pattern: Pattern | None = None,
        single_writes: int = SINGLE_WRITES,
    ):
        self._device = device
        self._clock = clock
        self._advance = advance
        self._pattern = pattern or Pattern()
        self._single_writes = single_writes
        self._outcome = Outcome(device.size_bytes)
        self._large = array("d")
        self._single = array("d")
        self._longest = (0.0, 0)
        self._reading_s = 0.0

    def run(self) -> Outcome:
        """Do all of it, as far as the card allows. Raises CloisterError if the card goes away."""
        size = self._device.size_bytes
        looks = self._write_and_look(probe_places(size))
        if all(look.good for look in looks):
            if not self._write_all():
                return self._outcome
            looks = self._read_all()
        self._outcome.capacity = real_capacity(looks, size, self._write_and_look)
        return self._outcome

    def _write_and_look(self, places: Iterable[int]) -> list[Look]:
        """Write the blocks at those places, in that order, then read all of them.

        Between the two something else is written, so that a card with a little memory forgets them.
        """
        places = list(places)
        written, failed = [], []
        for place in places:
            try:
                self._device.write_at(place, self._pattern.at(place, self._block_bytes(place)))
                written.append(place)
            except OSError as error:
                self._note(f"byte {place} cannot be written: {_reason(error)}")
                failed.append(Look(place, good=False))
                if len(failed) >= MOST_FAILURES:
                    break
        try:
            self._device.write_at(BLOCK_BYTES, self._pattern.at(BLOCK_BYTES, FORGOTTEN_BYTES))
            self._device.sync()
        except OSError as error:
            self._note(f"what was written last is not kept: {_reason(error)}")
        return sorted([*self._look(written), *failed], key=lambda look: look.place)

    def _look(self, places: Iterable[int]) -> Iterator[Look]:
        """What the blocks at those places hold; gives up when too many cannot be read."""
        failures = 0
        for place in places:
            try:
                found = self._device.read_at(place, self._block_bytes(place))
            except OSError as error:
                self._note(f"byte {place} cannot be read: {_reason(error)}")
                yield Look(place, good=False)
                failures += 1
                if failures >= MOST_FAILURES:
                    return
                continue
            yield self._compared(place, found)

    def _compared(self, place: int, found: bytes) -> Look:
        if found == self._pattern.at(place, len(found)):
            return Look(place, good=True)
        belongs_at = self._pattern.place_of(found, self._device.size_bytes)
        return Look(place, False, None if belongs_at == place else belongs_at)

    def _write_all(self) -> bool:
        """Fill the card and time single writes on it; False if it cannot be written."""
        started, place = self._clock(), 0
        try:
            for place, length in self._pieces():
                self._timed_write(place, length, self._large)
                if (place + length) % SYNC_BYTES == 0:
                    self._device.sync()
                self._advance(length)
            self._device.sync()
            self._outcome.write_bytes_s = _rate(self._device.size_bytes, self._clock() - started)
            for place in self._single_places():
                self._timed_write(place, BLOCK_BYTES, self._single, sync=True)
        except OSError as error:
            self._note(f"byte {place} cannot be written: {_reason(error)}")
            return False
        self._outcome.busy = self._busy()
        return True

    def _timed_write(self, place: int, length: int, times: "array[float]", sync: bool = False) -> None:
        data = self._pattern.at(place, length)
        started = self._clock()
        self._device.write_at(place, data)
        if sync:
            self._device.sync()
        taken = self._clock() - started
        times.append(taken)
        if sync and taken > self._longest[0]:
            self._longest = (taken, place)

    def _read_all(self) -> list[Look]:
        """Read the full card back. Every bad block, or when there are many a survey of the whole card."""
        bad: list[Look] = []
        done = 0
        for place, length in self._pieces():
            looks = self._read_piece(place, length)
            done += length
            bad += [look for look in looks if not look.good]
            if len(bad) >= MOST_BAD_BLOCKS or len(self._outcome.errors) >= MOST_FAILURES:
                break
            self._advance(length)
        self._outcome.read_bytes_s = _rate(done, self._reading_s)
        if len(bad) < MOST_BAD_BLOCKS:
            return bad
        found = {look.place: look for look in (*self._survey(), *bad)}
        return [found[place] for place in sorted(found)]

    def _read_piece(self, place: int, length: int) -> list[Look]:
        """A look at its first block if all of it is as it was written, else at each of its blocks."""
        blocks = range(place, place + length, BLOCK_BYTES)
        started = self._clock()
        try:
            found = self._device.read_at(place, length)
        except OSError as error:
            self._note(f"byte {place} or one of the {length} after it cannot be read: {_reason(error)}")
            return list(self._look(blocks))
        finally:
            self._reading_s += self._clock() - started
        if found == self._pattern.at(place, length):
            return [Look(place, good=True)]
        return [self._compared(block, found[block - place :][:BLOCK_BYTES]) for block in blocks]

    def _survey(self) -> Iterator[Look]:
        """Look at blocks evenly over the full card."""
        size = self._device.size_bytes
        step = max(BLOCK_BYTES, size // SURVEYED_PLACES // BLOCK_BYTES * BLOCK_BYTES)
        return self._look(range(0, size, step))

    def _busy(self) -> Busy:
        """The times of the single writes, and the longest wait of all."""
        ordered = sorted(self._single)
        longest, longest_at = self._longest
        usual = median(self._large)
        for index, taken in enumerate(self._large):
            if taken - usual > longest:
                longest, longest_at = taken - usual, index * PIECE_BYTES
        times = (median(ordered), ordered[(len(ordered) * 99 - 1) // 100], longest)
        median_ms, p99_ms, longest_ms = (round(taken * 1000, 3) for taken in times)
        mean_ms = round(sum(ordered) / len(ordered) * 1000, 3)
        return Busy(median_ms, p99_ms, longest_ms, longest_at, mean_ms)

    def _pieces(self) -> Iterator[tuple[int, int]]:
        for place in range(0, self._device.size_bytes, PIECE_BYTES):
            yield place, min(PIECE_BYTES, self._device.size_bytes - place)

    def _single_places(self) -> Iterator[int]:
        """Runs of blocks, one after the other as the recorder writes them, at several places of the card."""
        blocks = self._device.size_bytes // BLOCK_BYTES
        run = min(self._single_writes // SINGLE_PLACES, blocks // SINGLE_PLACES)
        for number in range(SINGLE_PLACES):
            first = blocks * number // SINGLE_PLACES
            yield from range(first * BLOCK_BYTES, (first + run) * BLOCK_BYTES, BLOCK_BYTES)

    def _block_bytes(self, place: int) -> int:
        return min(BLOCK_BYTES, self._device.size_bytes - place)

    def _note(self, error: str) -> None:
        if len(self._outcome.errors) < MOST_FAILURES:
            self._outcome.errors.append(error)


def _rate(count: int, taken_s: float) -> float | None:
    return count / taken_s if taken_s > 0 else None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
