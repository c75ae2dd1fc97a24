"""Which segment a block may be, told from its first bytes: a table of what they must look like.

The keystream of segment i of a container is known from its key; so is much of the plaintext that a segment
begins with: the type and flags of a record, the upper half of the third byte (no payload has 4096 bytes),
and the two bytes that a payload begins with: zeros of a sample index, or `{"`. That is 36 bits of each
segment's ciphertext. A block that has the bits of an entry may be that segment; only its tag proves it. One
random block in 32 thousand has the bits of an entry of a full table, so that hardly a hash is wasted.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np

from host_tools.container import layout
from host_tools.container.stream import Stream

ENTRIES_AT_MOST = 1 << 21
NUMBER_BITS = 28
SIEVE_BITS = 24
# First bytes of a payload: an index below 2⁴⁸, as everything else is refused, or a JSON object.
INDEX, JSON = b"\0\0", b'{"'
EVERY_KIND = (
    (layout.AUDIO, INDEX, 0),
    (layout.EVENT, JSON, 0),
    (layout.AUDIO, INDEX, 1),
    (layout.EVENT, JSON, 1),
    (layout.END, JSON, 1),
)
SOUND_ONLY = EVERY_KIND[:1]

Owner = TypeVar("Owner")


class Clues(Generic[Owner]):
    """The table; fill it with `add`, then `close` it, then ask `look_up`."""

    def __init__(self) -> None:
        self.room = ENTRIES_AT_MOST
        self._pieces: list[np.ndarray] = []
        self._first_numbers: list[int] = []
        self._spans: list[tuple[Owner, np.ndarray]] = []
        self._table = np.empty(0, np.uint64)
        self._sieve = np.zeros(1 << SIEVE_BITS, bool)

    @property
    def count(self) -> int:
        """How many entries there are."""
        return ENTRIES_AT_MOST - self.room

    def add(
        self,
        owner: Owner,
        stream: Stream,
        indices: np.ndarray,
        kinds: tuple[tuple[int, bytes, int], ...] = EVERY_KIND,
    ) -> None:
        """Enter these segment indices (int64[n]) of an owner's container, one entry for each kind."""
        assert len(indices) * len(kinds) <= self.room
        small = indices.astype(np.uint32)
        keystreams = {flag: stream.first_keystream(indices, flag) for flag in {kind[2] for kind in kinds}}
        for record_type, payload, flag in kinds:
            plain = np.frombuffer(bytes((record_type, 0, 0, 0)) + payload + b"\0\0", np.uint8)
            starts = (keystreams[flag][:, :8] ^ plain).view("<u8")[:, 0].astype(np.uint64)
            number = self.count
            numbers = np.arange(number, number + len(small), dtype=np.uint64)
            self._pieces.append(_known_bits(starts) << np.uint64(NUMBER_BITS) | numbers)
            self._first_numbers.append(number)
            self._spans.append((owner, small))
            self.room -= len(small)

    def close(self) -> None:
        """Sort the table."""
        if self._pieces:
            self._table = np.concatenate(self._pieces)
        self._pieces = []
        self._table.sort()
        self._sieve[_sieve_place(self._table >> np.uint64(NUMBER_BITS))] = True

    def look_up(self, starts: np.ndarray) -> Iterator[tuple[int, Owner, int]]:
        """(position, owner, segment index) of each block that may be that segment.

        `starts`: the blocks' first 8 bytes as little-endian numbers, uint64[n].
        """
        if not self._spans:
            return
        bits = _known_bits(starts)
        positions = np.flatnonzero(self._sieve[_sieve_place(bits)] & (starts != 0))
        wanted = bits[positions] << np.uint64(NUMBER_BITS)
        low = np.searchsorted(self._table, wanted)
        high = np.searchsorted(self._table, wanted + np.uint64(1 << NUMBER_BITS))
        for place in np.flatnonzero(high > low).tolist():
            for entry in self._table[low[place] : high[place]].tolist():
                number = entry & (1 << NUMBER_BITS) - 1
                span = bisect_right(self._first_numbers, number) - 1
                owner, indices = self._spans[span]
                yield int(positions[place]), owner, int(indices[number - self._first_numbers[span]])


def _known_bits(starts: np.ndarray) -> np.ndarray:
    """The 36 bits that are known: bytes 0 and 1, the upper half of byte 2, bytes 4 and 5."""
    return (
        starts & np.uint64(0xFFFF)
        | starts >> np.uint64(4) & np.uint64(0xF0000)
        | starts >> np.uint64(12) & np.uint64(0xFFFF00000)
    )


def _sieve_place(bits: np.ndarray) -> np.ndarray:
    """Which bit of the sieve belongs to the known bits: most blocks are told apart by it alone."""
    return bits & np.uint64((1 << SIEVE_BITS) - 1)
