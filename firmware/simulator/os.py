"""`os` as the ESP32 port has it: the mounted file systems, and random bytes that a seed determines.

Nothing of the laptop's own `os` (environment, shell) can be reached through it. The random bytes are
SHA-256 over seed and counter: repeatable for tests, and no generator for real keys.
"""

import hashlib

from uos import (  # noqa: F401
    VfsFat,
    VfsLfs2,
    chdir,
    getcwd,
    ilistdir,
    listdir,
    mkdir,
    mount,
    remove,
    rename,
    rmdir,
    stat,
    statvfs,
    umount,
    unlink,
)

sep = "/"
_seed = b""
_counter = 0


def seed_random(seed):
    """Start the generator; `seed` is bytes."""
    global _seed, _counter
    _seed = seed
    _counter = 0


def urandom(length):
    """`length` bytes of the seeded generator."""
    global _counter
    made = b""
    while len(made) < length:
        made += hashlib.sha256(_seed + _counter.to_bytes(8, "big")).digest()
        _counter += 1
    return made[:length]


def sync():
    """Everything is written at once here; nothing waits."""


def uname():
    """(sysname, nodename, release, version, machine)."""
    return ("esp32", "esp32", "1.25.0", "simulated", "simulated board")
