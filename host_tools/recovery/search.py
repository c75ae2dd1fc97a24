"""The search: an image is read from its start to its end, as often as something may still be found.

The first reading finds headers, and follows each container from there: the block behind segment i is most
often segment i + 1. Where that ends too early, a further reading looks each block up among the clues of
what is missing. Whatever a block looks like, it counts only if its tag proves which segment of what it is.

A container's clues are complete up to a little behind the highest segment that is known of it, and beyond
that a sample, one in eight: in clusters of 32 KB or more every run of blocks has one. What is found so
extends what is looked for in the next reading; the search ends when a reading has brought nothing new.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from host_tools.container.header import NotAContainer, parse
from host_tools.container.layout import BLOCK_BYTES
from host_tools.container.view import View
from host_tools.recovery.clues import ENTRIES_AT_MOST, EVERY_KIND, SOUND_ONLY, Clues
from host_tools.recovery.found import Found
from host_tools.recovery.headers import Headers
from host_tools.recovery.image import BLOCK_SECTORS, Chunk, Image

# Behind the highest known segment this many are looked for without gaps: a minute of sound.
MARGIN_SEGMENTS = 512
SAMPLE_STEP = 8
# A file of a FAT32 file system has at most 4 GiB.
SEGMENTS_AT_MOST = 1 << 20

Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class Kept:
    """A container of which the vault has a part: its first two blocks, and how many segments in order."""

    head: bytes
    segments: int


class Search:
    """Finds the containers of an image. `readings` counts how often the image was read."""

    def __init__(self, image: Image, view: View, kept: Iterable[Kept] = ()):
        self.readings = 0
        self._image = image
        self._headers = Headers(image, view)
        self._runs: list[tuple[Found, int, int]] = []
        self._clues: Clues[Found] = Clues()
        for one in kept:
            self._take_kept(one)

    def run(self, bar: Bar) -> None:
        """Search; `bar(label, bytes)` gives what shows how far it is. Raises CloisterError."""
        self._plan()
        self._look_through("Searching", bar)
        with bar("Looking for first blocks", self._headers.first_segments_bytes) as advance:
            self._headers.find_first_segments(advance, self._put_first)
        while self._plan():
            self._look_through("Searching again", bar)

    @property
    def found(self) -> list[Found]:
        """What is on the image, by recorder and number, headers that nobody known sealed at the end."""
        here = [found for found in self._headers.found.values() if found.is_here]
        return [
            *sorted(here, key=lambda found: (found.recorder_id, found.number, found.seal)),
            *self._headers.strangers,
        ]

    @property
    def strangers_left_out(self) -> int:
        """How many more headers nobody known has sealed."""
        return self._headers.strangers_left_out

    def _take_kept(self, kept: Kept) -> None:
        """Look for the rest of what the vault has a part of; its header need not be on the image."""
        header_block, first_block = kept.head[:BLOCK_BYTES], kept.head[BLOCK_BYTES:]
        try:
            header = parse(header_block)
        except NotAContainer:
            return
        if len(first_block) != BLOCK_BYTES or not self._headers.is_sealed(header):
            return
        found = Found(header)
        if self._headers.add(found, header) and found.open(header_block, first_block) is not None:
            found.searched = found.kept_segments = kept.segments

    def _look_through(self, label: str, bar: Bar) -> None:
        """Read the image once."""
        self._clues.close()
        self._runs = []
        with bar(label, self._image.size_bytes) as advance:
            for chunk in self._image.chunks(advance):
                self._look_at(chunk)
        self.readings += 1

    def _look_at(self, chunk: Chunk) -> None:
        """Go on with what reached the end of the chunk before, then headers, then clues."""
        runs, self._runs = self._runs, []
        for found, index, sector in runs:
            self._follow(found, index, sector, chunk)
        if self.readings == 0:
            self._headers.look_at(chunk, lambda found, sector: self._follow(found, 0, sector, chunk))
        for position, found, index in self._clues.look_up(chunk.starts):
            sector = chunk.first + position
            if found.prove(index, sector, chunk.block(sector)):
                self._follow_back(found, index - 1, sector - BLOCK_SECTORS, chunk)
                self._follow(found, index + 1, sector + BLOCK_SECTORS, chunk)

    def _follow(self, found: Found, index: int, sector: int, chunk: Chunk) -> None:
        """Take in segments that lie one behind the other, to the end of the chunk."""
        count = -(-(chunk.end - sector) // BLOCK_SECTORS)
        if (
            found.prove_run(index, sector, chunk.run(sector, count)) == count
            and found.last != index + count - 1
        ):
            self._runs.append((found, index + count, sector + count * BLOCK_SECTORS))

    def _follow_back(self, found: Found, index: int, sector: int, chunk: Chunk) -> None:
        """Take in segments that lie one before the other."""
        while sector >= 0 and found.prove(index, sector, chunk.block(sector) or self._image.block(sector)):
            index, sector = index - 1, sector - BLOCK_SECTORS

    def _put_first(self, found: Found, sector: int) -> None:
        found.prove(0, sector, self._image.block(sector))

    def _plan(self) -> bool:
        """Make the clues of what is to be looked for; False if nothing is."""
        self._clues = Clues()
        wanted = [found for found in self._headers.found.values() if found.stream and not found.is_whole]
        if not wanted:
            return False
        share = ENTRIES_AT_MOST // 2 // len(wanted)
        for found in wanted:
            self._plan_all(found, share)
            self._plan_samples(found, share)
        return self._clues.count > 0

    def _plan_all(self, found: Found, share: int) -> None:
        """Clues of every missing segment up to a little behind the highest."""
        end = _end_of_search(found)
        indices = found.segments.unknown(found.searched, end)
        most = max(1, share // len(EVERY_KIND))
        found.searched = end if len(indices) <= most else int(indices[most])
        assert found.stream is not None
        self._clues.add(found, found.stream, indices[:most], EVERY_KIND)

    def _plan_samples(self, found: Found, share: int) -> None:
        """Clues of a sample of the segments behind those, once, and again whenever something was found."""
        first = max(found.sampled, found.searched)
        end = SEGMENTS_AT_MOST if found.last is None else found.last + 1
        if first >= end or (found.sampled and found.segments.count == found.known_before):
            return
        found.known_before = found.segments.count
        indices = np.arange(first - first % SAMPLE_STEP + SAMPLE_STEP - 1, end, SAMPLE_STEP)[:share]
        assert found.stream is not None
        self._clues.add(found, found.stream, indices, SOUND_ONLY)
        found.sampled = int(indices[-1]) + 1 if len(indices) else end


def _end_of_search(found: Found) -> int:
    """Up to where every segment of a container is looked for."""
    if found.last is not None:
        return found.last + 1
    return min(SEGMENTS_AT_MOST, max(found.segments.highest + 1, found.kept_segments) + MARGIN_SEGMENTS)
