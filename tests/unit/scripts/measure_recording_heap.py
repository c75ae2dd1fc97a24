"""Records for 1000 segments from a microphone that is always ready, and counts what the heap gives away.

Prints JSON: `most`, the bytes that the costliest step of sound allocated with the collector off; `lasting`,
what was more in use after 1000 segments than before, collected; `segments`, how many were written.
"""

import gc
import json
import time

from crypto.stream import StreamWriter
from recorder.capture import Capture
from recorder.recording import Recording
from recorder.segments import Segments

SEGMENTS = 1000
SETTINGS = {
    "rate": 16000,
    "channels": 1,
    "gain_db": 6,
    "max_minutes": 0,
    "parties": 2,
    "retention_days": 0,
}


class Microphone:
    """Fills whatever it is given when the test says so."""

    def start(self, rate_hz, channels, on_full):
        self.on_full = on_full
        self.asked = 0

    def read_into(self, buffer):
        self.asked += 1
        if self.asked <= 3:  # the same three come back again and again
            for i in range(0, len(buffer), 2):  # quiet: clips would be told, and cost an event
                buffer[i] = i * 7 & 0xFF

    def power(self, on):
        pass

    def stop(self):
        pass


class Container:
    """A card that takes everything and keeps nothing."""

    number, name, suite, key = 1, "R0000001.DAT", 1, "00"
    seal_hex = ""
    file_key = bytearray(32)
    header_hash = bytes(32)
    segments_left = 1 << 20
    written = 0

    def write(self, block):
        self.written += 1

    def drop_key(self):
        pass


class Ticks:
    """A clock that moves as fast as the microphone delivers."""

    now_us = 0
    ticks_diff = staticmethod(time.ticks_diff)

    def ticks_us(self):
        return self.now_us & 0x3FFFFFFF


class Parts:
    """The rest of a recorder, as far as a recording asks for it; the stock of containers, too."""

    settings = SETTINGS
    skip_frames = 4096
    source = "none"

    def __init__(self, capture, container):
        self.capture = capture
        self.segments = Segments(StreamWriter())
        self.clock = self.journal = self.entropy = self
        self.container = container

    def now_ms(self):
        return None

    def use(self, seal_hex):
        return None

    def draw(self, size):
        return bytearray(size)

    def take(self):
        return self.container


ticks, microphone, container = Ticks(), Microphone(), Container()
capture = Capture(microphone, 16384, 8192, ticks)
parts = Parts(capture, container)
recording = Recording(parts, parts, lambda n: None)
recording.start()


def deliver():
    """One more buffer is full, just in time."""
    ticks.now_us += capture.frames * 1_000_000 // 16000
    microphone.on_full(None)


def record(segments):
    """Step until so many more segments are written; the most that one step allocated."""
    most = 0
    end = container.written + segments
    while container.written < end:
        if capture.full() is None:
            deliver()
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        recording.step()
        most = max(most, gc.mem_alloc() - before)
        gc.enable()
    return most


def lasting_after(segments):
    """What is more in use after so many segments."""
    gc.collect()
    before = gc.mem_alloc()
    most = record(segments)
    gc.collect()
    return most, gc.mem_alloc() - before


record(100)
most, lasting = lasting_after(SEGMENTS)
print(json.dumps({"most": most, "lasting": lasting, "segments": container.written}))
