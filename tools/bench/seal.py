"""Instructions of sealing a file key on the 32-bit interpreter, which has the board's word size.

It is another processor than the board's, so that this is for comparing one state of the firmware with
another: the interpreter's own work is in it, which the rows of viper functions do not have. Starting and
compiling is not.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from fetch_valgrind import environment, interpreter_command, valgrind

from bench.row import Row
from host_tools.simulator.interpreter import CHECKOUT_DIR, FIRMWARE_DIR

SUITES = (1, 2)
MORE = 3  # seals, beside the first one
HEAP = "512k"
_SCRIPT = Path(__file__).with_name("seal_often.py")
_COUNTED = re.compile(r"Collected : (\d+)")


class MeasuringFailed(Exception):
    """The interpreter failed; the message is its own."""


def rows() -> Iterator[Row]:
    """A row for each suite."""
    for suite in SUITES:
        extra = instructions(suite, MORE + 1) - instructions(suite, 1)
        command = f"valgrind --tool=callgrind micropython seal_often.py {suite} …"
        yield Row(f"one seal in suite {suite}", extra // MORE, "x86 instructions", command)


def instructions(suite: int, count: int) -> int:
    """All instructions of a run that seals `count` times. Raises MeasuringFailed."""
    folders = (FIRMWARE_DIR, CHECKOUT_DIR / "tests" / "vectors", ".frozen")
    variables = environment() | {"MICROPYPATH": ":".join(map(str, folders))}
    interpreter = [*interpreter_command(), "-X", f"heapsize={HEAP}", str(_SCRIPT), str(suite), str(count)]
    command = [*valgrind("callgrind"), f"--callgrind-out-file={os.devnull}", *interpreter]
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    found = _COUNTED.search(done.stderr)
    if done.returncode or not found:
        raise MeasuringFailed((done.stdout + done.stderr).strip())
    return int(found[1])
