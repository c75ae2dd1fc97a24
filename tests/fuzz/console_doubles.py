"""What stands around the console on the recorder: a port, a clock, a store in memory; all of it harmless."""

import struct

from recorder import log_file
from recorder.errors import Refused
from recorder.log import ENTRY
from recorder.setting_rules import DEFAULTS

KEY = bytearray(range(32))
NONCE = b"\x5a" * 16


class Port:
    """Bytes that have arrived, and bytes that were sent."""

    def __init__(self):
        self.arrived = bytearray()
        self.sent = bytearray()

    def any(self):
        return bool(self.arrived)

    def read_byte(self):
        return self.arrived.pop(0) if self.arrived else -1

    def write(self, data):
        self.sent += data


class Store:
    """The recorder's own files, in memory."""

    def __init__(self):
        self.files = {}

    def read(self, name):
        return self.files.get(name)

    def read_part(self, name, first_byte, count_bytes):
        if name not in self.files:
            raise OSError(2)
        return self.files[name][first_byte : first_byte + count_bytes]

    def size(self, name):
        return len(self.files[name])

    def write(self, name, data):
        self.files[name] = bytes(data)


class Settings:
    damaged = False

    def __init__(self, store):
        self.store = store
        self.values = dict(DEFAULTS)

    def __getitem__(self, name):
        return self.values[name]


class Identity:
    recorder_id = None
    was_provisioned = False

    def __init__(self, console_key):
        self.console_key = console_key

    def provision(self, recorder_id, secret):
        assert (len(recorder_id), len(secret)) == (8, 32)
        self.recorder_id, self.console_key, self.was_provisioned = recorder_id, bytearray(KEY), True


class Everything:
    """Ticks, entropy, stream, clock, log and indicator at once: does what it is asked, and counts it."""

    def __init__(self):
        self.block = bytearray(4096)
        self.done = []

    def ticks_ms(self):
        return 0

    def ticks_diff(self, end, start):
        return end - start

    def nonce(self):
        return NONCE

    def provision(self, seed):
        self.done.append(("seed", seed))

    def set(self, time_ms):
        self.done.append(("time", time_ms))
        return 0

    def note(self, kind, value=0):
        self.done.append((kind, value))

    def dim(self, percent):
        assert 1 <= percent <= 100

    def flush(self):
        pass


class Parts:
    board = "test"
    build = "00" * 32

    def __init__(self, laptop, console_key):
        self.laptop = laptop
        self.identity = Identity(console_key)
        self.store = Store()
        log_file.append(self.store, 1, struct.pack(ENTRY, 1, 5, 1, 0) * 3)
        self.settings = Settings(self.store)
        self.ticks = self.entropy = self.stream = self.clock = self.log = self.indicator = Everything()


class App:
    """The recorder, in whatever state a test says."""

    state = "ready"
    must_expire = False

    def __init__(self, laptop, console_key):
        self.parts = Parts(laptop, console_key)

    def refuse_while_busy(self):
        if self.state == "recording":
            raise Refused("state", "not while the recorder is recording")

    def prepare_again(self):
        pass

    def changes(self):
        """Everything that a request could have changed."""
        settings = self.parts.settings
        return dict(settings.values), list(self.parts.ticks.done), dict(settings.store.files)
