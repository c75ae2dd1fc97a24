"""The headers on an image, and the first segments that belong to them.

A header counts if a recorder that the vault knows sealed it. Others that look like one are kept, up to a
number, so that they can be named. The keys of a body derive from the salt in its first segment: that is
looked for behind the header, and else among all blocks at the header's alignment that begin as it must.
"""

from array import array
from collections.abc import Callable

import numpy as np

from host_tools.container.findings import file_key_of
from host_tools.container.header import (
    Header,
    KeyDoesNotOpen,
    NotAContainer,
    flaws,
    parse,
    seal_is_right,
)
from host_tools.container.layout import BLOCK_BYTES, MAGIC, STREAM_HEADER_BYTES
from host_tools.container.view import View
from host_tools.recovery.found import Found
from host_tools.recovery.image import BLOCK_SECTORS, Chunk, Image

MAGIC_START = np.uint64(int.from_bytes(MAGIC, "little"))
STRANGERS_AT_MOST = 100
FIRSTS_AT_MOST = 1 << 22


class Headers:
    """The containers whose headers were found, in `found`; `strangers` are headers that nobody known sealed.

    `strangers_left_out` says how many more of those there are.
    """

    def __init__(self, image: Image, view: View):
        self.found: dict[bytes, Found] = {}
        self.strangers: list[Found] = []
        self.strangers_left_out = 0
        self._image = image
        self._view = view
        self._firsts = array("I")

    def look_at(self, chunk: Chunk, begin: Callable[[Found, int], None]) -> None:
        """Take in the headers of a chunk; `begin` is told of each body that opens, and its first sector."""
        for position in np.flatnonzero(chunk.starts == MAGIC_START).tolist():
            sector = chunk.first + position
            block = chunk.block(sector)
            assert block is not None
            self._look_at_header(bytes(block), sector, chunk, begin)
        if len(self._firsts) < FIRSTS_AT_MOST:
            firsts = np.flatnonzero(chunk.starts & np.uint64(0xFF) == STREAM_HEADER_BYTES) + chunk.first
            self._firsts.frombytes(firsts.astype(np.uint32).tobytes())

    def add(self, found: Found, header: Header) -> bool:
        """Take a sealed header in; False if none of our keys opens its file key."""
        self.found[found.seal] = found
        try:
            found.file_key = file_key_of(header, self._view)
        except KeyDoesNotOpen:
            return False
        return True

    def is_sealed(self, header: Header) -> bool:
        """Whether a recorder that is known here sealed it."""
        secret = self._view.recorder_secret(header.recorder_id)
        return secret is not None and seal_is_right(header, secret)

    def find_first_segments(
        self, advance: Callable[[int], None], begin: Callable[[Found, int], None]
    ) -> None:
        """Look for the first segments that do not lie behind their headers, and begin with those found."""
        waiting: list[list[tuple[Found, bytes]]] = [[] for _ in range(BLOCK_SECTORS)]
        for found in self.found.values():
            header_sector = found.header_sector
            header_block = None if header_sector is None else self._image.block(header_sector)
            if found.file_key and header_sector is not None and header_block is not None:
                waiting[header_sector % BLOCK_SECTORS].append((found, header_block))
        for sector in self._firsts:
            advance(BLOCK_BYTES)
            alike = waiting[sector % BLOCK_SECTORS]
            block = self._image.block(sector) if alike else None
            opened = block and next(
                (entry for entry in alike if entry[0].open(entry[1], block) is not None), None
            )
            if opened:
                begin(opened[0], sector)
                alike.remove(opened)

    @property
    def first_segments_bytes(self) -> int:
        """How much `find_first_segments` has to read at most."""
        is_waiting = any(found.file_key for found in self.found.values())
        return len(self._firsts) * BLOCK_BYTES if is_waiting else 0

    def _look_at_header(
        self, block: bytes, sector: int, chunk: Chunk, begin: Callable[[Found, int], None]
    ) -> None:
        try:
            header = parse(block)
        except NotAContainer:
            return
        if not self.is_sealed(header):
            self._keep_stranger(header, sector)
            return
        found = self.found.get(header.seal)
        if found is None:
            found = Found(header, sector)
            self.add(found, header)
        elif found.header_sector is None:
            found.header_sector = sector
        behind = sector + BLOCK_SECTORS
        first = chunk.block(behind)
        if found.stream is None and found.file_key and first and found.open(block, bytes(first)) is None:
            return
        if found.stream is not None:
            begin(found, behind)

    def _keep_stranger(self, header: Header, sector: int) -> None:
        """Keep what looks like a header throughout."""
        if flaws(header) or any(stranger.seal == header.seal for stranger in self.strangers):
            return
        if len(self.strangers) < STRANGERS_AT_MOST:
            self.strangers.append(Found(header, sector))
        else:
            self.strangers_left_out += 1
