"""Copies a folder's files onto a card image with the interpreter's own VfsFat.

copy_to_card.py IMAGE FOLDER
"""
# ruff: noqa: PTH123, PTH208, SIM115 (MicroPython has no pathlib)

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
for name in sorted(os.listdir(sys.argv[2])):
    with open(sys.argv[2] + "/" + name, "rb") as source, open("/sd/" + name, "wb") as copy:
        copy.write(source.read())
