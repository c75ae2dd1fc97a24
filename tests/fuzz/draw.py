"""Turns the bytes that a fuzzer gives into choices, so that one input means the same wherever it is tried.

A target asks for what it needs; when the bytes have run out everything drawn is zero, and an input ends.
Nothing here depends on which fuzzer made the bytes.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

EDGES = (0, 1, 2, 3, 7, 8, 16, 24, 31, 63, 64, 100, 127, 128, 255, 256, 511, 512, 1000, 4095, 4096, 65_535)
EDGES += (65_536, (1 << 24) - 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 48) - 1, 1 << 48)
EDGES += ((1 << 63) - 1, 1 << 63, (1 << 64) - 1)


class Draw:
    """Draws numbers, choices and bytes from an input, front to back."""

    def __init__(self, data: bytes):
        self._data = bytes(data)
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end."""
        piece = self._data[self._at : self._at + count]
        self._at += len(piece)
        return piece

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def byte(self) -> int:
        """A number below 256."""
        piece = self.take(1)
        return piece[0] if piece else 0

    def below(self, bound: int) -> int:
        """A number from 0 to below `bound`."""
        if bound <= 256:
            return self.byte() % max(1, bound)
        return int.from_bytes(self.take((bound.bit_length() + 7) // 8), "big") % bound

    def flag(self) -> bool:
        """Yes or no; no at the end."""
        return self.byte() % 2 == 1

    def pick(self, options: Sequence[T]) -> T:
        """One of them; the first at the end."""
        return options[self.below(len(options))]

    def number(self, bits: int = 64) -> int:
        """A number that `bits` hold, often one at an edge of something."""
        if self.flag():
            return self.below(1 << bits)
        return self.pick(EDGES) & ((1 << bits) - 1)

    def altered(self, data: bytes, most: int = 4) -> bytes:
        """`data` with up to `most` pieces replaced, left out, doubled or put in, perhaps cut."""
        changed = bytearray(data)
        for _ in range(self.below(most + 1)):
            at = self.below(len(changed) + 1)
            kind, length = self.byte() % 5, self.below(16)
            if kind == 0:
                changed[at : at + 1] = bytes((self.byte(),))
            elif kind == 1:
                changed[at : at + length] = self.take(length)
            elif kind == 2:
                del changed[at : at + length]
            elif kind == 3:
                changed[at:at] = changed[at : at + length] * self.below(8)
            else:
                changed[at:at] = self.take(length)
        return bytes(changed[: self.below(len(changed) + 1)] if self.byte() == 255 else changed)
