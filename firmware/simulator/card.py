"""`machine.SDCard` on a card image: busy times, and failures that are returned and never raised.

A write takes a millisecond and 10 MB/s, and holds the interpreter; more when a stall was asked for. What
fails returns False, as in the port. A card that was out needs `deinit` or a new object before it works
again. When the supply goes during a write, some of its sectors have been written and the rest has not.
"""

from simulator import clock, power
from simulator import os as seeded

SECTOR_BYTES = 512
_COMMAND_US = 1000
_BYTES_PER_US = 10
_SEEK_SECTORS = 1 << 20  # half a gigabyte: the 32-bit port cannot seek by 2**31 bytes
_INIT, _DEINIT, _SYNC, _COUNT, _SIZE = 1, 2, 3, 4, 5

_slot = None  # what is in the slot, also while the card is out


class _Medium:
    """The image and what is wrong with it."""

    def __init__(self, path, sectors):
        self.file = open(path, "r+b")
        self.sectors = sectors
        self.at = 0
        self.insertions = 1  # counts; the card is in the slot while `present`
        self.present = True
        self.stalls_ms = []
        self.failing_writes = 0
        self.locked = False
        self.block = 0  # what is being written, for when the supply fails
        self.data = b""

    def seek(self, sector):
        while self.at != sector:
            step = max(-_SEEK_SECTORS, min(_SEEK_SECTORS, sector - self.at))
            self.file.seek(step * SECTOR_BYTES, 1)
            self.at += step


def insert(path, sectors):
    """Put the card with this image into the slot; at power-on."""
    global _slot
    _slot = _Medium(path, sectors)


def take_out():
    """The card is pulled."""
    _slot.present = False


def put_in(path=None, sectors=0):
    """The same card comes back, or another one with that image; it has yet to be initialised."""
    global _slot
    if path is not None:
        insertions = _slot.insertions
        _slot.file.close()
        _slot = _Medium(path, sectors)
        _slot.insertions = insertions + 1
    elif not _slot.present:
        _slot.present = True
        _slot.insertions += 1


def lock():
    """From now on the card can only be read, as one that has worn out."""
    _slot.locked = True


def stall(duration_ms):
    """The next write is busy for that long."""
    _slot.stalls_ms.append(duration_ms)


def fail(writes):
    """So many writes from now on fail."""
    _slot.failing_writes = writes


class SDCard:
    """The port's block device; the arguments that say where the card is are taken and mean nothing here."""

    def __init__(self, slot=1, **options):
        self._insertion = 0  # the one that this object has initialised

    def _ready(self):
        if self._insertion == 0 and _slot.present:
            self._insertion = _slot.insertions
        return _slot.present and self._insertion == _slot.insertions

    def info(self):
        """(bytes, bytes in a sector), or None without a card."""
        return (_slot.sectors * SECTOR_BYTES, SECTOR_BYTES) if self._ready() else None

    def deinit(self):
        """The next use initialises the card again."""
        self._insertion = 0

    def ioctl(self, operation, argument):
        """The block device protocol's; -1 for what fails or is not there."""
        if operation == _DEINIT:
            self._insertion = 0
            return 0
        if operation == _SYNC:
            return 0
        if operation == _INIT:
            return 0 if self._ready() else -1
        if operation == _COUNT and self._ready():
            return _slot.sectors
        return SECTOR_BYTES if operation == _SIZE and self._ready() else -1

    def readblocks(self, block, buffer):
        """True if `buffer` was filled."""
        sectors = len(buffer) // SECTOR_BYTES
        if not self._ready() or block + sectors > _slot.sectors:
            return False
        _slot.seek(block)
        _slot.file.readinto(buffer)
        _slot.at += sectors
        return True

    def writeblocks(self, block, buffer):
        """True if `buffer` is on the card. Holds the interpreter while the card is busy."""
        sectors = len(buffer) // SECTOR_BYTES
        if not self._ready() or block + sectors > _slot.sectors:
            return False
        _slot.block = block
        _slot.data = buffer
        power.begin_write(_tear)
        busy_us = _COMMAND_US + len(buffer) // _BYTES_PER_US
        if _slot.stalls_ms:
            busy_us += _slot.stalls_ms.pop(0) * 1000
        clock.hold_us(busy_us)
        power.end_write()
        if _slot.failing_writes:
            _slot.failing_writes -= 1
            return False
        if not self._ready() or _slot.locked:
            return False
        _write(block, buffer)
        return True


def _write(block, data):
    _slot.seek(block)
    _slot.file.write(data)
    _slot.at += len(data) // SECTOR_BYTES


def _tear():
    if _slot.locked:
        return
    sectors = seeded.urandom(1)[0] % (len(_slot.data) // SECTOR_BYTES + 1)
    _write(_slot.block, memoryview(_slot.data)[: sectors * SECTOR_BYTES])
