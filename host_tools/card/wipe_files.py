"""Wipes files on a device or an image, by our own writing of FAT32: contents first, then every trace of them.

All clusters of a file's chain are overwritten, those behind its size too, and its first block last: what was
cut off is still found by its name. Then it is read back, and only then leaves the file system. A file that
does not read back stays. Nothing is written if any of the files is not sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from host_tools.card.fat32_change import Changes
from host_tools.card.fat32_tree import Item, Tree
from host_tools.card.geometry import Geometry
from host_tools.card.overwrite import Extent, Overwriter
from host_tools.card.pattern import LONGEST_BYTES as PIECE_BYTES
from host_tools.card.wipe_report import Left, WipeReport, files_words, left_words, names_words
from host_tools.errors import CloisterError

UNSOUND_HINT = "cloister card recover finds what is on it; cloister card wipe overwrites the whole card"


@dataclass(frozen=True)
class Chosen:
    """A file to be wiped; `name` is what it was called by."""

    name: str
    item: Item


def select(tree: Tree, names: Sequence[str]) -> list[Chosen]:
    """The files of these names in the top folder. Raises CloisterError if one is missing or not sound."""
    top = [item for item in tree.items if not item.folder and not item.is_folder]
    chosen, missing = [], []
    for name in dict.fromkeys(names):
        found = [item for item in top if name.casefold() in (item.name.casefold(), item.long_name.casefold())]
        chosen += [Chosen(name, item) for item in found]
        if not found:
            missing.append(name)
    if missing:
        raise CloisterError(f"there is no {names_words(missing)} on the card: nothing was wiped")
    for one in chosen:
        if one.item.fault:
            raise CloisterError(
                f"damaged file system: {one.name} {one.item.fault}; nothing was wiped", UNSOUND_HINT
            )
    return list({one.item.offset: one for one in chosen}.values())


def size_of(chosen: Sequence[Chosen], geometry: Geometry) -> int:
    """How many bytes are overwritten."""
    return sum(length for one in chosen for _, length in extents(one.item, geometry))


def extents(item: Item, geometry: Geometry) -> list[Extent]:
    """Where its clusters are."""
    return [
        (geometry.cluster_offset(first), (until - first) * geometry.cluster_bytes)
        for first, until in item.runs
    ]


class FileWipe:
    """Wipes files one after the other. `progress_words` says how far it came, whatever ended it."""

    def __init__(self, tree: Tree, changes: Changes, overwriter: Overwriter, report: WipeReport):
        self._geometry = tree.geometry
        self._changes = changes
        self._overwriter = overwriter
        self._report = report
        self._free_clusters = tree.free_clusters()
        self._waiting: list[Chosen] = []
        self._under_way: Chosen | None = None

    def run(self, chosen: Sequence[Chosen]) -> None:
        """Wipe them all, and fill in the report. Raises TakesNoMore, CloisterError."""
        self._waiting = list(chosen)
        while self._waiting:
            self._under_way = self._waiting.pop(0)
            self._wipe(self._under_way)
            self._under_way = None
        self._report.verified = not self._report.left

    def progress_words(self) -> str:
        """What was wiped, what was being wiped, and what was not touched."""
        under_way = self._under_way.name if self._under_way else ""
        return files_words(self._report.files, under_way, (one.name for one in self._waiting))

    def _wipe(self, one: Chosen) -> None:
        places = extents(one.item, self._geometry)
        before, bad_before = self._overwriter.verified, len(self._overwriter.bad)
        for part in (_without_start(places), _start(places)):
            for number in range(1, self._report.passes + 1):
                self._overwriter.write(part, complemented=number < self._report.passes)
        is_right = self._overwriter.read_back(places)
        self._report.bytes = self._overwriter.written // self._report.passes
        if not is_right:
            bad = len(self._overwriter.bad) - bad_before
            self._report.left.append(Left(one.name, left_words(bad)))
            return
        self._free_clusters = self._changes.remove(one.item, self._free_clusters)
        self._report.verified_bytes += self._overwriter.verified - before
        self._report.files.append(one.name)


def _start(places: Sequence[Extent]) -> list[Extent]:
    return [(offset, min(length, PIECE_BYTES)) for offset, length in places[:1]]


def _without_start(places: Sequence[Extent]) -> list[Extent]:
    ends = [(offset + PIECE_BYTES, length - PIECE_BYTES) for offset, length in places[:1]]
    return [extent for extent in (*ends, *places[1:]) if extent[1] > 0]
