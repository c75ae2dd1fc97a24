"""Runs in MicroPython: the real console on standard input and output, with a few handlers made for the tests.

Arguments: the console key in hex, or `-` for an unprovisioned recorder. Ends at the end of its input.
"""

import gc
import os
import select
import sys

from recorder.console import Console
from recorder.errors import Refused

PROVISIONED_KEY = bytes(range(32))


class Port:
    """`read_byte` and `write` on standard input and output; remembers when the input ended."""

    def __init__(self):
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self.ended = False
        self.broken = False

    def read_byte(self):
        if not self._poll.poll(20):
            return -1
        data = sys.stdin.buffer.read(1)
        self.ended = not data
        return data[0] if data else -1

    def write(self, data):
        if self.broken:
            self.broken = False
            raise OSError(5)
        sys.stdout.buffer.write(data)


class Identity:
    def __init__(self, console_key):
        self.console_key = console_key


class Handlers:
    """Each method is a request; `calls` counts them, so that a test can see that nothing was done."""

    def __init__(self, port, identity):
        self.port = port
        self.identity = identity
        self.calls = 0
        self.console = None

    def table(self):
        return {name[3:]: getattr(self, name) for name in dir(self) if name.startswith("do_")}

    def do_count(self, request):
        return {"calls": self.calls, "faults": self.console.faults}

    def do_echo(self, request):
        self.calls += 1
        return {"request": request}

    def do_refuse(self, request):
        raise Refused("value", "rate must be 16000")

    def do_break(self, request):
        return {"never": {}["missing"]}

    def do_exhaust(self, request):
        return {"never": bytearray(1 << 40)}

    def do_long(self, request):
        return {"text": "x" * request["characters"]}

    def do_float(self, request):
        return {"half": [{"deep": 0.5}]}

    def do_numbered(self, request):
        return {"keys": {1: 2}}

    def do_mute(self, request):
        self.port.broken = True

    def do_heap(self, request):
        gc.collect()
        return {"allocated_bytes": gc.mem_alloc()}

    def do_provision(self, request):
        self.calls += 1
        if request.get("config") == {"rate": 1}:
            raise Refused("value", "rate must be 16000")
        self.identity.console_key = PROVISIONED_KEY
        return {}


def hello_fields():
    return {"firmware": "1.2.3", "build": "00" * 32, "board": "test", "recorder": None, "state": "ready"}


def main():
    port = Port()
    identity = Identity(None if sys.argv[1] == "-" else bytes.fromhex(sys.argv[1]))
    handlers = Handlers(port, identity)
    handlers.console = Console(port, identity, handlers.table(), hello_fields, lambda: os.urandom(16))
    while not port.ended:
        handlers.console.poll()


main()
