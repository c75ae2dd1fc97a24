"""The SD card: the port's driver wrapped so that no failure is silent, and its FAT32 file system.

machine.SDCard answers a failed read or write with False, which the file system of MicroPython 1.23
ignores; here it is repeated, and an OSError if that does not help. Each write is flushed before the next:
what is written earlier, by the file system, too, is on the card earlier. Before every operation that may
stamp a file the chip's calendar is set to one and the same instant, so that stamps tell nothing.
"""

import os

import machine
import vfs

from crypto.words import copy_bytes
from recorder.errors import CardFault, CardMissing, CloisterFault

_ENOENT = 2
_EIO = 5
_ENODEV = 19
_INIT = 1  # of the block device protocol's ioctl
_SYNC = 3
_TRIES = 3
_SECTOR_BYTES = 512
_FOLDER = 0x4000  # of the first field that os.stat() gives
_MOUNT = "/sd"
_PINNED = (2000, 1, 1, 5, 0, 0, 0, 0)  # year, month, day, weekday, hours, minutes, seconds, subseconds
_NUMBERS = ("slot", "width", "freq")  # of SDCard's arguments; the others are pins


def _arguments(wiring):
    """Return the board's card wiring as SDCard takes it."""
    return {name: value if name in _NUMBERS else machine.Pin(value) for name, value in wiring.items()}


def _no_watchdog():
    pass


class _CheckedCard:
    """A block device that tries again what failed and then raises, until it is let go of.

    From then on it takes everything and does nothing: a file that could not be closed is closed by the
    collector one day, and must not write into whatever card is there by then. Allocates nothing but what it
    raises. card: the port's. sector: 512 bytes to work in. feed: called before anything is tried again.
    """

    def __init__(self, card, sector, feed):
        self._card = card
        self._sector = sector
        self._feed = feed
        self.let_go = False

    def readblocks(self, block, buffer):
        # A read that fails may leave anything behind. One sector may be the file system's window on the
        # card, which it would go on with as if nothing had happened.
        single = len(buffer) == _SECTOR_BYTES
        self._move(False, block, self._sector if single else buffer)
        if single:
            copy_bytes(buffer, 0, self._sector, _SECTOR_BYTES)

    def writeblocks(self, block, buffer):
        self._move(True, block, buffer)

    def _move(self, out, block, buffer):
        card = self._card
        for _ in range(_TRIES):
            if self.let_go:
                return
            try:
                if out:
                    if card.writeblocks(block, buffer) is True and not card.ioctl(_SYNC, 0):
                        return
                elif card.readblocks(block, buffer) is True:
                    return
            except OSError:
                pass  # as good as False
            self._feed()
        raise OSError(_EIO)

    def ioctl(self, operation, argument):
        if self.let_go or operation == _SYNC:  # every write has been flushed
            return 0
        return self._card.ioctl(operation, argument)


def _is_fat32(device, sector):
    """True if the card or its first partition may be FAT32: FAT12 and FAT16 do not leave these bytes zero."""
    device.readblocks(0, sector)
    if sector[0] not in (0xEB, 0xE9):  # no boot sector: a partition table
        device.readblocks(int.from_bytes(sector[454:458], "little"), sector)
    # A table that is not mirrored is not FatFs's kind, either.
    return (
        sector[0] in (0xEB, 0xE9) and not any(sector[17:19]) and not any(sector[22:24]) and sector[40] < 128
    )


class Card:
    """The card's root folder. Names are plain file names; all methods but mount() raise OSError.

    `feed`: called while a card that fails is tried again, which may take seconds.
    """

    def __init__(self, pins):
        self._pins = pins
        self._calendar = machine.RTC()
        self._sector = bytearray(_SECTOR_BYTES)
        self._sd = None
        self._device = None
        self.feed = _no_watchdog

    def hold_memory(self):
        """Have the port's driver take its memory before the heap grows into it; no card is fine."""
        try:
            self.mount()
        except CloisterFault:
            pass  # told when a container is prepared

    def raw(self):
        """Return the card as a block device, without a file system, until unmount(); raises OSError."""
        self.unmount()
        self._sd = machine.SDCard(**_arguments(self._pins.SD))
        if self._sd.ioctl(_INIT, 0):  # some ports' transfers tell nothing when this has failed
            self._release()
            raise OSError(_ENODEV)
        self._device = _CheckedCard(self._sd, self._sector, self.feed)
        return self._device

    def mount(self):
        """Find the card and its file system; raises CardMissing, CardFault for one that cannot be read."""
        self._pin()
        try:
            device = self.raw()
            if not _is_fat32(device, self._sector):
                raise OSError(_ENODEV)
            vfs.mount(vfs.VfsFat(device), _MOUNT)  # type: ignore[arg-type]
        except OSError as failure:
            is_there = self._sd is not None and self._sd.ioctl(_INIT, 0) == 0
            self._release()
            if is_there and failure.args[0] == _EIO:
                raise CardFault("the card cannot be read")
            raise CardMissing("no card, or none with a FAT32 file system")

    def look(self):
        """Read something of the card, to see that it is there; raises OSError."""
        if self._device is None:
            raise OSError(_EIO)
        self._device.readblocks(0, self._sector)

    @property
    def mounted(self):
        """True while there is a card in use."""
        return self._device is not None

    def unmount(self):
        """Let go of the card, whether it is still there or not."""
        if self._device is not None:
            try:
                vfs.umount(_MOUNT)
            except OSError:
                pass  # it was never mounted: the driver still has to be released
            self._release()

    def _release(self):
        if self._device is not None:
            self._device.let_go = True
            self._device = None
        if self._sd is not None:
            self._sd.deinit()
            self._sd = None

    def _pin(self):
        self._calendar.datetime(_PINNED)

    def path(self, name):
        """Return where `os` finds what has that name in the root folder."""
        return _MOUNT + "/" + name

    def exists(self, name):
        """True if the root folder has an entry of that name."""
        # Not by listing the folder: there may be names in it that the interpreter takes for no text.
        if self._device is None:
            raise OSError(_EIO)
        try:
            os.stat(self.path(name))
        except OSError as failure:
            if failure.args[0] != _ENOENT:
                raise
            return False
        return True

    def is_folder(self, name):
        """True if the entry of that name is a folder."""
        return bool(os.stat(self.path(name))[0] & _FOLDER)

    def size(self, name):
        """Return the file's size in bytes."""
        return os.stat(self.path(name))[6]

    def free_bytes(self):
        """Return the room left on the card."""
        status = os.statvfs(_MOUNT)
        return status[0] * status[3]

    def containers(self):
        """Return how many files on the card are named like containers."""
        count = 0
        entries = os.ilistdir(_MOUNT)
        while True:
            try:
                name = next(entries)[0]  # type: ignore[call-overload]
            except StopIteration:
                return count
            except UnicodeError:
                continue  # a name with an umlaut, say: none of ours
            count += len(name) == 12 and name.endswith(".DAT")

    def remove(self, name):
        """Remove a file of the root folder."""
        self._pin()
        os.remove(self.path(name))

    def open(self, name, mode):
        """Open a file of the root folder."""
        self._pin()
        return open(self.path(name), mode)

    def flush(self, file):
        """Write what the file system still holds of `file`."""
        self._pin()
        file.flush()

    def close(self, file):
        """Close `file`; its size and stamp are written. A card that fails that repeatedly is let go of.

        The file is closed in any case: one that stayed open would be closed by the collector, in a file
        system that is no longer there.
        """
        for _ in range(_TRIES):
            self._pin()
            try:
                file.close()
                return
            except OSError:
                continue
        if self._device is not None:
            self._device.let_go = True
        file.close()  # now that nothing reaches the card, this cannot fail
        self.unmount()
        raise OSError(_EIO)
