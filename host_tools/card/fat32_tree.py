"""What every cluster of a FAT32 card belongs to: all files of all folders, read before anything is changed.

Read only. A file whose chain loops, ends early, leaves the card or shares clusters with another has a fault
in words; only if there is none at all (`is_sound`) can it be told which clusters belong to nothing. Time and
memory are bounded by the card's size, whatever it holds: a byte a cluster.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from host_tools.card import wipe_mark
from host_tools.card.fat32 import (
    DELETED,
    ENTRY_BYTES,
    FOLDER,
    LAST,
    MOST_RUNS,
    VOLUME,
    ReadAt,
    Runs,
    name_of,
)
from host_tools.card.fat32_table import BAD, END_OF_CHAIN, FREE, Table
from host_tools.card.geometry import FIRST_CLUSTER, Geometry
from host_tools.card.long_names import LongName
from host_tools.errors import CloisterError

MOST_ITEMS = 200_000
LOOKED_AT = 1 << 20  # clusters at a time
LONG = 0x0F
NOTHINGS, USED, IS_FREE, IS_BAD = range(4)  # what a cluster is


@dataclass
class Item:
    """A file or folder. `offset` is where its 32 bytes are on the card, `long_offsets` its long name's.

    `folder` is the path of the folder that it is in, empty for the top folder. `runs` are all clusters that
    belong to it, also behind its size.
    """

    name: str
    long_name: str
    folder: str
    size_bytes: int
    first_cluster: int
    is_folder: bool
    offset: int
    long_offsets: tuple[int, ...] = ()
    runs: Runs = field(default_factory=Runs)
    fault: str = ""

    @property
    def path(self) -> str:
        """What it is called in messages."""
        return f"{self.folder}{self.long_name or self.name}"


class Tree:
    """The file system as it stands. Raises CloisterError if its top folder cannot be read."""

    def __init__(self, read_at: ReadAt, geometry: Geometry):
        self.geometry = geometry
        self.items: list[Item] = []
        self.deleted: list[int] = []
        """Where the entries of deleted files are that still say something."""
        self.marks: list[tuple[int, int, int]] = []
        """(offset of the entry, first cluster, clusters) of what was being removed when that was cut off."""
        self.behind: list[tuple[int, int]] = []
        """(offset, bytes) in a folder behind its last entry that are not zeros."""
        self._read_at = read_at
        self._table = Table(read_at, geometry)
        self._pieces = 0
        self._kinds = bytearray(geometry.clusters + FIRST_CLUSTER)
        self._classify()
        self._walk()

    @property
    def is_sound(self) -> bool:
        """Whether no file or folder has a fault."""
        return not any(item.fault for item in self.items)

    def free_clusters(self) -> int:
        """How many clusters are free."""
        return self._kinds.count(IS_FREE)

    def bad_clusters(self) -> int:
        """How many are marked as bad."""
        return self._kinds.count(IS_BAD)

    def lost_clusters(self) -> int:
        """How many belong to no file and are not free; 0 if that cannot be told."""
        return self._kinds.count(NOTHINGS, FIRST_CLUSTER) if self.is_sound else 0

    def unclaimed(self) -> Iterator[tuple[int, int]]:
        """(first cluster, the one after the last) of what is free, or belongs to nothing."""
        return self._runs_of({IS_FREE, NOTHINGS} if self.is_sound else {IS_FREE})

    def lost_runs(self) -> list[tuple[int, int]]:
        """The same of what belongs to nothing and is not free."""
        return list(self._runs_of({NOTHINGS})) if self.is_sound else []

    def fingerprint(self) -> str:
        """Stands for what every cluster is."""
        return hashlib.sha256(repr(self.geometry).encode() + self._kinds).hexdigest()

    def _runs_of(self, wanted: set[int]) -> Iterator[tuple[int, int]]:
        """Clusters in a row that are one of these kinds."""
        begun = -1
        for start in range(FIRST_CLUSTER, len(self._kinds), LOOKED_AT):
            kinds = np.frombuffer(self._kinds, np.uint8)[start : start + LOOKED_AT]
            is_wanted = np.isin(kinds, list(wanted)).astype(np.int8)
            changes = np.diff(is_wanted, prepend=np.int8(begun >= 0))
            for place in np.flatnonzero(changes):
                if begun >= 0:
                    yield begun, start + int(place)
                    begun = -1
                else:
                    begun = start + int(place)
        if begun >= 0:
            yield begun, len(self._kinds)

    def is_file_s(self, cluster: int) -> bool:
        """Whether that cluster is a file's or a folder's."""
        return self._kinds[cluster] == USED

    def _classify(self) -> None:
        """Which clusters are free or bad; all others are nothing's until a chain leads there."""
        kinds = np.frombuffer(self._kinds, np.uint8)
        for first, links in self._table.blocks():
            part = kinds[first : first + len(links)]
            part[links == FREE] = IS_FREE
            part[links == BAD] = IS_BAD
        kinds[:FIRST_CLUSTER] = USED

    def _walk(self) -> None:
        """Every folder, beginning with the top one; each is read once, as its clusters are claimed once."""
        root = Item("", "the top folder", "", 0, self.geometry.root_cluster, True, 0)
        self._claim(root)
        if root.fault:
            raise CloisterError(f"damaged file system: the root folder {root.fault}")
        waiting = [(root.runs, "")]
        while waiting:
            runs, path = waiting.pop()
            for item in list(self._entries(runs, path)):
                self.items.append(item)
                if len(self.items) > MOST_ITEMS:
                    raise CloisterError("damaged file system: it has too many files")
                self._claim(item)
                if item.is_folder and not item.fault:
                    waiting.append((item.runs, f"{item.path}/"))

    def _entries(self, runs: Runs, path: str) -> Iterator[Item]:
        """The files and folders of one folder; notes what of deleted ones is still in it."""
        long_name = LongName()
        is_over = False
        for cluster in (number for run in runs for number in range(*run)):
            start = self.geometry.cluster_offset(cluster)
            block = self._read_at(start, self.geometry.cluster_bytes)
            for place in range(0, len(block), ENTRY_BYTES):
                raw = block[place : place + ENTRY_BYTES]
                is_over = is_over or raw[0] == LAST
                if is_over:
                    if any(block[place:]):
                        self.behind.append((start + place, len(block) - place))
                    break
                if raw[0] == DELETED:
                    self._note_deleted(raw, start + place)
                elif raw[11] & 0x3F == LONG:
                    long_name.add(raw, start + place)
                    continue
                elif raw[11] & VOLUME == 0 and raw[0] != ord("."):
                    yield _item(raw, start + place, path, long_name)
                long_name = LongName()

    def _note_deleted(self, raw: bytes, offset: int) -> None:
        mark = wipe_mark.parse(raw)
        if mark is not None:
            self.marks.append((offset, *mark))
        elif any(raw[1:]):
            self.deleted.append(offset)

    def _claim(self, item: Item) -> None:
        """Follow its chain to the end, and note it as its own. What is wrong with it becomes its fault."""
        cluster, length = item.first_cluster, 0
        while not item.fault and (cluster or item.is_folder) and cluster < END_OF_CHAIN:
            if not self.geometry.holds(cluster):
                item.fault = "leads outside the card" if cluster else "ends early"
                return
            until = self._table.run_end(cluster)
            own = self._kinds[cluster:until]
            claimed = len(own) - len(own.lstrip(b"\0"))
            if claimed < len(own):
                self._blame(item, cluster + claimed, own[claimed])
                until = cluster + claimed
            self._kinds[cluster:until] = bytes([USED]) * (until - cluster)
            item.runs.add_run(cluster, until)
            self._pieces += 1
            if self._pieces > MOST_RUNS:
                raise CloisterError("damaged file system: its files are in too many pieces")
            length += until - cluster
            cluster = self._table.link(until - 1) if until > cluster else END_OF_CHAIN
        if not item.fault and length * self.geometry.cluster_bytes < item.size_bytes:
            item.fault = "ends early"

    def _blame(self, item: Item, cluster: int, kind: int) -> None:
        """Say why its chain cannot go on at that cluster; whom it shares that with has the same fault."""
        if kind in (IS_FREE, IS_BAD):
            item.fault = "ends early" if kind == IS_FREE else "leads to a bad cluster"
            return
        if any(first <= cluster < until for first, until in item.runs):
            item.fault = "goes round in a loop"
            return
        item.fault = "shares clusters with another file"
        for other in self.items:
            if any(first <= cluster < until for first, until in other.runs):
                other.fault = other.fault or item.fault


def _item(raw: bytes, offset: int, path: str, long_name: LongName) -> Item:
    high, low, size_bytes = struct.unpack("<H4xHI", raw[20:32])
    is_own = long_name.belongs_to(raw)
    return Item(
        name=name_of(raw),
        long_name=long_name.text() if is_own else "",
        folder=path,
        size_bytes=size_bytes,
        first_cluster=(high << 16 | low) & 0x0FFFFFFF,
        is_folder=bool(raw[11] & FOLDER),
        offset=offset,
        long_offsets=tuple(long_name.offsets) if is_own else (),
    )
