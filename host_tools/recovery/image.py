"""A raw image or a device as a run of sectors, read in large chunks; what cannot be read is left out.

Nothing is ever written. Places are sector numbers of 512 bytes, from the start of the image. What could not
be read is given as 0xff bytes and not tried again; `unreadable_sectors` says how many there are. The next
chunk is read while the last one is looked at.
"""

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import numpy as np

from host_tools.card.geometry import SECTOR_BYTES
from host_tools.card.source import WINDOWS_DEVICE
from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import CloisterError

BLOCK_SECTORS = BLOCK_BYTES // SECTOR_BYTES
CHUNK_BYTES = 4 * 1024 * 1024
# A chunk goes on this far behind its last start, so that a header and the block behind it are whole.
OVERLAP_BYTES = 2 * BLOCK_BYTES
RETRY_BYTES = 64 * 1024
MOST_SECTORS = 1 << 32
GONE = (errno.ENODEV, errno.ENXIO)
HINT = "name an image of the card, or the card's device while it is not mounted"


class Chunk:
    """A piece of the image. Blocks may start at sectors `first` to before `end`; those are all whole.

    `starts` has the first 8 bytes of each of these sectors, as little-endian numbers.
    """

    def __init__(self, first: int, count: int, data: bytes):
        self.first = first
        self.end = first + count
        self._data = memoryview(data)
        sectors = np.frombuffer(data, "<u8", len(data) // SECTOR_BYTES * (SECTOR_BYTES // 8))
        self.starts: np.ndarray = sectors.reshape(-1, SECTOR_BYTES // 8)[:count, 0].astype(np.uint64)

    def run(self, sector: int, count: int) -> memoryview:
        """So many blocks from a sector on, all of which begin in this chunk."""
        offset = (sector - self.first) * SECTOR_BYTES
        return self._data[offset : offset + count * BLOCK_BYTES]

    def block(self, sector: int) -> memoryview | None:
        """The block at a sector, if this chunk has all of it."""
        offset = (sector - self.first) * SECTOR_BYTES
        if offset < 0 or offset + BLOCK_BYTES > len(self._data):
            return None
        return self._data[offset : offset + BLOCK_BYTES]


class Image:
    """An open image of `sectors` whole sectors; `spare_bytes` more do not make another one."""

    def __init__(self, file: BinaryIO, size_bytes: int, name: str = "the image"):
        self.name = name
        self.sectors, self.spare_bytes = divmod(size_bytes, SECTOR_BYTES)
        self.size_bytes = self.sectors * SECTOR_BYTES
        self._file = file
        self._lock = Lock()
        self._bad: set[int] = set()

    @property
    def unreadable_sectors(self) -> int:
        """How many sectors could not be read so far; those around a bad one are counted with it."""
        return len(self._bad) * BLOCK_SECTORS

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from a sector's start, whole sectors, fewer at the end. Raises OSError."""
        length = min(length, self.size_bytes - offset)
        pieces = []
        with self._lock:
            self._file.seek(offset)
            while length > 0 and (piece := self._file.read(length)):
                pieces.append(piece)
                length -= len(piece)
        return b"".join(pieces)

    def block(self, sector: int) -> bytes | None:
        """The block at a sector, or None if it is not there or cannot be read."""
        try:
            data = self.read_at(sector * SECTOR_BYTES, BLOCK_BYTES)
        except OSError:
            return None
        return data if len(data) == BLOCK_BYTES else None

    def chunks(self, advance: Callable[[int], None] = lambda count: None) -> Iterator[Chunk]:
        """The whole image, chunk by chunk; `advance` hears of the bytes. Raises CloisterError."""
        offsets = range(0, self.size_bytes, CHUNK_BYTES)
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(self._read, 0)
            for offset in offsets:
                data = ahead.result()
                if offset + CHUNK_BYTES < self.size_bytes:
                    ahead = reader.submit(self._read, offset + CHUNK_BYTES)
                first = offset // SECTOR_BYTES
                starts = max(0, min(CHUNK_BYTES, len(data) - BLOCK_BYTES + SECTOR_BYTES) // SECTOR_BYTES)
                yield Chunk(first, starts, data)
                advance(min(CHUNK_BYTES, self.size_bytes - offset))

    def _read(self, offset: int) -> bytes:
        """A chunk with its overlap; pieces that cannot be read are filled."""
        length = min(CHUNK_BYTES + OVERLAP_BYTES, self.size_bytes - offset)
        return self._whole(offset, length, (RETRY_BYTES, BLOCK_BYTES))

    def _whole(self, offset: int, length: int, smaller: tuple[int, ...]) -> bytes:
        """Exactly so many bytes, read again in smaller pieces where that fails."""
        places = range(offset, offset + length, BLOCK_BYTES)
        known_bad = bool(self._bad) and not self._bad.isdisjoint(places)
        data = None if known_bad else self._try(offset, length)
        if data is not None:
            return data
        if not smaller:
            self._bad.add(offset)
            return b"\xff" * length
        step, end = smaller[0], offset + length
        return b"".join(
            self._whole(place, min(step, end - place), smaller[1:]) for place in range(offset, end, step)
        )

    def _try(self, offset: int, length: int) -> bytes | None:
        """The bytes, or None if they do not come whole. Raises CloisterError if the device went away."""
        try:
            data = self.read_at(offset, length)
        except OSError as error:
            if error.errno in GONE:
                raise CloisterError(f"{self.name} went away while it was read") from None
            return None
        return data if len(data) == length else None


@contextmanager
def open_image(name: str) -> Iterator[Image]:
    """Open an image or a device by its name. Raises CloisterError."""
    is_path = not name.startswith(WINDOWS_DEVICE)
    if is_path and Path(name).is_dir():
        raise CloisterError(f"{name} is a folder, and recovery reads what lies under the file system", HINT)
    if is_path and Path(name).is_fifo():
        raise CloisterError(f"{name} is a pipe, and recovery reads an image more than once", HINT)
    try:
        file = open(name, "rb", buffering=0)  # noqa: SIM115, PTH123 - pathlib spoils Windows' device names
    except OSError as error:
        raise CloisterError(
            f"{name} cannot be read: {(error.strerror or '').lower()}", _hint(error)
        ) from None
    with file:
        try:
            image = Image(file, _size_bytes(file), name)
        except OSError as error:
            raise CloisterError(f"{name} cannot be read: {(error.strerror or '').lower()}", HINT) from None
        if image.sectors == 0:
            what = "is empty" if image.spare_bytes == 0 else f"has only {image.spare_bytes} bytes"
            raise CloisterError(f"{name} {what}", HINT)
        if image.sectors >= MOST_SECTORS:
            raise CloisterError(f"{name} has more than 2 TiB, and no card has", HINT)
        yield image


def _hint(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "devices are for administrators to read: run it as one, or make an image first"
    return HINT


def _size_bytes(file: BinaryIO) -> int:
    """The size of an image or a device; found by reading where the platform does not tell a device's."""
    try:
        end = file.seek(0, os.SEEK_END)
    except OSError:
        end = 0
    return end or _probed_size(file)


def _probed_size(file: BinaryIO) -> int:
    """How far whole sectors can be read, by halving; 0 if not even the first one can."""
    low, high = 0, MOST_SECTORS
    while low < high:
        middle = (low + high) // 2
        if _has_sector(file, middle):
            low = middle + 1
        else:
            high = middle
    return low * SECTOR_BYTES


def _has_sector(file: BinaryIO, sector: int) -> bool:
    try:
        file.seek(sector * SECTOR_BYTES)
        return len(file.read(SECTOR_BYTES) or b"") == SECTOR_BYTES
    except OSError:
        return False
