"""`machine.SDCard` on a card image: busy times, and failures that are returned and never raised.

A write takes a millisecond and 10 MB/s, and holds the interpreter; more when a stall or a trace of busy times
was asked for. What fails returns False, as in the port, unless the scenario wants an exception. A card that
was out needs `deinit` or a new object before it works again. When the supply goes during a write, or the
card does, the first bytes have been written, however many, and the rest has not.
"""

from simulator import clock, power, write_log
from simulator.habits import Habits
from simulator.medium import SECTOR_BYTES, Medium

_BYTES_PER_US = 10
_INIT, _DEINIT, _SYNC, _COUNT, _SIZE = 1, 2, 3, 4, 5

_medium = None  # of the card in the slot, also while it is out
_habits = None
_insertions = 0  # counts; the card is in the slot while `_present`
_present = False
_scratch = None  # path of a file for what a card holds back
_block = 0  # what is being written, for when the supply fails
_data = None


def insert(path, sectors, scratch):
    """Put the card with this image into the slot; at power-on. `scratch` is where a file may be made."""
    global _scratch
    _scratch = scratch
    power.on_cut(_lose_supply)
    _put_in(path, sectors)


def _put_in(path, sectors):
    global _medium, _habits, _insertions, _present
    _medium = Medium(path, sectors)
    _habits = Habits()
    _insertions += 1
    _present = True


def take_out():
    """The card is pulled, perhaps out of a write, which fails then."""
    global _present
    if _present:
        _lose_supply()
        power.tear()
        _present = False


def put_in(path=None, sectors=0):
    """The same card comes back, or another one with that image; it has yet to be initialised."""
    global _insertions, _present
    if path is not None:
        take_out()
        _medium.close()
        write_log.note(write_log.ANOTHER_CARD, 0, path.encode())
        _put_in(path, sectors)
    elif not _present:
        _present = True
        _insertions += 1


def lock():
    """From now on the card can only be read, as one that has worn out."""
    _medium.locked = True


def shrink(sectors, wraps):
    """It has less room than it says."""
    _medium.shrink(sectors, wraps)


def rot(every):
    """Some of its sectors are worn from now on."""
    _medium.rot(every)


def hold_back(writes):
    """It has a cache of so many writes from now on."""
    _medium.hold_back(_scratch, writes)


def follow(path):
    """Its writes are busy as in that trace from now on."""
    _habits.follow(path)


def stall(duration_ms):
    """The next write is busy for that long, on top."""
    _habits.stalls_ms.append(duration_ms)


def fail(writes):
    """So many writes from now on fail."""
    _habits.failing_writes = writes


def throw(writes):
    """So many writes from now on raise OSError."""
    _habits.raising_writes = writes


def fail_to_read(reads):
    """So many reads from now on fail."""
    _habits.failing_reads = reads


class SDCard:
    """The port's block device; the arguments that say where the card is are taken and mean nothing here."""

    def __init__(self, slot=1, **options):
        self._insertion = 0  # the one that this object has initialised

    def _ready(self):
        if self._insertion == 0 and _present:
            self._insertion = _insertions
        return _present and self._insertion == _insertions

    def info(self):
        """(bytes, bytes in a sector), or None without a card."""
        return (_medium.sectors * SECTOR_BYTES, SECTOR_BYTES) if self._ready() else None

    def deinit(self):
        """The next use initialises the card again."""
        self._insertion = 0

    def ioctl(self, operation, argument):
        """The block device protocol's; -1 for what fails or is not there."""
        if operation == _DEINIT:
            self._insertion = 0
            return 0
        if operation == _SYNC:
            if _present:
                _medium.flush()
                write_log.note(write_log.CARD_SYNC, 0)
            return 0
        if operation == _INIT:
            return 0 if self._ready() else -1
        if operation == _COUNT and self._ready():
            return _medium.sectors
        return SECTOR_BYTES if operation == _SIZE and self._ready() else -1

    def readblocks(self, block, buffer):
        """True if `buffer` was filled."""
        if not self._ready() or block + len(buffer) // SECTOR_BYTES > _medium.sectors or _habits.read_fails():
            return False
        _medium.read(block, buffer)
        return True

    def writeblocks(self, block, buffer):
        """True if `buffer` is on the card. Holds the interpreter while the card is busy."""
        global _block, _data
        if not self._ready() or block + len(buffer) // SECTOR_BYTES > _medium.sectors:
            return False
        _block, _data = block, buffer
        power.begin_write(_tear)
        clock.hold_us(_habits.busy_us() + len(buffer) // _BYTES_PER_US)
        power.end_write()
        if _habits.write_fails() or not self._ready() or _medium.locked:
            return False
        _medium.write(block, buffer)
        return True


def _tear():
    _medium.tear(_block, _data)


def _lose_supply():
    if _present:
        _medium.lose_supply()
