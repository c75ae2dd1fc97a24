"""The fuzzing targets by name: each is a function of the input's bytes, and raises if something is wrong.

A target holds the promises of one kind of input: only the errors that are foreseen, nothing that is not
authentic, nothing without bounds. `run_bounded` holds what all of them promise: no more memory than that.
A target's module is loaded when it is asked for; `files` are the parsers whose coverage counts.
"""

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import resource

MOST_BYTES = 150 * 1024 * 1024
STATM = Path("/proc/self/statm")
STATUS = Path("/proc/self/status")
CHECKOUT_DIR = Path(__file__).resolve().parents[2]

Fuzz = Callable[[bytes], None]


@dataclass(frozen=True)
class Target:
    """One target: how many examples `make test` tries, and how long its inputs get."""

    name: str
    examples: int
    most_input_bytes: int

    def load(self) -> Fuzz:
        """The function; the firmware's files are found on the way."""
        for folder in ("tests/shims", "firmware", "."):
            path = str(CHECKOUT_DIR / folder)
            if path not in sys.path:
                sys.path.insert(0, path)
        module = importlib.import_module(f"tests.fuzz.{self.name}_target")
        function: Fuzz = getattr(module, f"fuzz_{self.name}")
        return function


TARGETS = {
    target.name: target
    for target in (
        Target("container", 1500, 1200),
        Target("card_image", 2500, 400),
        Target("console_line", 1200, 1200),
        Target("recorder_answer", 1000, 800),
        Target("scenario", 2000, 800),
        Target("vault", 400, 200),
        Target("clock_chip", 3000, 200),
    )
}


def run_bounded(fuzz: Fuzz, data: bytes) -> None:
    """Try one input; AssertionError if the process grew by more than MOST_BYTES over it."""
    before, peak_before = _resident_bytes(), _peak_bytes()
    fuzz(data)
    peak = _peak_bytes()
    if peak > peak_before:
        grown = peak - (before or peak_before)
        assert grown <= MOST_BYTES, f"{grown // 1_000_000} MB were used for one input"


def _peak_bytes() -> int:
    """The most that was ever resident; 0 where nobody tells.

    What getrusage tells may be of the process that started this one, if that was larger.
    """
    if STATUS.exists():
        return int(STATUS.read_text().split("VmHWM:")[1].split()[0]) * 1024
    if sys.platform == "win32":
        return 0
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _resident_bytes() -> int:
    """What is resident now; 0 where nobody tells."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if STATM.exists() else 0
