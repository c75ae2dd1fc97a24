"""The build id: SHA-256 over the installed firmware files, so that a laptop can tell what it talks to.

Over the files in the order of their paths: path, a zero byte, the file's SHA-256. What is hashed is
what stands in the firmware's folders, whether .py or .mpy.
"""

import hashlib
import os

_FOLDERS = ("boards", "crypto", "drivers", "recorder")
_FILES = ("boot.py", "main.py")
_FOLDER = 0x4000


def _walk(path, names):
    for name in os.listdir(path):
        inner = path + "/" + name
        if os.stat(inner)[0] & _FOLDER:
            _walk(inner, names)
        elif name.endswith(".py") or name.endswith(".mpy"):
            names.append(inner)


def _file_hash(path, block):
    hash = hashlib.sha256()
    view = memoryview(block)
    with open(path, "rb") as file:
        while True:
            count = file.readinto(block)
            if not count:
                return hash.digest()
            hash.update(view[:count])


def build_id(root):
    """Return the build id in hex of the firmware installed under the folder `root` ("" on the board)."""
    names = [root + "/" + name for name in _FILES]
    for folder in _FOLDERS:
        _walk(root + "/" + folder, names)
    whole = hashlib.sha256()
    block = bytearray(1024)
    for name in sorted(names):
        whole.update(name[len(root) + 1 :].encode() + b"\0" + _file_hash(name, block))
    return whole.digest().hex()
