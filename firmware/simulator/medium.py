"""A card's memory: the image, and what is wrong with it.

Nothing is, unless the scenario says so. It may take no more writes; have less room than it says, and lose
what goes beyond or wrap around; keep other data than was written; hold back writes that were not flushed.
What it keeps wrongly is wrong in the image as well; what is beyond its room is not in the image.
"""

from simulator import chance, write_log
from simulator.unflushed import MOST_BYTES, Unflushed

SECTOR_BYTES = 512
_SEEK_SECTORS = 1 << 20  # half a gigabyte: the 32-bit port cannot seek by 2**31 bytes
_NOWHERE = -1
_ROTTEN_XOR = 0x24

_sector = bytearray(SECTOR_BYTES)


class Medium:
    """What is on one card."""

    def __init__(self, path, sectors):
        self._file = open(path, "r+b")
        self._at = 0  # sector at which the file stands
        self.sectors = sectors  # that it says it has
        self._room = sectors  # that it has
        self._wraps = False
        self._rot_every = self._rot_in = 0
        self._unflushed = None
        self.locked = False

    def close(self):
        """Another card is put in."""
        self._file.close()

    def shrink(self, sectors, wraps):
        """It has no more than that: what goes beyond is lost, or lands at the beginning."""
        self._room = min(sectors, self.sectors)
        self._wraps = wraps

    def rot(self, every):
        """From now on that many-th sector of those written is worn: it keeps other data."""
        self._rot_every = self._rot_in = every

    def hold_back(self, path, writes):
        """The last `writes` that were not flushed may be lost with the supply; 0: none is."""
        self._unflushed = Unflushed(path, writes) if writes else None

    def flush(self):
        """Everything is programmed."""
        if self._unflushed is not None:
            self._unflushed.flush()

    def lose_supply(self):
        """Of what was not flushed some is gone."""
        if self._unflushed is not None:
            self._unflushed.lose_some(chance.media, self)

    def read(self, sector, buffer):
        """Fill `buffer`, whole sectors."""
        if sector + len(buffer) // SECTOR_BYTES <= self._room:
            self._seek(sector)
            self._file.readinto(buffer)
            self._at += len(buffer) // SECTOR_BYTES
            return
        view = memoryview(buffer)
        for offset in range(0, len(buffer), SECTOR_BYTES):
            self.read_sector(self._place(sector), _sector)
            view[offset : offset + SECTOR_BYTES] = _sector
            sector += 1

    def read_sector(self, place, buffer):
        """Fill `buffer`, one sector; zeros from nowhere."""
        if place == _NOWHERE:
            for index in range(SECTOR_BYTES):
                buffer[index] = 0
            return
        self._seek(place)
        self._file.readinto(buffer)
        self._at += 1

    def write(self, sector, data):
        """Whole sectors."""
        if sector + len(data) // SECTOR_BYTES <= self._room:
            self._write(sector, data)
        else:
            self._scatter(sector, memoryview(data), self._write)

    def tear(self, sector, data):
        """Of `data` only the beginning is written: any number of bytes."""
        if self.locked:
            return
        view = memoryview(data)[: chance.media.up_to(len(data))]
        if sector + len(data) // SECTOR_BYTES <= self._room:
            self.put(sector, view)
        else:
            self._scatter(sector, view, self.put)

    def put(self, place, data):
        """Onto the image it goes, and into the log; the last sector may be a part of one."""
        self._seek(place)
        self._file.write(data)
        beyond = len(data) % SECTOR_BYTES
        if beyond:
            self._file.seek(-beyond, 1)
        self._at += len(data) // SECTOR_BYTES
        write_log.note(write_log.CARD_WRITE, place, data)

    def _seek(self, place):
        while self._at != place:
            step = max(-_SEEK_SECTORS, min(_SEEK_SECTORS, place - self._at))
            self._file.seek(step * SECTOR_BYTES, 1)
            self._at += step

    def _place(self, sector):
        if sector < self._room:
            return sector
        return sector % self._room if self._wraps else _NOWHERE

    def _scatter(self, sector, view, put):
        for offset in range(0, len(view), SECTOR_BYTES):
            place = self._place(sector)
            if place != _NOWHERE:
                put(place, view[offset : offset + SECTOR_BYTES])
            sector += 1

    def _write(self, place, data):
        if self._unflushed is not None and len(data) > MOST_BYTES:
            view = memoryview(data)
            self._write(place, view[:MOST_BYTES])
            self._write(place + MOST_BYTES // SECTOR_BYTES, view[MOST_BYTES:])
            return
        if self._unflushed is not None:
            self._unflushed.keep(place, data, self)
        self.put(place, data)
        if self._rot_every:
            self._spoil(place, len(data) // SECTOR_BYTES)

    def _spoil(self, place, sectors):
        while self._rot_in <= sectors:
            worn = place + self._rot_in - 1
            self.read_sector(worn, _sector)
            _sector[chance.media.below(SECTOR_BYTES)] ^= _ROTTEN_XOR
            self.put(worn, _sector)
            self._rot_in += self._rot_every
        self._rot_in -= sectors
