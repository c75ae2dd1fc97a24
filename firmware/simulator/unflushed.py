"""What a card with a cache holds back: its last writes, any of which may be missing when the supply goes.

At most so many; the oldest is programmed for one that is new, and all are when the card is told to. They are
kept in a file of the host's, each with what was in its place before: nothing of it is on the heap.
"""

SECTOR_BYTES = 512
MOST_BYTES = 32 * 1024  # of a write: a longer one counts as several
_HEAD_BYTES = 8  # sector and length, four bytes each
_SLOT_BYTES = _HEAD_BYTES + 2 * MOST_BYTES
_OLD, _NEW = _HEAD_BYTES, _HEAD_BYTES + MOST_BYTES

_head = bytearray(_HEAD_BYTES)
_chunk = bytearray(SECTOR_BYTES)


def _put_number(at, number):
    for index in range(4):
        _head[at + index] = number >> 8 * index & 0xFF


def _number(at):
    return _head[at] | _head[at + 1] << 8 | _head[at + 2] << 16 | _head[at + 3] << 24


class Unflushed:
    """The last `most` writes; the file at `path` is for this only."""

    def __init__(self, path, most):
        self._file = open(path, "w+b")
        self._most = most
        self._first = self._count = 0

    def keep(self, sector, data, medium):
        """`data` is about to be put there; it is at most MOST_BYTES."""
        if self._count == self._most:
            self._first = (self._first + 1) % self._most
            self._count -= 1
        place = self._place(self._count)
        self._count += 1
        _put_number(0, sector)
        _put_number(4, len(data))
        self._file.seek(place)
        self._file.write(_head)
        for offset in range(0, len(data), SECTOR_BYTES):
            medium.read_sector(sector + offset // SECTOR_BYTES, _chunk)
            self._file.write(_chunk)
        self._file.seek(place + _NEW)
        self._file.write(data)

    def flush(self):
        """All of them are programmed."""
        self._count = 0

    def lose_some(self, dice, medium):
        """The supply is gone: of these writes, about every second one has never happened."""
        for index in range(self._count - 1, -1, -1):
            self._put_back(index, _OLD, medium)
        for index in range(self._count):
            if dice.below(2):
                self._put_back(index, _NEW, medium)
        self._count = 0

    def _place(self, index):
        return (self._first + index) % self._most * _SLOT_BYTES

    def _put_back(self, index, part, medium):
        place = self._place(index)
        self._file.seek(place)
        self._file.readinto(_head)
        sector = _number(0)
        self._file.seek(place + part)
        for offset in range(_number(4) // SECTOR_BYTES):
            self._file.readinto(_chunk)
            medium.put(sector + offset, _chunk)
