"""As much of a recorder as a handler needs, with the firmware's own drivers on the bench's `machine`."""

import os
import time

import machine

from boards.esp32_wroom import pins
from drivers.battery import Battery
from drivers.buttons import Buttons
from drivers.ds3231 import ClockChip
from drivers.indicator import Indicator
from drivers.microphone import Microphone
from drivers.sd_card import Card
from recorder.capture import Capture
from recorder.clock import Clock
from recorder.errors import Refused
from recorder.log import Log
from recorder.store import Store


class Ticks:
    """Time that passes whenever somebody looks; a step at a time, or as the bench's microphone needs it."""

    step_ms = 40
    sleep_ms = staticmethod(time.sleep_ms)
    ticks_us = staticmethod(time.ticks_us)
    ticks_diff = staticmethod(time.ticks_diff)

    def __init__(self):
        self.now_ms = 0

    def ticks_ms(self):
        self.now_ms += self.step_ms
        return self.now_ms


class Entropy:
    """Draws from the interpreter's own."""

    added = 0

    def draw(self, size):
        return bytearray(os.urandom(size))

    def add(self, noise):
        self.added += len(noise)


class Laptop:
    """Remembers what it was told."""

    def __init__(self):
        self.told = []

    def progress(self, permille):
        self.told.append(permille)


class Stream:
    def __init__(self):
        self.block = bytearray(4096)


class Parts:
    """The parts that handlers ask for."""

    skip_frames = pins.MIC_STARTUP_FRAMES

    def __init__(self, root):
        self.ticks = Ticks()
        self.fed = 0
        self.settings = {"rate": 16000, "channels": 1}
        self.store = Store(root)
        self.card = Card(pins)
        self.battery = Battery(pins)
        self.buttons = Buttons(pins)
        self.microphone = Microphone(pins)
        self.indicator = Indicator(pins, self.microphone.power)
        self.capture = Capture(self.microphone, pins.AUDIO_BUFFER_BYTES, pins.DMA_BYTES, time)
        self.clock = Clock(ClockChip(pins))
        self.log = Log(self.store, self.clock)
        self.entropy = Entropy()
        self.laptop = Laptop()
        self.stream = Stream()

    def feed(self):
        self.fed += 1


class App:
    """What the recorder does with a handler's wishes: it writes them down in `did`."""

    def __init__(self, root, state="ready"):
        self.parts = Parts(root)
        self.state = state
        self.did = []
        self.must_restart = False

    def refuse_while_busy(self):
        if self.state not in ("ready", "fault"):
            raise Refused("state", "not while the recorder is %s" % self.state)

    def begin_wiping(self):
        self.refuse_while_busy()
        self.parts.card.unmount()
        self.did.append("begin wiping")
        self.state = "wiping"

    def end_wiping(self):
        self.did.append("end wiping")

    def prepare_again(self):
        self.did.append("prepare again")

    def stop_now(self):
        self.did.append("stop now")

    def scrub(self, work):
        self.did.append("scrub")
        self.work = work


def refusal(module, request, app):
    """Ask for what must be refused, and return the Refused."""
    try:
        module.answer(request, app)
    except Refused as refused:
        return refused
    raise AssertionError("it was not refused")


def press(both):
    """Both buttons are held, or none."""
    machine.levels[pins.BUTTON_1] = machine.levels[pins.BUTTON_2] = 0 if both else 1
