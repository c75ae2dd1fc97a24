"""Every fuzzing target over inputs that are the same each time, in a process of its own with bounds.

A process that takes too long over one input is ended by its own limit of processor time, one that takes too
much memory by the check after each input; `make fuzz` looks further, guided by coverage.
"""

import hashlib
import os
import shlex
import subprocess
import sys

import pytest

from tests.fuzz.draw import Draw
from tests.fuzz.targets import CHECKOUT_DIR, TARGETS
from tests.unit.console_peer import Peer

PEER_INPUTS = 60
LAST_ID = 987_654_321  # of the greeting that is asked for last


def bounded(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.bounded", *map(str, arguments)],
        cwd=CHECKOUT_DIR,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": ""},
    )


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_it(name):
    done = bounded(name)
    ended = f"{shlex.join(done.args[1:])} ended with {done.returncode}"
    assert done.returncode == 0, f"{ended}\n{done.stdout}{done.stderr}"
    assert f"{TARGETS[name].examples} inputs, nothing found" in done.stdout


def test_an_input_that_is_kept_can_be_tried_again(tmp_path):
    path = tmp_path / "input"
    path.write_bytes(b"\x01" + b"1 end")
    assert bounded("scenario", path).returncode == 0


def test_what_takes_too_much_memory_is_noticed():
    """In a process of its own, which has not yet used more for something else."""
    code = "run_bounded(lambda data: len(bytes([255]) * 2 * MOST_BYTES), b'')"
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.fuzz.targets import MOST_BYTES, run_bounded\n{code}"],
        capture_output=True,
        text=True,
        cwd=CHECKOUT_DIR,
    )
    assert "were used for one input" in done.stderr


def test_hostile_lines_leave_the_recorder_alive_on_its_own_interpreter(micropython):
    """The same lines as on CPython, to the real interpreter."""
    TARGETS["console_line"].load()
    from tests.fuzz.console_line_target import hostile_lines

    peer = Peer(micropython.command)
    for number in range(PEER_INPUTS):
        peer.hello()
        draw = Draw(hashlib.shake_128(b"%d" % number).digest(600))
        for line, _ in hostile_lines(draw, lambda text: peer.sealed(text)[:-1]):
            peer.send(line)
        peer.send(b'\n{"id": %d, "do": "hello", "nonce": "%s"}\n' % (LAST_ID, b"00" * 16))
        while b'"id": %d' % LAST_ID not in (line := peer.read()):
            assert len(line) < 4096
    peer.hello()
    assert peer.faults() == 0
    peer.close()
