"""Runs in MicroPython: the real Laptop on standard input and output, with a few requests made for the tests.

Arguments: the console key in hex, or `-` for an unprovisioned recorder; `controlled` if lines that begin with
a zero byte are commands to this program and not for the recorder. Ends at the end of its input.
"""

import gc
import json
import os
import select
import sys

from recorder.laptop import Laptop

CONTROL = 0


class Port:
    """`any`, `read_byte` and `write` on standard input and output; remembers when the input ended."""

    def __init__(self, is_controlled):
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._is_controlled = is_controlled
        self._next = -1
        self.command = None
        self.ended = self.broken = False

    def any(self):
        if self._next < 0 and self.command is None and self._poll.poll(20):
            data = sys.stdin.buffer.read(1)
            self.ended = not data
            if data and data[0] == CONTROL and self._is_controlled:
                self.command = sys.stdin.buffer.readline().decode().strip()
            elif data:
                self._next = data[0]
        return self._next >= 0

    def read_byte(self):
        byte, self._next = (self._next if self.any() else -1), -1
        return byte

    def write(self, data):
        if self.broken:
            self.broken = False
            raise OSError(5)
        sys.stdout.buffer.write(data)


class Ticks:
    """A clock that goes on when the test says so."""

    now_ms = 0x3FFF0000  # soon it wraps, as on the board

    def ticks_ms(self):
        return self.now_ms & 0x3FFFFFFF

    def ticks_diff(self, end, start):
        return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000


class Identity:
    recorder_id = None

    def __init__(self, console_key):
        self.console_key = console_key


class Entropy:
    def nonce(self):
        return os.urandom(16)


class Stream:
    """Whose block the line may have while nobody records."""

    def __init__(self):
        self.block = bytearray(4096)


class Parts:
    board = "test"
    build = "00" * 32

    def __init__(self, laptop, console_key):
        self.laptop = laptop
        self.identity = Identity(console_key)
        self.ticks = Ticks()
        self.entropy = Entropy()
        self.stream = Stream()


class App:
    state = "ready"
    calls = 0

    def __init__(self, parts):
        self.parts = parts


hog = []
starved = []  # what was seen while the heap was taken


def release(app):
    return {"released": app.parts.laptop.release()}


def modules():
    return sorted([name for name in sys.modules if name.startswith("recorder.")])


def look(app):
    gc.collect()
    return {"modules": modules(), "allocated_bytes": gc.mem_alloc(), "starved": starved}


def wait(app, ms):
    app.parts.ticks.now_ms += int(ms)
    app.parts.laptop.poll()
    return look(app)


def become(app, state):
    """Be in that state from now on. Whoever comes to it works with the segment block."""
    app.state = state
    block = app.parts.stream.block
    for i in range(len(block)):
        block[i] = 0x55
    return {}


def block(app):
    return {"untouched": bytes(app.parts.stream.block) == b"\x55" * 4096}


def starve(app, left_bytes):
    """Take the heap but for so many bytes, until the console has missed it."""
    gc.collect()
    try:
        while gc.mem_free() > int(left_bytes):
            hog.append(bytearray(256))
    except MemoryError:
        gc.collect()  # what is left is in pieces
    return {}


def relieve(app):
    """Give back what starve() took."""
    hog.clear()
    gc.collect()
    return {}


def feed(laptop):
    """Give the heap back, and a little later some time passes."""
    starved.append(modules())
    for _ in range(5):
        laptop.poll()
    hog.clear()
    laptop.poll()
    starved.append(laptop.faults)
    laptop.app.parts.ticks.now_ms += 2000


COMMANDS = {
    "release": release,
    "look": look,
    "wait": wait,
    "become": become,
    "block": block,
    "starve": starve,
    "relieve": relieve,
}


def main():
    port = Port("controlled" in sys.argv)
    laptop = Laptop(port)
    app = laptop.app = App(
        Parts(laptop, None if sys.argv[1] == "-" else bytearray(bytes.fromhex(sys.argv[1])))
    )
    while not port.ended:
        laptop.poll()
        if hog and laptop.faults:
            feed(laptop)
        if port.command is not None:
            name, *arguments = port.command.split()
            port.command = None
            sys.stdout.buffer.write(json.dumps(COMMANDS[name](app, *arguments)).encode() + b"\n")


main()
