"""The recorder's own files on the internal file system: small, checked, replaced all or nothing.

A file is written whole under a temporary name and then renamed over the old one; LittleFS does the
rename in one step, so a power cut leaves the old content or the new, never a mixture. Each file ends
with the start of its SHA-256, so that flash gone bad is noticed and not obeyed.
"""

import errno
import hashlib
import os

from micropython import const
from recorder.errors import StoreDamaged

CHECK_BYTES = const(8)
_PIECE_BYTES = const(64)  # read at a time: a file of keys is 4 KB, and the heap is small
NEW = ".new"


def _check(data):
    return hashlib.sha256(data).digest()[:CHECK_BYTES]


def _is_whole(file, size):
    """True if the first `size` bytes of an open file have the check that follows them."""
    sum = hashlib.sha256()
    while size > 0:
        piece = file.read(min(size, _PIECE_BYTES))
        if not piece:
            return False
        sum.update(piece)
        size -= len(piece)
    return size == 0 and sum.digest()[:CHECK_BYTES] == file.read(CHECK_BYTES)


class Store:
    """Named byte strings in one folder of the internal flash."""

    def __init__(self, root="/data"):
        """Open the folder `root`, made if it is missing; leftovers of an unfinished write go."""
        self._root = root
        try:
            os.mkdir(root)
        except OSError:
            os.listdir(root)  # it is there already; anything else raises here
        for name in [entry[0] for entry in os.ilistdir(root) if entry[0].endswith(NEW)]:
            os.remove(self.path(name))

    def path(self, name):
        """Return where `os` finds the file that holds `name`."""
        return self._root + "/" + name

    def has(self, name):
        """True if something is stored under `name`."""
        try:
            os.stat(self.path(name))
        except OSError as failure:
            if failure.args[0] != errno.ENOENT:
                raise
            return False
        return True

    def each(self):
        """Yield the names of all stored files; while it is under way none may be written or removed.

        One at a time: the names of many batches of keys are more than the heap has to spare.
        """
        for entry in os.ilistdir(self._root):
            if not entry[0].endswith(NEW):  # what a failed write has left is nothing that is stored
                yield entry[0]

    def size(self, name):
        """Return how many bytes are stored under `name`."""
        return os.stat(self.path(name))[6] - CHECK_BYTES

    def read(self, name):
        """Return the bytes stored under `name`, or None; raise StoreDamaged if they fail their check."""
        if not self.has(name):
            return None
        return self.read_part(name, 0, self.size(name))

    def read_part(self, name, first_byte, count_bytes):
        """Return part of what is stored, once all of it was checked. Raises StoreDamaged."""
        with self._checked(name) as file:
            file.seek(first_byte)
            return file.read(count_bytes)

    def read_into(self, name, first_byte, buffer):
        """Fill `buffer` with part of what is stored, in the same way: nothing is allocated for it."""
        with self._checked(name) as file:
            file.seek(first_byte)
            file.readinto(buffer)

    def _checked(self, name):
        file = open(self.path(name), "rb")
        if _is_whole(file, self.size(name)):
            return file
        file.close()
        raise StoreDamaged("the recorder's own file %s fails its check" % name)

    def write(self, name, data):
        """Store `data` under `name`, all or nothing across a power cut."""
        new = self.path(name + NEW)
        with open(new, "wb") as file:
            file.write(data)
            file.write(_check(data))
        os.rename(new, self.path(name))

    def rename(self, name, other):
        """Store under another name what is stored under `name`."""
        os.rename(self.path(name), self.path(other))

    def remove(self, name):
        """Remove `name`; one that is not there is fine."""
        if self.has(name):
            os.remove(self.path(name))
