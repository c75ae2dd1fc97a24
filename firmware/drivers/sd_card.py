"""The SD card: the port's driver wrapped so that no failure is silent, and its FAT32 file system.

machine.SDCard answers a failed read or write with False, which the file system of MicroPython 1.23
ignores; here it is an OSError. Before every operation that may stamp a file the chip's calendar is set
to one and the same instant, so that the stamps on the card tell nothing.
"""

import os

import machine
import vfs

from recorder.errors import CardMissing

_EIO = 5
_SECTOR_BYTES = 512
_FOLDER = 0x4000  # of the first field that os.stat() gives
_MOUNT = "/sd"
_PINNED = (2000, 1, 1, 5, 0, 0, 0, 0)  # year, month, day, weekday, hours, minutes, seconds, subseconds
_NUMBERS = ("slot", "width", "freq")  # of SDCard's arguments; the others are pins


def _arguments(wiring):
    """Return the board's card wiring as SDCard takes it."""
    return {name: value if name in _NUMBERS else machine.Pin(value) for name, value in wiring.items()}


class _CheckedCard:
    """A block device that raises instead of returning False, until it is let go of.

    From then on it takes everything and does nothing: a file that could not be closed is closed by the
    collector one day, and must not write into whatever card is there by then.
    """

    def __init__(self, card):
        self._card = card
        self.let_go = False

    def readblocks(self, block, buffer):
        if not self.let_go and self._card.readblocks(block, buffer) is False:
            raise OSError(_EIO)

    def writeblocks(self, block, buffer):
        if not self.let_go and self._card.writeblocks(block, buffer) is False:
            raise OSError(_EIO)

    def ioctl(self, operation, argument):
        return 0 if self.let_go else self._card.ioctl(operation, argument)


def _is_fat32(device):
    """True if the card or its first partition may be FAT32: FAT12 and FAT16 do not leave these bytes zero."""
    sector = bytearray(_SECTOR_BYTES)
    device.readblocks(0, sector)
    if sector[0] not in (0xEB, 0xE9):  # no boot sector: a partition table
        device.readblocks(int.from_bytes(sector[454:458], "little"), sector)
    return sector[0] in (0xEB, 0xE9) and not any(sector[17:19]) and not any(sector[22:24])


class Card:
    """The card's root folder. Names are plain file names; all methods but mount() raise OSError."""

    def __init__(self, pins):
        self._pins = pins
        self._calendar = machine.RTC()
        self._sd = None
        self._device = None

    def hold_memory(self):
        """Have the port's driver take its memory before the heap grows into it; no card is fine."""
        try:
            self.mount()
        except CardMissing:
            pass  # told when a container is prepared

    def raw(self):
        """Return the card as a block device, without a file system, until unmount(); raises OSError."""
        self.unmount()
        self._sd = machine.SDCard(**_arguments(self._pins.SD))
        self._device = _CheckedCard(self._sd)
        return self._device

    def mount(self):
        """Find the card and its file system; raises CardMissing."""
        self._pin()
        try:
            device = self.raw()
            if not _is_fat32(device):
                raise OSError(_EIO)
            vfs.mount(vfs.VfsFat(device), _MOUNT)  # type: ignore[arg-type]
        except OSError:
            self._release()
            raise CardMissing("no card, or none with a FAT32 file system")

    def look(self):
        """Read something of the card, to see that it is there; raises OSError."""
        if self._device is None:
            raise OSError(_EIO)
        self._device.readblocks(0, bytearray(_SECTOR_BYTES))

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
        return any(entry[0].upper() == name for entry in os.ilistdir(_MOUNT))

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
        return sum(1 for entry in os.ilistdir(_MOUNT) if len(entry[0]) == 12 and entry[0].endswith(".DAT"))

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
        """Close `file`; its size and stamp are written. A card that fails that is let go of.

        The file is closed in any case: one that stayed open would be closed by the collector, in a file
        system that is no longer there.
        """
        self._pin()
        try:
            file.close()
        except OSError:
            if self._device is not None:
                self._device.let_go = True
            file.close()  # now that nothing reaches the card, this cannot fail
            self.unmount()
            raise
