"""A zip archive as a run of bytes, front to back, from files whose size and CRC-32 are known beforehand.

These stand at the head of each file, where every unpacker finds them: one that follows behind the file (a
data descriptor) is more than macOS's own takes. Nothing in the archive says when, where or by whom it was
made: every date is the earliest that a zip can have.
"""

import zipfile
import zlib
from collections.abc import Generator, Iterable
from copy import copy
from dataclasses import dataclass

from host_tools.strip import Strip, corrected

UNIX, OWNER_ONLY = 3, 0o100600


@dataclass(frozen=True)
class Entry:
    """A file to go in."""

    name: str
    pieces: Iterable[bytes]
    size_bytes: int
    crc32: int

    @classmethod
    def of(cls, name: str, data: bytes) -> "Entry":
        """A small file."""
        return cls(name, [data], len(data), zlib.crc32(data))


def zipped(entries: Iterable[Entry]) -> Generator[bytes, None, None]:
    """The archive of these files, not compressed again, in their order."""
    strip = Strip()
    with zipfile.ZipFile(strip, "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name)
            info.create_system, info.external_attr = UNIX, OWNER_ONLY << 16
            is_large = entry.size_bytes > zipfile.ZIP64_LIMIT
            head = strip.tell(), _finished(info, entry).FileHeader(is_large)
            with archive.open(info, "w", force_zip64=is_large) as file:
                for piece in entry.pieces:
                    file.write(piece)
                    yield corrected(*strip.taken(), (head,))
            assert strip.rewritten[-1] == head, "a file was not what its entry said"
    yield bytes(strip.taken()[1])


def _finished(info: zipfile.ZipInfo, entry: Entry) -> zipfile.ZipInfo:
    """What zipfile will know of the file at its end."""
    finished = copy(info)
    finished.CRC = entry.crc32
    finished.file_size = finished.compress_size = entry.size_bytes
    return finished
