"""The memory that the code sees: buffers, each at an address of its own, and nothing between them.

A buffer begins on a whole megabyte and is not copied. What is outside of all buffers, not aligned to its own
size, or written though it is read-only, raises.
"""

from collections.abc import Callable

REGION_BITS = 20
_OFFSET = (1 << REGION_BITS) - 1


class MemoryFault(Exception):
    """An access outside of the buffers, not aligned, or a write to what is read-only."""


class Memory:
    """Buffers by address. `load` and `store` take the size of an access in bytes: 1, 2 or 4."""

    def __init__(self) -> None:
        self._views: dict[int, list[memoryview]] = {1: [], 2: [], 4: []}

    def place(self, buffer: bytes | bytearray | memoryview) -> int:
        """Where it lies from now on."""
        whole = memoryview(buffer).cast("B")
        if len(whole) > _OFFSET:
            raise MemoryFault("a buffer has less than a megabyte")
        self._views[1].append(whole)
        self._views[2].append(whole[: len(whole) & -2].cast("H"))
        self._views[4].append(whole[: len(whole) & -4].cast("I"))
        return len(self._views[1]) << REGION_BITS

    def load(self, size: int) -> Callable[[int], int]:
        """Reads what lies at an address, unsigned."""
        views = self._views[size]

        def load(address: int) -> int:
            region, offset = address >> REGION_BITS, address & _OFFSET
            if not 0 < region <= len(views) or offset % size or offset // size >= len(views[region - 1]):
                raise MemoryFault(f"{size} bytes are read at {address:#x}")
            return views[region - 1][offset // size]

        return load

    def store(self, size: int) -> Callable[[int, int], None]:
        """Writes the low bits of a value to an address."""
        views = self._views[size]
        mask = (1 << 8 * size) - 1

        def store(address: int, value: int) -> None:
            region, offset = address >> REGION_BITS, address & _OFFSET
            if not 0 < region <= len(views) or offset % size or offset // size >= len(views[region - 1]):
                raise MemoryFault(f"{size} bytes are written at {address:#x}")
            if views[region - 1].readonly:
                raise MemoryFault(f"{size} bytes are written at {address:#x}, which is read-only")
            views[region - 1][offset // size] = value & mask

        return store
