"""Reads files in the root folder of a FAT32 file system, from whatever can read bytes at a place.

Read only, and strict: a chain that loops, leaves the card or ends early is a CloisterError, never rubbish.
Time and memory are bounded by the size of the card, whatever its contents say. Folders are only counted, and
volume labels and long names are passed over; a file goes by its 8.3 name.
"""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from host_tools.card.geometry import SECTOR_BYTES, Geometry, parse_boot_sector, partition_start
from host_tools.errors import CloisterError

ENTRY_BYTES = 32
MOST_FOLDER_BYTES = 65_536 * ENTRY_BYTES
TABLE_BLOCK_ENTRIES = 1024
END_OF_CHAIN = 0x0FFFFFF8
FOLDER, VOLUME = 0x10, 0x08  # a long name has the volume's bit among its own
DELETED, LAST = 0xE5, 0x00

# What is kept of all the chains of a card: no file in use is in so many pieces.
MOST_RUNS = 1 << 22

ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Entry:
    """A file as the root folder names it."""

    name: str
    size_bytes: int
    first_cluster: int


class Fat32:
    """The file system on a card. `read_at(offset, length)` gives exactly so many bytes, or CloisterError."""

    def __init__(self, read_at: ReadAt, card_bytes: int | None):
        self._read_at = read_at
        sector = read_at(0, SECTOR_BYTES)
        start = partition_start(sector)
        if start is not None:
            if card_bytes is not None and (start + 1) * SECTOR_BYTES > card_bytes:
                raise CloisterError("cut short: its partition begins behind its end")
            sector = read_at(start * SECTOR_BYTES, SECTOR_BYTES)
        self.geometry: Geometry = parse_boot_sector(sector, start or 0, card_bytes)
        self._table_block = -1
        self._table: array[int] = array("I")
        # Files that share their clusters would make the work, and what is kept, larger than any card.
        self._clusters_left = 2 * self.geometry.clusters
        self._runs_left = MOST_RUNS

    def entries(self) -> list[Entry]:
        """The files in the root folder, in its order."""
        found = []
        for raw in self._root_entries():
            attributes = raw[11]
            if raw[0] == DELETED or attributes & (FOLDER | VOLUME):
                continue
            high, low, size_bytes = struct.unpack("<H4xHI", raw[20:32])
            found.append(Entry(name_of(raw), size_bytes, (high << 16 | low) & 0x0FFFFFFF))
        return found

    def folders(self) -> int:
        """How many folders there are in the root folder."""
        return sum(
            raw[0] != DELETED and raw[11] & (FOLDER | VOLUME) == FOLDER for raw in self._root_entries()
        )

    def open(self, entry: Entry) -> "Chain":
        """The places of a file's contents."""
        clusters = -(-entry.size_bytes // self.geometry.cluster_bytes)
        if clusters > self._clusters_left:
            raise CloisterError("damaged file system: its files are larger than the card")
        self._clusters_left -= clusters
        runs = self._runs(entry.first_cluster, clusters, entry.name)
        self._runs_left -= len(runs)
        return Chain(self, runs)

    def read_clusters(self, cluster: int, inside: int, length: int) -> bytes:
        """Bytes from `inside` a run that begins at that cluster."""
        return self._read_at(self.geometry.cluster_offset(cluster) + inside, length)

    def _root_entries(self) -> Iterator[bytes]:
        geometry = self.geometry
        most = min(geometry.clusters, MOST_FOLDER_BYTES // geometry.cluster_bytes)
        for run in self._runs(geometry.root_cluster, most, "the root folder", exact=False):
            for number in range(*run):
                block = self._read_at(geometry.cluster_offset(number), geometry.cluster_bytes)
                for place in range(0, len(block), ENTRY_BYTES):
                    if block[place] == LAST:
                        return
                    yield block[place : place + ENTRY_BYTES]

    def _runs(self, first: int, clusters: int, name: str, exact: bool = True) -> "Runs":
        """A chain's clusters as runs: `clusters` of them, or with `exact` false at most."""
        if clusters > self.geometry.clusters:
            raise CloisterError(f"damaged file system: {name} is larger than the card")
        seen = bytearray(self.geometry.clusters // 8 + 1)
        runs = Runs()
        cluster = first
        for _ in range(clusters):
            if not self.geometry.holds(cluster):
                if not exact and cluster >= END_OF_CHAIN:
                    break
                raise CloisterError(f"damaged file system: {name} {_why(cluster)}")
            place, bit = divmod(cluster - 2, 8)
            if seen[place] >> bit & 1:
                raise CloisterError(f"damaged file system: {name} goes round in a loop")
            seen[place] |= 1 << bit
            runs.add(cluster)
            if len(runs) > self._runs_left:
                raise CloisterError(f"damaged file system: {name} is in too many pieces")
            cluster = self._next(cluster)
        return runs

    def _next(self, cluster: int) -> int:
        block, place = divmod(cluster, TABLE_BLOCK_ENTRIES)
        if block != self._table_block:
            offset = self.geometry.fat_offset + block * TABLE_BLOCK_ENTRIES * 4
            entries = min(TABLE_BLOCK_ENTRIES, self.geometry.clusters + 2 - block * TABLE_BLOCK_ENTRIES)
            raw = self._read_at(offset, entries * 4)
            self._table = array("I", struct.unpack(f"<{entries}I", raw))
            self._table_block = block
        return self._table[place] & 0x0FFFFFFF


class Runs:
    """The clusters of a chain as runs that follow each other on the card; eight bytes each."""

    def __init__(self) -> None:
        self._firsts = array("I")
        self._untils = array("I")

    def add(self, cluster: int) -> None:
        """The next cluster of the chain."""
        if self._untils and self._untils[-1] == cluster:
            self._untils[-1] += 1
        else:
            self._firsts.append(cluster)
            self._untils.append(cluster + 1)

    def add_run(self, first: int, until: int) -> None:
        """Clusters from one to before another, which come next in the chain."""
        if first < until:
            self.add(first)
            self._untils[-1] = until

    def __len__(self) -> int:
        return len(self._firsts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """(first cluster, the one after the last) of each run."""
        return zip(self._firsts, self._untils, strict=True)

    def __getitem__(self, index: int) -> tuple[int, int]:
        return self._firsts[index], self._untils[index]


class Chain:
    """A file's contents as runs of clusters."""

    def __init__(self, fat: Fat32, runs: Runs):
        self._fat = fat
        self._runs = runs
        self._starts = array("Q")
        start = 0
        for first, until in runs:
            self._starts.append(start)
            start += (until - first) * fat.geometry.cluster_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes, all of which must be in the chain."""
        pieces = []
        index = bisect_right(self._starts, offset) - 1
        while length > 0:
            first, until = self._runs[index]
            inside = offset - self._starts[index]
            take = min(length, (until - first) * self._fat.geometry.cluster_bytes - inside)
            pieces.append(self._fat.read_clusters(first, inside, take))
            offset, length, index = offset + take, length - take, index + 1
        return b"".join(pieces)


def name_of(raw: bytes) -> str:
    """`NAME.EXT`; bytes that are no ASCII are shown as in code page 437."""
    stem = (b"\xe5" + raw[1:8] if raw[0] == 0x05 else raw[:8]).decode("cp437").rstrip(" ")
    extension = raw[8:11].decode("cp437").rstrip(" ")
    return f"{stem}.{extension}" if extension else stem


def _why(cluster: int) -> str:
    return "ends early" if cluster >= END_OF_CHAIN or cluster == 0 else "leads outside the card"
