"""One container as it was found: its keys, where its blocks lie, and the whole of it as a source.

A block that was not found is given as 0xff bytes, which are never authentic. If the vault has a copy of a
part of the same container (the same seal), what the image lacks is taken from there.
"""

from host_tools.card.geometry import SECTOR_BYTES
from host_tools.container.header import Header
from host_tools.container.layout import BLOCK_BYTES
from host_tools.container.source import (
    UNREADABLE_BLOCK,
    BlockReader,
    MemorySource,
    Source,
    SourceUnreadable,
    reason_of,
)
from host_tools.container.stream import Stream
from host_tools.recovery.blockmap import BlockMap
from host_tools.recovery.image import BLOCK_SECTORS, Image


class Found:
    """A container that is being put together.

    `header_sector` is None if its header is only in the vault; `copy` is the vault's own copy of a part of
    it, if that is to be used. Without a `stream` none of its segments can be told. `last` is the index of the
    segment that is flagged as last. Every segment below `searched`, and samples of those below `sampled`,
    were looked for in the whole image. The first `kept_segments` are in the vault and not looked for.
    """

    def __init__(self, header: Header, header_sector: int | None = None):
        self.number = header.number
        self.recorder_id = header.recorder_id
        self.seal = header.seal
        self.header_sector = header_sector
        self.copy: Source | None = None
        self.file_key: bytes | None = None
        self.stream: Stream | None = None
        self.segments = BlockMap()
        self.last: int | None = None
        self.searched = 0
        self.sampled = 0
        self.known_before = 0
        self.kept_segments = 0

    @property
    def name(self) -> str:
        """The name that a recorder gives a container of this number."""
        return f"R{self.number:07}.DAT"

    @property
    def is_whole(self) -> bool:
        """Whether no segment is missing."""
        return self.last is not None and self.segments.count == self.last + 1

    @property
    def is_here(self) -> bool:
        """Whether anything of it is on the image."""
        return self.header_sector is not None or self.segments.count > 0

    def open(self, header_block: bytes, first_block: bytes) -> int | None:
        """Open the body if the block is its first; the segment's flag then, None if it is not."""
        assert self.file_key is not None
        blocks = BlockReader(MemorySource(header_block + first_block))
        stream = Stream(blocks, self.file_key, header_block)
        flag = stream.flag_of(memoryview(first_block), 0) if stream.intact else None
        if flag is not None:
            self.stream, self.file_key = stream, None
        return flag

    def prove_run(self, index: int, sector: int, blocks: memoryview) -> int:
        """Take in segments from `index` on that lie one behind the other; how many were proven."""
        if self.stream is None or index < 0:
            return 0
        count = self.segments.free_run(index, len(blocks) // BLOCK_BYTES)
        good, has_last = self.stream.authentic_run(blocks, index, count)
        if good:
            self.segments.put(index, sector, good)
        if has_last:
            self.last = index + good - 1
        return good

    def prove(self, index: int, sector: int, block: memoryview | bytes | None) -> bool:
        """Take a block in if its tag proves it to be segment `index`; False if it does not."""
        return block is not None and self.prove_run(index, sector, memoryview(block)) == 1


class ScatteredSource:
    """A found container as a `Source`: its blocks in order, wherever they lie."""

    def __init__(self, image: Image, found: Found):
        self._image = image
        self._found = found
        blocks = found.segments.highest + 2
        if found.header_sector is not None and found.header_sector + 2 * BLOCK_SECTORS <= image.sectors:
            blocks = max(blocks, 2)
        if found.copy is not None:
            blocks = max(blocks, found.copy.size_bytes // BLOCK_BYTES)
        self.size_bytes = blocks * BLOCK_BYTES

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, at most `length`. Raises SourceUnreadable."""
        end = min(offset + length, self.size_bytes)
        first = offset // BLOCK_BYTES
        sectors = [self._sector(block) for block in range(first, -(-end // BLOCK_BYTES))]
        pieces, start = [], 0
        for position in range(1, len(sectors) + 1):
            if position == len(sectors) or not _follows(sectors[position - 1], sectors[position]):
                pieces.append(self._piece(first + start, sectors[start], position - start))
                start = position
        data = b"".join(pieces)
        return data[offset - first * BLOCK_BYTES : end - first * BLOCK_BYTES]

    def _sector(self, block: int) -> int | None:
        """Where a block lies on the image. What follows a header is taken for its first segment."""
        found = self._found
        if block == 0:
            return found.header_sector
        sector = found.segments.place(block - 1)
        if sector is None and block == 1 and found.header_sector is not None and found.copy is None:
            return found.header_sector + BLOCK_SECTORS
        return sector

    def _piece(self, first_block: int, sector: int | None, count: int) -> bytes:
        """Blocks that follow each other, on the image or not on it."""
        length = count * BLOCK_BYTES
        if sector is not None:
            return self._read(sector, length)
        copy = self._found.copy
        data = copy.read_at(first_block * BLOCK_BYTES, length) if copy is not None else b""
        return data + (UNREADABLE_BLOCK * count)[len(data) :]

    def _read(self, sector: int, length: int) -> bytes:
        """Bytes of the image that were there before."""
        name = self._image.name
        try:
            data = self._image.read_at(sector * SECTOR_BYTES, length)
        except OSError as error:
            raise SourceUnreadable(f"{name} cannot be read any more: {reason_of(error)}") from None
        if len(data) != length:
            raise SourceUnreadable(f"{name} is shorter than before")
        return data


def _follows(before: int | None, after: int | None) -> bool:
    """Whether one block lies right behind the other, or neither is on the image."""
    if before is None or after is None:
        return before is after
    return after == before + BLOCK_SECTORS
