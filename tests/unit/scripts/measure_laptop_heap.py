"""What the laptop's line costs of the heap while nobody talks, and while somebody does. Prints JSON.

`resident` is what Laptop brings; `loaded` the bytes added by greeting it, in each of four conversations, and
`left` what was still there, compared with before it, after the release; `modules` what was loaded then.
Argument: the name that Laptop has in this build.
"""

import gc
import json
import sys

from crypto import hmac, words  # noqa: F401
from recorder import errors, overlay, version  # noqa: F401

HELLO = b'{"id": 0, "do": "hello", "nonce": "00112233445566778899aabbccddeeff"}\n'
OTHER = b'{"id": 1, "do": "provision"}\n'


def allocated():
    gc.collect()
    return gc.mem_alloc()


class Port:
    """Bytes to be read; what is written is counted."""

    data = b""
    at = written = 0

    def any(self):
        return self.at < len(self.data)

    def read_byte(self):
        if not self.any():
            return -1
        self.at += 1
        return self.data[self.at - 1]

    def write(self, data):
        self.written += 1


class Parts:
    """What `hello` and a refused `provision` look at."""

    board = build = ""
    recorder_id = None
    console_key = bytes(32)

    def __init__(self):
        self.identity = self.entropy = self.ticks = self

    def nonce(self):
        return bytes(16)

    def ticks_ms(self):
        return 0


class App:
    """The rest."""

    state = "ready"
    parts = Parts()


def talk(laptop, port):
    """One conversation; (bytes while it is loaded, bytes left after it)."""
    before = allocated()
    for line in (HELLO, OTHER):
        port.data, port.at = line, 0
        laptop.poll()
    port.data, port.at = b"", 0
    loaded = allocated() - before
    assert laptop.release()
    return loaded, allocated() - before


port = Port()
before = allocated()
import recorder.laptop  # noqa: E402 - measured

laptop = getattr(recorder.laptop, sys.argv[1])(port)
resident = allocated() - before
laptop.app = App()
found = [(0, 0)] * 4
for i in range(4):
    found[i] = talk(laptop, port)
report = {"resident": resident, "loaded": [pair[0] for pair in found], "left": [pair[1] for pair in found]}
report["modules"] = sorted([name for name in sys.modules if name.startswith("recorder.")])
report["written"], report["faults"] = port.written, laptop.faults
print(json.dumps(report))
