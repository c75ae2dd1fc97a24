"""For scripts that MicroPython runs: a recorder's flash image, mounted at `/data` as on the board."""

import vfs


class Flash:
    """The block device that the recorder's own file system lies on."""

    def __init__(self, path):
        self.file = open(path, "r+b")  # noqa: SIM115, PTH123 - lasts as long as the program; there is no pathlib

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


def mount(path):
    """Mount the image at `path`."""
    vfs.mount(vfs.VfsLfs2(Flash(path)), "/data")
