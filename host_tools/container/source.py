"""A container's bytes, block by block, from whatever holds them: a card's file, a vault's copy, memory.

A source is any object with `size_bytes` and `read_at(offset, length)`. A block that cannot be read is
given as 0xff bytes: never authentic, and never taken for the zeros of an unused container. Bytes
beyond the last whole block are never given out.
"""

from pathlib import Path
from typing import Protocol, Self

from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import CloisterError

UNREADABLE_BLOCKS_AT_MOST = 64
UNREADABLE_BLOCK = b"\xff" * BLOCK_BYTES


class Source(Protocol):
    """Where a container's bytes come from."""

    @property
    def size_bytes(self) -> int:
        """The whole length."""

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes there; fewer at the end; OSError or CloisterError if they cannot be read."""


class MemorySource:
    """A container held in memory, for tests and small files."""

    def __init__(self, data: bytes):
        self._data = memoryview(data)
        self.size_bytes = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, at most `length`."""
        return bytes(self._data[offset : offset + length])


class FileSource:
    """A container in a file; a context manager."""

    def __init__(self, path: Path):
        self._file = path.open("rb", buffering=0)
        self.size_bytes = self._file.seek(0, 2)

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, at most `length`. Raises OSError."""
        self._file.seek(offset)
        return self._file.read(length) or b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()


class BlockReader:
    """Whole blocks of a source; notes which ones could not be read in `unreadable`."""

    def __init__(self, source: Source):
        self._source = source
        self.size_bytes = source.size_bytes
        self.block_count = source.size_bytes // BLOCK_BYTES
        self.unreadable: list[int] = []

    def read(self, first: int, count: int) -> bytes:
        """`count` blocks from block `first`, fewer at the end of the file.

        Raises CloisterError once more than UNREADABLE_BLOCKS_AT_MOST could not be read.
        """
        count = max(0, min(count, self.block_count - first))
        data = self._try(first, count)
        if data is not None:
            return data
        return b"".join(self._one(index) for index in range(first, first + count))

    def _one(self, index: int) -> bytes:
        """One block, or the stand-in for a block that cannot be read."""
        data = self._try(index, 1)
        if data is not None:
            return data
        self.unreadable.append(index)
        if len(self.unreadable) > UNREADABLE_BLOCKS_AT_MOST:
            raise CloisterError(
                f"more than {UNREADABLE_BLOCKS_AT_MOST} blocks cannot be read, "
                f"the first of them block {self.unreadable[0]}",
                "the card or its reader may be failing; nothing was changed",
            )
        return UNREADABLE_BLOCK

    def _try(self, first: int, count: int) -> bytes | None:
        """The blocks, or None if they did not come whole."""
        try:
            data = self._source.read_at(first * BLOCK_BYTES, count * BLOCK_BYTES)
        except (OSError, CloisterError):
            return None
        return data if len(data) == count * BLOCK_BYTES else None
