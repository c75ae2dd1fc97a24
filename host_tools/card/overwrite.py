"""Overwrites places of a device with one random pattern, and reads them back past the system's memory of it.

Byte n of the card gets byte n of the pattern's keystream, so that everything can be read back at the end, in
another run too; a pass before may write the complement of it. Nothing counts as verified that was not read
and compared. A card on which too much fails is given up (TakesNoMore); one that is no longer there is the
device's CloisterError.
"""

from collections.abc import Callable, Iterable, Iterator

from host_tools.card.geometry import SECTOR_BYTES
from host_tools.card.pattern import LONGEST_BYTES as PIECE_BYTES
from host_tools.card.pattern import Pattern
from host_tools.card.trial import BLOCK_BYTES, MOST_BAD_BLOCKS, MOST_FAILURES, SYNC_BYTES, BlockDevice
from host_tools.card.wipe_report import TakesNoMore, reason_of

Extent = tuple[int, int]
"""(offset, length) of some bytes of a card, whole sectors."""
PROBES = 64


class Overwriter:
    """One pass over a device. Places are given in whole sectors."""

    def __init__(self, device: BlockDevice, pattern: Pattern, advance: Callable[[int], None]):
        self.written = self.passed_over = self.verified = 0
        self.bad: set[int] = set()
        """Blocks of 4096 bytes that could not be written, could not be read, or hold something else."""
        self._device = device
        self._pattern = pattern
        self._complement = pattern.complement()
        self._advance = advance
        self._failures = 0

    def begin_pass(self) -> None:
        """Count what is written from the start again."""
        self.written = self.passed_over = 0

    def write(
        self,
        extents: Iterable[Extent],
        on_synced: Callable[[int], None] = lambda place: None,
        place: int = 0,
        complemented: bool = False,
    ) -> None:
        """Write all that is not before `place`, and wait until it is on the card. Raises TakesNoMore.

        on_synced: told after the first piece and then now and again before which byte everything is on the
        card; the extents have to ascend for that.
        """
        pattern = self._complement if complemented else self._pattern
        waiting, patience = 0, SYNC_BYTES if place else 1
        for offset, length in pieces(extents):
            if offset >= place:
                self._write(pattern, offset, length)
                waiting += length
            else:
                self.passed_over += length
            self._advance(length)
            if waiting >= patience:
                self._sync()
                on_synced(offset + length)
                waiting, patience = 0, SYNC_BYTES
        self._sync()

    def read_back(self, extents: Iterable[Extent]) -> bool:
        """Whether all of it is there; ends early where too much is not. Raises TakesNoMore."""
        before, bad_before, wanted = self.verified, len(self.bad), 0
        for offset, length in pieces(extents):
            self._read(offset, length)
            self._advance(length)
            wanted += length
            if len(self.bad) - bad_before >= MOST_BAD_BLOCKS:
                return False
        return self.verified - before == wanted

    def holds(self, places: Iterable[int], complemented: bool = False) -> bool:
        """Whether the pattern is in the sectors at these places, and there is one at least."""
        pattern = self._complement if complemented else self._pattern
        looked = False
        for place in places:
            try:
                found = self._device.read_at(place, SECTOR_BYTES)
            except OSError:
                return False
            if found != pattern.at(place, SECTOR_BYTES):
                return False
            looked = True
        return looked

    def _write(self, pattern: Pattern, offset: int, length: int) -> None:
        """One piece, or where that fails as many of its blocks as can be written."""
        try:
            self._device.write_at(offset, pattern.at(offset, length))
        except OSError as error:
            if length <= BLOCK_BYTES:
                self._failed(offset, "written", error)
                return
            for start, count in _blocks(offset, length):
                self._write(pattern, start, count)
            return
        self.written += length

    def _read(self, offset: int, length: int) -> None:
        """Compare one piece, or where that fails each of its blocks."""
        try:
            if self._device.read_at(offset, length) == self._pattern.at(offset, length):
                self.verified += length
                return
        except OSError as error:
            if length <= BLOCK_BYTES:
                self._failed(offset, "read back", error)
                return
        if length <= BLOCK_BYTES:
            self.bad.add(offset)
            return
        for start, count in _blocks(offset, length):
            self._read(start, count)

    def _sync(self) -> None:
        try:
            self._device.sync()
        except OSError as error:
            raise TakesNoMore(f"it does not keep what is written: {reason_of(error)}") from None

    def _failed(self, offset: int, what: str, error: OSError) -> None:
        self.bad.add(offset)
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            raise TakesNoMore(f"byte {offset} and others cannot be {what}: {reason_of(error)}")


def pieces(extents: Iterable[Extent]) -> Iterator[Extent]:
    """The same bytes, at most 1 MiB at a time."""
    for offset, length in extents:
        for start in range(offset, offset + length, PIECE_BYTES):
            yield start, min(PIECE_BYTES, offset + length - start)


def probes(extents: Iterable[Extent], before: int) -> list[int]:
    """Sectors all over what of these extents lies before that byte, the last one among them."""
    places: list[int] = []
    step, last = 1, None
    for number, (offset, length) in enumerate(pieces(extents)):
        if offset >= before:
            break
        last = min(offset + length, before) - SECTOR_BYTES
        if number % step == 0:
            places.append(offset)
        if len(places) > PROBES:
            places, step = places[::2], step * 2
    return places if last is None else [*places, last]


def _blocks(offset: int, length: int) -> Iterator[Extent]:
    for start in range(offset, offset + length, BLOCK_BYTES):
        yield start, min(BLOCK_BYTES, offset + length - start)
