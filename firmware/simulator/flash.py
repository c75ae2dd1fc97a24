"""The recorder's internal flash as a block device over an image, for the real VfsLfs2, mounted at `/data`.

2 MiB in blocks of 4096 bytes, as the partition on the board. Erased flash is ones. Takes no virtual time.
When the supply goes during a write or an erasure, its first bytes have been done, however many.
"""

import vfs

from simulator import chance, power, write_log

BLOCK_BYTES = 4096
BLOCKS = 512
MOUNT_POINT = "/data"
_ERASED = b"\xff" * BLOCK_BYTES
_INIT, _DEINIT, _SYNC, _COUNT, _SIZE, _ERASE = 1, 2, 3, 4, 5, 6


class Flash:
    """The extended block device protocol of MicroPython."""

    def __init__(self, path):
        self._file = open(path, "r+b")

    def readblocks(self, block, buffer, offset=0):
        """Fill `buffer` from that block on."""
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        """Program bytes that were erased before."""
        self._write(block * BLOCK_BYTES + offset, buffer)

    def ioctl(self, operation, argument):
        """Geometry, and erasing a block."""
        if operation == _COUNT:
            return BLOCKS
        if operation == _SIZE:
            return BLOCK_BYTES
        if operation == _ERASE:
            self._write(argument * BLOCK_BYTES, _ERASED)
        return 0

    def _write(self, place, data):
        self._place = place
        self._data = data
        power.begin_write(self._tear)
        self._put(place, data)
        if data is _ERASED:
            write_log.note(write_log.FLASH_ERASE, place)
        else:
            write_log.note(write_log.FLASH_PROGRAM, place, data)
        power.end_write()

    def _tear(self):
        done = memoryview(self._data)[: chance.media.up_to(len(self._data))]
        self._put(self._place, done)
        write_log.note(write_log.FLASH_PROGRAM, self._place, done)

    def _put(self, place, data):
        self._file.seek(place)
        self._file.write(data)


def mount(path, blank):
    """Mount the image at `/data`; a blank one is formatted first, as the board does at its first start."""
    device = Flash(path)
    if blank:
        vfs.VfsLfs2.mkfs(device)
    vfs.mount(vfs.VfsLfs2(device), MOUNT_POINT)
