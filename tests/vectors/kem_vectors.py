"""Runs lists of vectors for run_kem_vectors.py on an interpreter."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from host_tools.simulator.interpreter import CHECKOUT_DIR, FIRMWARE_DIR

RUNNER = Path(__file__).with_name("run_kem_vectors.py")
FOLDERS = (CHECKOUT_DIR / "tests" / "shims", FIRMWARE_DIR)
TIMEOUT_S = 240

Vector = list[str | int]
Run = Callable[[Path], subprocess.CompletedProcess[str]]


def on_cpython(cases: Path) -> subprocess.CompletedProcess[str]:
    """What CPython says to a file of cases."""
    return subprocess.run(
        [sys.executable, str(RUNNER), str(cases)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, FOLDERS))},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def check(run: Run, vectors: Iterable[Vector], folder: Path) -> None:
    """Fails unless every vector holds, and unless there is one."""
    lines = [json.dumps(vector) for vector in vectors]
    assert lines, "no vectors were found: that proves nothing"
    cases = folder / "cases.jsonl"
    cases.write_text("".join(line + "\n" for line in lines))
    done = run(cases)
    assert done.stdout + done.stderr == f"{len(lines)} vectors, 0 failed\n"
