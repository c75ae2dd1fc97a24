"""Run by MicroPython: `flash_check.py FIRMWARE IMAGE` prints which of the recorder's own files are torn."""

import sys

import vfs

FIRMWARE, IMAGE = sys.argv[1:]
sys.path.insert(0, FIRMWARE)


class Flash:
    def __init__(self):
        self.file = open(IMAGE, "r+b")  # noqa: SIM115, PTH123 - lasts as long as the program; there is no pathlib

    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.write(buffer)

    def ioctl(self, operation, argument):
        if operation == 6:
            self.writeblocks(argument, b"\xff" * 4096)
        return {4: 512, 5: 4096}.get(operation, 0)


vfs.mount(vfs.VfsLfs2(Flash()), "/data")

from recorder.errors import StoreDamaged  # noqa: E402
from recorder.store import Store  # noqa: E402

store = Store()
for name in store.names():
    try:
        store.read(name)
    except StoreDamaged:
        print(name)
