"""Takes files out of a FAT32 file system: their entries, their chains in every allocation table, FSInfo.

Each step is on the card and read back before the next one begins. Entry first, then the tables one after the
other, then FSInfo: cut off anywhere, no entry leads to clusters that are free, and a mark in the entry
(wipe_mark.py) lets `finish_marks` free the rest. What the clusters held is not this module's business.
"""

import struct
from collections.abc import Iterable, Sequence

import numpy as np

from host_tools.card import wipe_mark
from host_tools.card.fat32_table import END_OF_CHAIN, ENTRY_BYTES, LINK_MASK, Table
from host_tools.card.fat32_tree import Item, Tree
from host_tools.card.geometry import SECTOR_BYTES, Geometry
from host_tools.card.pattern import LONGEST_BYTES as PIECE_BYTES
from host_tools.card.sectors import Change, Sectors
from host_tools.errors import CloisterError

KEPT_BITS = np.uint32(~LINK_MASK & 0xFFFFFFFF)  # belong to nobody, and stay as they are
INFO_STARTS, INFO_MIDDLE, INFO_MIDDLE_AT, INFO_COUNT_AT = b"RRaA", b"rrAa", 484, 488

ClusterRuns = Iterable[tuple[int, int]]


class Changes:
    """Changes one file system. Raises CloisterError if it is of a kind that is not written here."""

    def __init__(self, sectors: Sectors, geometry: Geometry):
        if not geometry.is_mirrored:
            raise CloisterError(
                "its file system keeps its allocation tables apart: nothing is changed in it",
                "format the card as FAT32; that erases it",
            )
        self._sectors = sectors
        self._geometry = geometry

    def remove(self, item: Item, free_clusters: int) -> int:
        """Take a file out; gives how many clusters are free now. Raises TakesNoMore, CloisterError.

        free_clusters: how many were free before.
        """
        if item.long_offsets:
            self._sectors.change((offset, wipe_mark.WIPED) for offset in item.long_offsets)
        clusters = sum(until - first for first, until in item.runs)
        if clusters:
            self._sectors.change([(item.offset, wipe_mark.make(item.runs[0][0], clusters))])
            self.free(item.runs)
            self.note_free(free_clusters + clusters)
        self._sectors.change([(item.offset, wipe_mark.WIPED)])
        return free_clusters + clusters

    def free(self, runs: ClusterRuns) -> None:
        """Mark these clusters as free, in one table after the other."""
        listed = sorted(runs)
        for copy in range(self._geometry.fats):
            self._sectors.write(self._freed(copy, listed))

    def note_free(self, free_clusters: int) -> None:
        """Say in FSInfo how many clusters are free, if there is one."""
        if not self._geometry.info_offset:
            return
        info = self._sectors.read_at(self._geometry.info_offset, SECTOR_BYTES)
        count = struct.pack("<I", free_clusters)
        is_info = info.startswith(INFO_STARTS) and info.startswith(INFO_MIDDLE, INFO_MIDDLE_AT)
        if is_info and not info.startswith(count, INFO_COUNT_AT):
            self._sectors.change([(self._geometry.info_offset + INFO_COUNT_AT, count)])

    def clear(self, tree: Tree) -> int:
        """Zero what is left of deleted entries, and what stands behind the last one; how many bytes."""
        changes: list[Change] = [(offset, wipe_mark.WIPED) for offset in tree.deleted]
        changes += [(offset, bytes(length)) for offset, length in tree.behind]
        if changes:
            self._sectors.change(changes)
        return sum(len(data) for _, data in changes)

    def finish_marks(self, tree: Tree) -> bool:
        """Finish what an earlier run was cut off from; whether there was anything."""
        for _, first, clusters in tree.marks:
            self.free(self._marked(tree, first, clusters))
        if tree.marks:
            self._mirror()
            self.note_free(Table(self._sectors.read_at, self._geometry).free_clusters())
            self._sectors.change((offset, wipe_mark.WIPED) for offset, _, _ in tree.marks)
        return bool(tree.marks)

    def _marked(self, tree: Tree, first: int, clusters: int) -> list[tuple[int, int]]:
        """The clusters of a mark, by the last table, which is freed last; none if they are not all there."""
        table = Table(self._sectors.read_at, self._geometry, self._geometry.fats - 1)
        runs: list[tuple[int, int]] = []
        cluster = first
        for _ in range(min(clusters, self._geometry.clusters)):
            if not self._geometry.holds(cluster) or tree.is_file_s(cluster):
                return []
            runs.append((cluster, cluster + 1))
            cluster = table.link(cluster)
        return runs if cluster >= END_OF_CHAIN else []

    def _mirror(self) -> None:
        """Make every table what the first one is."""
        geometry = self._geometry
        for start in range(0, geometry.fat_bytes, PIECE_BYTES):
            length = min(PIECE_BYTES, geometry.fat_bytes - start)
            right = self._sectors.read_at(geometry.fat_offset + start, length)
            for copy in range(1, geometry.fats):
                place = geometry.fat_offset + copy * geometry.fat_bytes + start
                if self._sectors.read_at(place, length) != right:
                    self._sectors.write([(place, right)])

    def _freed(self, copy: int, runs: Sequence[tuple[int, int]]) -> Iterable[Change]:
        """The sectors of a table with these clusters free."""
        table = self._geometry.fat_offset + copy * self._geometry.fat_bytes
        for start, end, first, last in _spans(runs):
            links = np.frombuffer(self._sectors.read_at(table + start, end - start), "<u4").copy()
            origin = start // ENTRY_BYTES
            for begin, until in runs[first:last]:
                links[max(0, begin - origin) : max(0, until - origin)] &= KEPT_BITS
            yield table + start, links.tobytes()


def _spans(runs: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int, int, int]]:
    """(from, to) in bytes of a table, whole sectors, and which of the runs (from, to) are in there."""
    first = 0
    while first < len(runs):
        start = runs[first][0] * ENTRY_BYTES // SECTOR_BYTES * SECTOR_BYTES
        last, end = first, start
        while last < len(runs) and runs[last][0] * ENTRY_BYTES <= end + SECTOR_BYTES:
            end = -(-runs[last][1] * ENTRY_BYTES // SECTOR_BYTES) * SECTOR_BYTES
            last += 1
        for piece in range(start, end, PIECE_BYTES):
            yield piece, min(end, piece + PIECE_BYTES), first, last
        first = last
