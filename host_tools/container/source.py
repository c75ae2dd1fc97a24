"""A container's bytes, block by block, from whatever holds them: a card's file, a vault's copy, memory.

A source is any object with `size_bytes` and `read_at(offset, length)`. A block that cannot be read is
given as 0xff bytes: never authentic, and never taken for the zeros of an unused container. Bytes
beyond the last whole block are never given out.
"""

import os
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


class SourceUnreadable(CloisterError):
    """A container cannot be read so far that anything can be said of it; others may be readable."""


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

    def forget_cached(self) -> None:
        """Have it read from the disk from now on, not from the system's memory, where that can be asked."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()


class PathSource:
    """A container in a file that is opened for each read: thousands of them need no thousand handles.

    What keeps it from being opened is said when it is read; its size is 0 until then.
    """

    def __init__(self, path: Path):
        self._path = path
        try:
            self.size_bytes = path.stat().st_size
        except OSError:
            self.size_bytes = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, at most `length`. Raises SourceUnreadable."""
        if self._path.exists() and not self._path.is_file():
            raise SourceUnreadable("its file is no file")
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(offset)
                return file.read(length) or b""
        except OSError as error:
            raise SourceUnreadable(f"its file cannot be read: {reason_of(error)}") from None


def reason_of(error: OSError) -> str:
    """The system's reason in our form."""
    return (error.strerror or type(error).__name__).lower()


class BlockReader:
    """Whole blocks of a source; notes which ones could not be read in `unreadable`.

    After UNREADABLE_BLOCKS_AT_MOST of them no further one is tried: a failing card takes seconds for each.
    """

    def __init__(self, source: Source):
        self._source = source
        self.size_bytes = source.size_bytes
        self.block_count = source.size_bytes // BLOCK_BYTES
        self.unreadable: set[int] = set()

    @property
    def gave_up(self) -> bool:
        """Whether too many blocks could not be read."""
        return len(self.unreadable) >= UNREADABLE_BLOCKS_AT_MOST

    def read(self, first: int, count: int) -> bytes:
        """`count` blocks from block `first`, fewer at the end of the file."""
        count = max(0, min(count, self.block_count - first))
        data = None if self.gave_up else self._try(first, count)
        if data is not None:
            return data
        return b"".join(self._one(index) for index in range(first, first + count))

    def _one(self, index: int) -> bytes:
        """One block, or the stand-in for a block that cannot be read."""
        data = None if self.gave_up else self._try(index, 1)
        if data is not None:
            return data
        if not self.gave_up:
            self.unreadable.add(index)
        return UNREADABLE_BLOCK

    def _try(self, first: int, count: int) -> bytes | None:
        """The blocks, or None if they did not come whole."""
        try:
            data = self._source.read_at(first * BLOCK_BYTES, count * BLOCK_BYTES)
        except (OSError, CloisterError):
            return None
        return data if len(data) == count * BLOCK_BYTES else None
