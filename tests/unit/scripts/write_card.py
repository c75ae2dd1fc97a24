"""Writes files of many sizes onto a card image, in turn, so that their clusters are interleaved.

    write_card.py IMAGE

Things to pass over are among them: a folder, long names, a file that was removed.
"""
# ruff: noqa: PTH123, PTH107, PTH102, SIM115, UP031 (MicroPython has no pathlib)

import os
import sys

import vfs


class Image:
    def __init__(self, path):
        self.file = open(path, "r+b")

    def readblocks(self, block, buffer):
        self.file.seek(block * 512)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer):
        self.file.seek(block * 512)
        self.file.write(buffer)

    def ioctl(self, operation, argument):
        return {4: self.file.seek(0, 2) // 512, 5: 512}.get(operation, 0)


vfs.mount(vfs.VfsFat(Image(sys.argv[1])), "/sd")
names = ["A.DAT", "B", "LONG~1X.BIN", "R0000001.DAT"]
files = [open("/sd/" + name, "wb") for name in names]
for turn in range(40):
    for number, file in enumerate(files):
        file.write(bytes([turn * 4 + number]) * (700 * number + 1))
for file in files:
    file.close()
os.mkdir("/sd/FOLDER")
for number in range(120):
    open("/sd/a long name to pass over %d.txt" % number, "wb").close()
for name, data in (("GONE", b"gone"), ("LAST", b"last")):
    with open("/sd/" + name, "wb") as file:
        file.write(data)
os.remove("/sd/GONE")
