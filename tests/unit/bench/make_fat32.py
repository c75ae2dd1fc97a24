"""Makes a file system with the firmware's formatter, on an image or on a card that is only described.

make_fat32.py image PATH          formats it, mounts it and leaves a file in it
make_fat32.py describe SECTORS    prints what was written: `zeros FIRST END`, or `data SECTOR HEX`
make_fat32.py refuse SECTORS
"""

import sys

import machine
import vfs

from recorder import fat32

ZEROS = bytes(512)
ticks = 0


def tick():
    global ticks
    ticks += 1


class Described:
    """A card that tells what is written to it; zeros are put together."""

    def __init__(self, sectors):
        self.sectors = sectors
        self.first = self.end = 0

    def ioctl(self, operation, argument):
        return self.sectors if operation == 4 else 512

    def writeblocks(self, sector, view):
        assert sector >= 0 and sector + len(view) // 512 <= self.sectors and len(view) % 512 == 0
        for at in range(0, len(view), 512):
            part = bytes(view[at : at + 512])
            if part != ZEROS:
                print("data", sector, part.hex())
            elif sector == self.end:
                self.end += 1
            else:
                self.tell()
                self.first, self.end = sector, sector + 1
            sector += 1

    def tell(self):
        if self.end > self.first:
            print("zeros", self.first, self.end)


def main(what, where):
    block = bytearray(b"\x55" * 4096)
    if what == "image":
        machine.SDCard.path = where
        card = machine.SDCard()
        fat32.make(card, block, tick)
        assert ticks > 10 and not any(block)
        vfs.mount(vfs.VfsFat(card), "/sd")
        with open("/sd/HELLO.TXT", "wb") as file:
            file.write(b"hello" * 9000)
        vfs.umount("/sd")
    elif what == "describe":
        card = Described(int(where))
        fat32.make(card, block, tick)
        card.tell()
    else:
        try:
            fat32.make(Described(int(where)), block, tick)
        except OSError:
            print("refused")


main(*sys.argv[1:])
