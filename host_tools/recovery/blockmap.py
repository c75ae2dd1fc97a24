"""Where the segments of one container lie: segment index to sector, small in memory.

A page of 1024 segments takes 4 KB, and next to nothing once it is full and lies in one piece.
"""

from array import array

import numpy as np

from host_tools.recovery.image import BLOCK_SECTORS

PAGE_SEGMENTS = 1024


class BlockMap:
    """Places by index. `count` is how many are known, `highest` the highest index of them, or −1."""

    def __init__(self) -> None:
        self.count = 0
        self.highest = -1
        self._pages: dict[int, array[int] | int] = {}  # sector + 1 each, 0 if unknown; or the first sector
        self._filled: dict[int, int] = {}

    def place(self, index: int) -> int | None:
        """The sector of a segment, or None."""
        number, inside = divmod(index, PAGE_SEGMENTS)
        page = self._pages.get(number)
        if page is None:
            return None
        if isinstance(page, int):
            return page + inside * BLOCK_SECTORS
        return page[inside] - 1 if page[inside] else None

    def free_run(self, index: int, most: int) -> int:
        """How many segments from `index` on, at most so many, have no known place."""
        free = 0
        while free < most:
            number, inside = divmod(index + free, PAGE_SEGMENTS)
            count = min(most - free, PAGE_SEGMENTS - inside)
            page = self._pages.get(number)
            if isinstance(page, int):
                return free
            if page is not None and any(known := page[inside : inside + count]):
                return free + next(place for place, value in enumerate(known) if value)
            free += count
        return free

    def put(self, index: int, sector: int, count: int = 1) -> None:
        """Note that so many segments from `index` on, none of them known, lie one behind the other."""
        self.count += count
        self.highest = max(self.highest, index + count - 1)
        while count:
            number, inside = divmod(index, PAGE_SEGMENTS)
            some = min(count, PAGE_SEGMENTS - inside)
            self._put_in_page(number, inside, sector, some)
            index, sector, count = index + some, sector + some * BLOCK_SECTORS, count - some

    def _put_in_page(self, number: int, inside: int, sector: int, count: int) -> None:
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = array("I", bytes(4 * PAGE_SEGMENTS))
        assert not isinstance(page, int) and not any(page[inside : inside + count])
        page[inside : inside + count] = array(
            "I", range(sector + 1, sector + 1 + count * BLOCK_SECTORS, BLOCK_SECTORS)
        )
        self._filled[number] = filled = self._filled.get(number, 0) + count
        if filled == PAGE_SEGMENTS and _in_one_piece(page):
            self._pages[number] = page[0] - 1

    def unknown(self, first: int, end: int) -> np.ndarray:
        """The indices from `first` to before `end` whose place is not known, ascending, int64[n]."""
        if first >= end:
            return np.empty(0, np.int64)
        pieces = [
            self._unknown_in(number) for number in range(first // PAGE_SEGMENTS, -(-end // PAGE_SEGMENTS))
        ]
        indices = np.concatenate(pieces)
        return indices[(indices >= first) & (indices < end)]

    def _unknown_in(self, number: int) -> np.ndarray:
        page = self._pages.get(number)
        if page is None:
            inside = np.arange(PAGE_SEGMENTS)
        elif isinstance(page, int):
            inside = np.empty(0, np.int64)
        else:
            inside = np.flatnonzero(np.frombuffer(page, np.uint32) == 0)
        return inside + number * PAGE_SEGMENTS


def _in_one_piece(page: "array[int]") -> bool:
    return bool(np.all(np.diff(np.frombuffer(page, np.uint32).astype(np.int64)) == BLOCK_SECTORS))
