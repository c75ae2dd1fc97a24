"""Finds the MicroPython interpreter that runs the firmware on this computer.

Looked for in this order: `$MICROPYTHON`; what `make setup` unpacked into the checkout, the 32-bit
build first since it has the board's word size; `micropython` on PATH. Every candidate is asked for
its version and word size before it is used: nothing is judged by its name. Nothing is installed here.
"""

import os
import shutil
import subprocess
from pathlib import Path

from host_tools.errors import CloisterError

CHECKOUT_DIR = Path(__file__).resolve().parents[2]
FIRMWARE_DIR = CHECKOUT_DIR / "firmware"
COMPILED_DIR = CHECKOUT_DIR / "build" / "simulator"
UNPACKED_DIR = CHECKOUT_DIR / "build" / "micropython" / "bin"

OLDEST_VERSION = (1, 23)

# Prints the word size, then the version as far as two numbers; fails on any other Python.
_PROBE = (
    "import sys; assert sys.implementation.name == 'micropython'; v = sys.implementation.version; "
    "print(32 if sys.maxsize == 0x7fffffff else 64, v[0], v[1])"
)
_PROBE_TIMEOUT_S = 10


def find_interpreter(bits: int | None = None) -> list[str]:
    """Command prefix of a MicroPython 1.23 or later; `bits` (32 or 64) asks for one word size.

    Raises CloisterError if there is none, or if `$MICROPYTHON` names something that is none.
    """
    named = os.environ.get("MICROPYTHON")
    if named:
        program = shutil.which(named)
        found = word_bits(program) if program else None
        if program is None or found is None:
            raise CloisterError(f"$MICROPYTHON is not MicroPython 1.23 or later: {named}")
        if bits in (None, found):
            return [program]
    for program in _candidates():
        found = word_bits(program)
        if found is not None and bits in (None, found):
            return [program]
    kind = "MicroPython" if bits is None else f"{bits}-bit MicroPython"
    raise CloisterError(f"no {kind} 1.23 or later found", hint="run `make setup` in the checkout")


def _candidates() -> list[str]:
    """Paths of the programs to try, best first; only those that exist and may be run."""
    names = [str(UNPACKED_DIR / "micropython32"), str(UNPACKED_DIR / "micropython64"), "micropython"]
    return [path for path in map(shutil.which, names) if path]


def word_bits(program: str) -> int | None:
    """Word size of an interpreter; None if it does not run, is too old, or is no MicroPython."""
    try:
        done = subprocess.run(
            [program, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_TIMEOUT_S, check=True
        )
        bits, major, minor = map(int, done.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return bits if (major, minor) >= OLDEST_VERSION else None
