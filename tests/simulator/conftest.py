"""A recorder of a few lines for the simulator's own tests, which are about the stand-ins.

`bench` runs a main.py given as text on fresh images and hands back what it told: `tell(name=value, …)` in
that text arrives in `Bench.told`.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from host_tools.card import format_fat32
from host_tools.simulator.run import Outcome, Report, simulate
from host_tools.simulator.scenario import parse_scenario

CARD_BYTES = 64 * 1024 * 1024

PINS = """
HAS_PSRAM = False
BUTTON_1, BUTTON_2 = 32, 33
LIGHT_RED, LIGHT_GREEN, LIGHT_SENSE = 25, 26, 36
BATTERY_ADC, BATTERY_RATIO = 34, 2
RTC_SDA, RTC_SCL = 21, 4
"""

COMMON = """
import machine, micropython, os, time, vfs
from machine import Pin
from recorder import observer
def tell(**what):
    observer.watch("event", what)
def read(path):
    with open(path, "rb") as file:
        return file.read()
class Card:  # as the firmware's own driver: False is an error
    def __init__(self):
        self.card = machine.SDCard(slot=2)
    def readblocks(self, block, buffer):
        if not self.card.readblocks(block, buffer): raise OSError(5)
    def writeblocks(self, block, buffer):
        if not self.card.writeblocks(block, buffer): raise OSError(5)
    def ioctl(self, operation, argument):
        return self.card.ioctl(operation, argument)
def mount():
    vfs.mount(vfs.VfsFat(Card()), "/sd")
def microphone(rate=16000, ibuf=16384, bits=16, format=machine.I2S.MONO):
    Pin(25, Pin.OUT).on()
    return machine.I2S(0, sck=Pin(27), ws=Pin(22), sd=Pin(35), mode=machine.I2S.RX, bits=bits, format=format,
                       rate=rate, ibuf=ibuf)
"""

ENDLESS = """
while True:
    time.sleep_ms(100)
"""


@dataclass
class Bench:
    """Runs one firmware after the other on the same two images."""

    folder: Path
    interpreter: list[str]
    reports: list[Report] = field(default_factory=list)

    @property
    def flash(self) -> Path:
        """The flash image."""
        return self.folder / "flash.img"

    @property
    def card(self) -> Path:
        """The card image."""
        return self.folder / "card.img"

    def write_firmware(self, main: str, boot: str = "", endless: bool = True) -> Path:
        """A folder with that boot.py and main.py: between COMMON and an endless sleep."""
        firmware = self.folder / "firmware"
        files = {
            "boot.py": boot,
            "main.py": COMMON + textwrap.dedent(main) + (ENDLESS if endless else ""),
            "boards/__init__.py": "",
            "boards/selected.py": "NAME = 'none'",
            "boards/bench/__init__.py": "",
            "boards/bench/pins.py": PINS,
            "recorder/__init__.py": "",
            "recorder/observer.py": "watch = None\n",
        }
        for name, text in files.items():
            (firmware / name).parent.mkdir(parents=True, exist_ok=True)
            (firmware / name).write_text(text)
        return firmware

    def run(self, main: str, scenario: str = "", boot: str = "", endless: bool = True, **options) -> Outcome:
        """Run to the end; what was reported is in `reports`, and stays there until the next run."""
        self.reports = []
        if not self.card.exists():
            format_fat32(self.card, CARD_BYTES)
        return simulate(
            self.flash, self.card, scenario=parse_scenario(scenario, self.folder), board="bench",
            firmware=self.write_firmware(main, boot, endless), interpreter=self.interpreter,
            on_event=options.pop("on_event", self.reports.append), **options,
        )  # fmt: skip

    @property
    def told(self) -> dict:
        """Everything that the firmware told, later values over earlier ones."""
        return {name: value for what in self.values("event") for name, value in what.items()}

    def values(self, kind: str) -> list:
        """The values of the reports of that kind."""
        return [report.value for report in self.reports if report.kind == kind]


@pytest.fixture
def bench(tmp_path: Path, micropython) -> Bench:
    """Fresh images, on either interpreter."""
    return Bench(tmp_path, list(micropython.command))


@pytest.fixture
def ramp(tmp_path: Path) -> Callable[[int], Path]:
    """Makes an audio file of so many frames at 16 kHz; each sample is its own number (modulo 2**16)."""

    def make(frames: int) -> Path:
        path = tmp_path / "ramp.wav"
        soundfile.write(path, np.arange(frames, dtype=np.uint16).view(np.int16), 16000, subtype="PCM_16")
        return path

    return make
