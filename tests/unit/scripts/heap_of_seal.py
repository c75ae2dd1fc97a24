"""Seals a file key in suite 2 as the recorder does, with the compiled firmware; for tools/bench/heap.py.

    heap_of_seal.py SETUP

SETUP is a file of JSON: `names` (what the build made of module.name), `folder` for the recorder's own
files, and `free_bytes`, how much of the heap is left to it, or null for all there is. Prints the bytes of
garbage.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import gc
import json
import sys


class Collector:
    """Stands in for `gc` in the firmware: its collections wait while garbage is counted."""

    waits = False

    def collect(self):
        if not self.waits:
            gc.collect()


collector = sys.modules["gc"] = Collector()

RESIDENT = (
    "crypto.words", "crypto.keccak", "crypto.mlkem_words", "crypto.field25519", "crypto.hmac",
    "crypto.hkdf", "crypto.suites", "crypto.stream", "recorder.errors", "recorder.format",
    "recorder.overlay", "recorder.store", "recorder.container", "micropython", "binascii", "hashlib", "os",
)  # fmt: skip
OVERLAYS = ("recorder.encapsulate", "recorder.header", "recorder.prepare")
SEALING = ("crypto.ghash", "crypto.gcm", "crypto.hpke")
KEY = bytes(1152) + bytes(range(32)) + b"\x09" + bytes(31) + bytes(32)


class Parts:
    """What encapsulate.py asks for of a recorder."""

    prepared = {"suite": 2, "index": 0}

    def __init__(self, store):
        self.store = store
        self.journal = self.entropy = self

    def draw(self, size):
        """No randomness, for the same figures each time."""
        return bytearray(size)


def main(names: dict, folder: str, free_bytes):
    """Do it once for the names that the interpreter has to learn, then as it is measured."""

    def found(module, name):
        __import__(module)
        return getattr(sys.modules[module], names.get(module + "." + name, name))

    for module in RESIDENT:
        __import__(module)
    forget = found("recorder.overlay", "forget")
    store = found("recorder.store", "Store")(folder)
    store.write("key", KEY)
    parts = Parts(store)

    def seal():
        scratch = bytearray(1792)
        secrets = []
        for _ in found("recorder.encapsulate", "steps")(parts, [(b"", "key", 0)], secrets, scratch):
            pass
        forget("recorder.encapsulate")
        for module in OVERLAYS[1:] + SEALING:
            __import__(module)
        found("crypto.hpke", "seal")(2, secrets[0], b"a header's bytes", bytes(32))
        forget(*OVERLAYS, *SEALING)

    seal()
    gc.collect()
    ballast = []
    if free_bytes is None:
        collector.waits = True
        gc.disable()
    else:
        leave(free_bytes, ballast)
    before = gc.mem_alloc()
    seal()
    print(gc.mem_alloc() - before, len(ballast))


def leave(free_bytes, ballast):
    """Take all of the heap but so much, which stays in one piece."""
    kept = bytearray(free_bytes)
    size = 1 << 20
    while size >= 16:
        try:
            ballast.append(bytearray(size))
        except MemoryError:
            size //= 2
    del kept
    gc.collect()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        setup = json.load(file)
    main(setup["names"], setup["folder"], setup["free_bytes"])
