"""A card image as a block device of MicroPython's own, mounted at /sd as its VfsFat has it."""
# ruff: noqa: PTH123, SIM115 (MicroPython has no pathlib)

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


def mount(path):
    """Mount the image at that path."""
    vfs.mount(vfs.VfsFat(Image(path)), "/sd")
