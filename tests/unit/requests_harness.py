"""Runs in MicroPython: the firmware's own requests, with a real store, keys, journal, settings and clock.

Arguments: the folder of the store, the state that the recorder is in; then whatever of `full`, `no-battery`.
The request `selftest`, which is not in the place of the firmware's own, tells what happened within.
"""

import select
import sys
import time

from recorder import overlay
from recorder.clock import Clock
from recorder.entropy import Entropy
from recorder.errors import Refused
from recorder.identity import Identity
from recorder.journal import Journal
from recorder.laptop import Laptop
from recorder.settings import Settings
from recorder.store import Store


class Port:
    """Standard input and output; remembers when the input ended."""

    def __init__(self):
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self.ended = False

    def any(self):
        return bool(self._poll.poll(20)) and not self.ended

    def read_byte(self):
        if not self.any():
            return -1
        data = sys.stdin.buffer.read(1)
        self.ended = not data
        return data[0] if data else -1

    def write(self, data):
        sys.stdout.buffer.write(data)


class FullStore(Store):
    """A store that has no room for another batch of keys."""

    def write(self, name, data):
        if name.startswith("keys-"):
            raise OSError(28)
        Store.write(self, name, data)


class Watched:
    """Log, battery, indicator and segment block at once: notes what it is told."""

    def __init__(self, mv):
        self.block = bytearray(4096)
        self.notes = []
        self.dimmed = []
        self._mv = mv

    def note(self, kind, value=0):
        self.notes.append(kind)

    def dim(self, percent):
        self.dimmed.append(percent)

    def millivolts(self):
        return self._mv


class Parts:
    board = "test"
    build = "ab" * 32
    ticks = time

    def __init__(self, laptop, folder, options):
        self.laptop = laptop
        self.store = store = (FullStore if "full" in options else Store)(folder)
        self.identity = Identity(store)
        self.settings = Settings(store)
        self.journal = Journal(store)
        if "prepared" in options:
            self.journal.prepare(1, 0, "R0000001.DAT")
        self.entropy = Entropy(store)
        self.clock = Clock()
        self.log = self.battery = self.indicator = self.stream = Watched(
            None if "no-battery" in options else 3900
        )


class Stock:
    present = True
    free_bytes = 1 << 33
    containers = 3


class App:
    faults = 1
    lost_samples = 0
    must_expire = False
    prepared = 0
    stock = Stock()

    def __init__(self, parts, state):
        self.parts = parts
        self.state = state

    def prepare_again(self):
        self.prepared += 1

    def refuse_while_busy(self):
        if self.state == "recording":
            raise Refused("state", "not while the recorder is recording")


class Within:
    """Stands in for the module of `selftest`."""

    def answer(self, request, app):
        names = [
            name
            for name in sys.modules
            if name.startswith(("recorder.requests.", "recorder.keys")) or name[:7] == "crypto."
        ]
        told = app.parts.log
        return {
            "notes": told.notes,
            "dimmed": told.dimmed,
            "prepared": app.prepared,
            "must_expire": app.must_expire,
            "modules": sorted(names),
            "settings": app.parts.settings.values,
            "free": app.stock.free_bytes,
        }


def with_within(fetch):
    return lambda name: Within() if name == "recorder.requests.selftest" else fetch(name)


def main():
    overlay.fetch = with_within(overlay.fetch)
    port = Port()
    laptop = Laptop(port)
    laptop.app = App(Parts(laptop, sys.argv[1], sys.argv[3:]), sys.argv[2])
    while not port.ended:
        laptop.poll()


main()
