"""A FAT32 allocation table, read in blocks: where a cluster leads to, and what every cluster is.

Read only. Nothing in it is believed: whoever follows a chain checks each cluster. The block read last is
kept, so that a chain that runs on is followed at the cost of one reading.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from host_tools.card.fat32 import ReadAt
from host_tools.card.geometry import FIRST_CLUSTER, Geometry

ENTRY_BYTES = 4
BLOCK_ENTRIES = 16384
LINK_MASK = 0x0FFFFFFF
FREE = 0
BAD = 0x0FFFFFF7
END_OF_CHAIN = 0x0FFFFFF8

Links = npt.NDArray[np.uint32]


class Table:
    """One copy of the table, the first unless told otherwise."""

    def __init__(self, read_at: ReadAt, geometry: Geometry, copy: int = 0):
        self._read_at = read_at
        self._offset = geometry.fat_offset + copy * geometry.fat_bytes
        self._entries = geometry.clusters + FIRST_CLUSTER
        self._number = -1
        self._links: Links = np.empty(0, np.uint32)
        self._breaks: npt.NDArray[np.intp] = np.empty(0, np.intp)

    def link(self, cluster: int) -> int:
        """What the entry of that cluster says."""
        self._load(cluster // BLOCK_ENTRIES)
        return int(self._links[cluster % BLOCK_ENTRIES])

    def run_end(self, cluster: int) -> int:
        """Behind the last of the clusters that lead from this one to the next, as far as a block goes."""
        self._load(cluster // BLOCK_ENTRIES)
        inside = cluster % BLOCK_ENTRIES
        place = int(np.searchsorted(self._breaks, inside))
        return cluster - inside + int(self._breaks[place]) + 1

    def blocks(self) -> Iterator[tuple[int, Links]]:
        """The whole table: (first cluster, links) of each block."""
        for number in range(-(-self._entries // BLOCK_ENTRIES)):
            self._load(number)
            yield number * BLOCK_ENTRIES, self._links

    def free_clusters(self) -> int:
        """How many clusters are free."""
        return sum(
            int(np.count_nonzero(links[max(0, FIRST_CLUSTER - first) :] == FREE))
            for first, links in self.blocks()
        )

    def _load(self, number: int) -> None:
        if number == self._number:
            return
        first = number * BLOCK_ENTRIES
        count = min(BLOCK_ENTRIES, self._entries - first)
        raw = self._read_at(self._offset + first * ENTRY_BYTES, count * ENTRY_BYTES)
        self._links = np.frombuffer(raw, "<u4") & np.uint32(LINK_MASK)
        following = np.arange(first + 1, first + count + 1, dtype=np.uint32)
        is_break = self._links != following
        is_break[-1] = True  # what a block ends with is looked up by itself
        self._breaks = np.flatnonzero(is_break)
        self._number = number
