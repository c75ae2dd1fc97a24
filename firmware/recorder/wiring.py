"""Builds the recorder out of its parts. Nothing made here may hold on to this module: it is let go.

The order of the first lines is deliberate: native code and the audio buffers share one pool of memory
with everything that is imported later, and need theirs in one piece.
"""

import gc
import time

# isort: off
# Native code first; then what others rest on before what rests on it, for an import inside an import inside
# an import needs more stack than the board has.
from crypto import words, keccak, mlkem_words, field25519  # noqa: F401
from recorder import levels  # noqa: F401
from recorder import errors, format, overlay  # noqa: F401
from crypto import hmac, hkdf, stream  # noqa: F401
from recorder import container, segments, states  # noqa: F401
from recorder.capture import Capture
import boards
from drivers.microphone import Microphone
from drivers.sd_card import Card
# isort: on


class Parts:
    """What the recorder consists of, by name."""

    def __init__(self, pins):
        self.ticks = time
        self.microphone = Microphone(pins)
        self.microphone.hold_memory()
        self.card = Card(pins)
        self.card.hold_memory()
        self.capture = Capture(self.microphone, pins.AUDIO_BUFFER_BYTES, pins.DMA_BYTES, time)
        self.stream = stream.StreamWriter()
        self.skip_frames = pins.MIC_STARTUP_FRAMES
        self.board = boards.NAME


class _Broken:
    """What runs in place of App when the recorder's own files are damaged: it shows the fault."""

    must_restart = False

    def __init__(self, parts, code):
        self._parts = parts
        parts.lights.show("fault", time.ticks_ms(), code)

    def step(self):
        self._parts.feed()
        self._parts.lights.poll(time.ticks_ms())
        return False


def _room(parts, pins):
    """What the people in the room see and touch."""
    from drivers.battery import Battery
    from drivers.buttons import Buttons
    from drivers.indicator import Indicator
    from drivers.watchdog import Watchdog
    from recorder.lights import Lights

    parts.feed = parts.card.feed = Watchdog().feed
    parts.battery = Battery(pins)
    parts.buttons = Buttons(pins)
    parts.indicator = Indicator(pins, parts.microphone.power)
    parts.lights = Lights(parts.indicator, time)


def _storage(parts, pins):
    """What is kept in the flash; True if a former owner's traces there are still to be overwritten."""
    from drivers.ds3231 import ClockChip
    from recorder.clock import Clock
    from recorder.entropy import Entropy
    from recorder.identity import Identity
    from recorder.journal import Journal
    from recorder.log import Log
    from recorder.settings import Settings
    from recorder.store import Store

    parts.clock = Clock(ClockChip(pins))
    parts.store = store = Store()
    must_scrub = overlay.fetch("recorder.scrub").is_due(store)
    parts.identity = Identity(store)
    parts.settings = Settings(store)
    parts.indicator.dim(parts.settings["indicator"])
    parts.journal = Journal(store)
    parts.entropy = Entropy(store, (parts.battery.noise,))
    parts.log = Log(store, parts.clock)
    _close_interrupted(parts)
    return must_scrub


def _close_interrupted(parts):
    """Note a recording that was under way when the recorder stopped: it has no END."""
    number = parts.journal.open
    if number is not None:
        parts.log.note("interrupted", number)
        parts.log.flush()
        parts.journal.close()


def _rest(parts, root):
    from drivers.usb_console import UsbConsole
    from recorder.build import build_id
    from recorder.laptop import Laptop
    from recorder.segments import Segments

    parts.build = build_id(root)
    parts.segments = Segments(parts.stream)
    laptop = parts.laptop = Laptop(UsbConsole())
    return laptop


def build(root):
    """Return the App. `root`: the folder that the firmware is installed in, "" on the board."""
    pins = boards.pins()
    parts = Parts(pins)
    _room(parts, pins)
    try:
        must_scrub = _storage(parts, pins)
    except (errors.StoreDamaged, OSError):
        return _Broken(parts, errors.StoreDamaged.code)
    gc.collect()
    laptop = _rest(parts, root)
    gc.collect()
    from recorder.app import App

    parts.microphone.stop()
    app = laptop.app = App(parts, overlay.fetch("recorder.scrub").Scrub(parts) if must_scrub else None)
    overlay.forget("recorder.scrub", "recorder.noise")
    return app
