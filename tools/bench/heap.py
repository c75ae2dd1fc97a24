"""Heap that sealing a file key in suite 2 takes in passing, its modules and buffers together.

On the 32-bit interpreter with the compiled firmware: the least that may be free, in one piece, so that it
succeeds; and what it leaves to be collected, where nothing is collected meanwhile.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fetch_valgrind import interpreter_command

from bench.row import Row
from host_tools.firmware.build import sources_for
from host_tools.firmware.condense import survey
from host_tools.firmware.simulated import compiled_firmware
from host_tools.simulator.interpreter import CHECKOUT_DIR, COMPILED_DIR, FIRMWARE_DIR

BOARD = "esp32_wroom"
HEAP = "512k"
STEP_BYTES = 64
MOST_BYTES = 64 * 1024
_SCRIPT = CHECKOUT_DIR / "tests" / "unit" / "scripts" / "heap_of_seal.py"


def rows() -> Iterator[Row]:
    """What has to be free, and the garbage."""
    yield Row("free heap that one seal in suite 2 needs", least_free_bytes(), "bytes", "heap_of_seal.py")
    garbage = sealed_with(None)
    yield Row("garbage of one seal in suite 2", garbage or 0, "bytes", "heap_of_seal.py")


def least_free_bytes() -> int:
    """By halving: the least free heap with which it succeeds."""
    low, high = 0, MOST_BYTES
    while high - low > STEP_BYTES:
        middle = (low + high) // 2
        if sealed_with(middle) is None:
            low = middle
        else:
            high = middle
    return high


def sealed_with(free_bytes: int | None) -> int | None:
    """The bytes of garbage; None if there was too little memory."""
    command = interpreter_command()
    compiled = compiled_firmware(FIRMWARE_DIR, BOARD, command, COMPILED_DIR)
    offered = survey(FIRMWARE_DIR, sources_for(FIRMWARE_DIR, BOARD)).offered
    names = {f"{module}.{name}": short for module, all in offered.items() for name, short in all.items()}
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        setup = Path(folder) / "setup.json"
        setup.write_text(json.dumps({"names": names, "folder": f"{folder}/data", "free_bytes": free_bytes}))
        done = subprocess.run(
            [*command, "-X", f"heapsize={HEAP}", str(_SCRIPT), str(setup)],
            capture_output=True,
            text=True,
            env={"MICROPYPATH": f"{compiled}:.frozen"},
        )
    if "MemoryError" in done.stderr:
        return None
    if done.returncode:
        raise RuntimeError(done.stderr)
    return int(done.stdout.split()[0])
