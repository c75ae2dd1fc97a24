"""Builds the recorder out of its parts. Nothing made here may hold on to this module: it is let go.

The order of the first lines is deliberate: native code and the audio buffers share one pool of memory
with everything that is imported later, and need theirs in one piece.
"""

import gc
import time

# isort: off
# Native code first; then what others rest on before what rests on it, for an import inside an import inside
# an import needs more stack than the board has.
from crypto import words  # noqa: F401
from recorder import levels  # noqa: F401
from recorder import errors, format  # noqa: F401
from crypto import hmac, hkdf, x25519, dhkem, ghash, gcm, hpke, stream  # noqa: F401
from recorder import header, container, segments, strict_json, lines  # noqa: F401
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
        self.skip_frames = pins.MIC_STARTUP_FRAMES


class _Broken:
    """What runs in place of App when the recorder's own files are damaged: it shows the fault."""

    def __init__(self, parts, code):
        self._parts = parts
        parts.lights.show("fault", time.ticks_ms(), code)

    def step(self):
        self._parts.feed()
        self._parts.lights.poll(time.ticks_ms())
        return False


def _storage(parts):
    from recorder.entropy import Entropy
    from recorder.identity import Identity
    from recorder.journal import Journal
    from recorder.keys import KeyRing
    from recorder.settings import Settings
    from recorder.store import Store

    store = Store()
    parts.identity = Identity(store)
    parts.settings = Settings(store)
    parts.journal = Journal(store)
    parts.keys = KeyRing(store, parts.journal)
    parts.entropy = Entropy(store, (parts.battery.noise,))


def _room(parts, pins):
    """What the people in the room see and touch."""
    from drivers.battery import Battery
    from drivers.buttons import Buttons
    from drivers.indicator import Indicator
    from drivers.watchdog import Watchdog
    from recorder.clock import Clock
    from recorder.lights import Lights

    parts.feed = Watchdog().feed
    parts.battery = Battery(pins)
    parts.buttons = Buttons(pins)
    parts.indicator = Indicator(pins, parts.microphone.power)
    parts.lights = Lights(parts.indicator, time)
    parts.clock = Clock()


def _recording(parts, pins):
    from crypto.stream import StreamWriter
    from recorder.container import Preparer
    from recorder.segments import Segments

    parts.stream = StreamWriter()
    parts.segments = Segments(parts.stream)
    parts.preparer = Preparer(parts.card, parts.identity, parts.keys, parts.journal, parts.entropy)


def _console(parts, root):
    from drivers.usb_console import UsbConsole
    from recorder.build import build_id
    from recorder.console import Console
    from recorder.requests import Requests

    requests = Requests(parts, boards.NAME, build_id(root))
    parts.console = Console(
        UsbConsole(),
        parts.identity,
        requests.table,
        requests.hello_fields,
        parts.entropy.nonce,
    )
    return requests


def build(root):
    """Return the App. `root`: the folder that the firmware is installed in, "" on the board."""
    pins = boards.pins()
    parts = Parts(pins)
    _room(parts, pins)
    try:
        _storage(parts)
    except (errors.StoreDamaged, OSError):
        return _Broken(parts, errors.StoreDamaged.code)
    _recording(parts, pins)
    gc.collect()
    requests = _console(parts, root)
    gc.collect()
    from recorder.app import App

    requests.app = App(parts)
    parts.microphone.stop()
    return requests.app
