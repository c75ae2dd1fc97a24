"""Keccak-f[1600] in viper against plain Python on both word sizes, and on the CPython shim."""

import random
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "scripts" / "run_batch.py"
STATE_BYTES = 200
COUNT = 10_000
COUNT_ON_CPYTHON = 20
MASK = (1 << 64) - 1


def rotated(lane, bits):
    return (lane << bits | lane >> (64 - bits)) & MASK if bits else lane


def rotations():
    """Rho's offset of each lane (FIPS 202, algorithm 2), by x + 5 * y."""
    found = [0] * 25
    x, y = 1, 0
    for t in range(24):
        found[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return found


def round_constants():
    """Iota's constants, by the shift register of algorithm 5."""
    register, found = 1, []
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register <<= 1
            register ^= 0x171 if register & 0x100 else 0
        found.append(constant)
    return found


ROTATIONS = rotations()
CONSTANTS = round_constants()
# Lane (x, y) goes to (y, 2x + 3y): section 3.2.3.
MOVED = [y + 5 * ((2 * x + 3 * y) % 5) for y in range(5) for x in range(5)]


def plain_permute(state):
    lanes = [int.from_bytes(state[8 * i : 8 * i + 8], "little") for i in range(25)]
    for constant in CONSTANTS:
        c = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        d = [c[x - 1] ^ rotated(c[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * 25
        for i in range(25):
            moved[MOVED[i]] = rotated(lanes[i] ^ d[i % 5], ROTATIONS[i])
        for row in range(0, 25, 5):
            b = moved[row : row + 5]
            for x in range(5):
                lanes[row + x] = b[x] ^ (~b[(x + 1) % 5] & b[(x + 2) % 5] & MASK)
        lanes[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)


@pytest.fixture(scope="session")
def states():
    """(inputs, results that plain Python gives), each joined together."""
    draw = random.Random(1600)
    inputs = [bytes(STATE_BYTES), b"\xff" * STATE_BYTES]
    inputs += [draw.randbytes(STATE_BYTES) for _ in range(COUNT)]
    return b"".join(inputs), b"".join(map(plain_permute, inputs))


def test_permutation_equals_plain_python_on_micropython(micropython, states, tmp_path):
    inputs, expected = states
    (tmp_path / "inputs").write_bytes(inputs)
    micropython.output(SCRIPT, "permute", tmp_path / "inputs", tmp_path / "results")
    assert (tmp_path / "results").read_bytes() == expected


def test_permutation_equals_plain_python_on_cpython(states, tmp_path):
    inputs, expected = (joined[: COUNT_ON_CPYTHON * STATE_BYTES] for joined in states)
    (tmp_path / "inputs").write_bytes(inputs)
    runpy.run_path(str(SCRIPT))["main"]("permute", tmp_path / "inputs", tmp_path / "results")
    assert (tmp_path / "results").read_bytes() == expected
