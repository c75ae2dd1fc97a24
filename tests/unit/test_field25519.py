"""The field operations against plain integers: all on both word sizes, a part of them on the CPython shim."""

import random
import runpy
import struct
from functools import cache
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "scripts" / "run_field25519.py"
RUNS = 10_000  # of each operation
RUNS_ON_CPYTHON = 100  # where each costs milliseconds

P = 2**255 - 19
BIAS, LIMBS, ELEMENTS, SWAPS_AT = 0x4000, 20, 10, 404
ADD_SUBTRACT, SWAP, END = 32, 33, bytes(4)
# As far as field25519.py says that limbs go: what a product leaves, what a sum of two products has.
PRODUCT, SUM = 4098, 8196


def limbs_of(state, element):
    return [limb - BIAS for limb in struct.unpack_from("<20H", state, 40 * element)]


def value(limbs):
    return sum(limb << (13 * i) for i, limb in enumerate(limbs))


def stored(limbs):
    return b"".join((limb + BIAS).to_bytes(2, "little") for limb in limbs)


def random_limbs(draw, most):
    """Any limbs, and often enough all of them as large as they may be, of one sign or of both."""
    extremes = draw.choice([(), (most,), (-most,), (-most, most)])
    return [draw.choice(extremes) if extremes else draw.randint(-most, most) for _ in range(LIMBS)]


@cache
def drawn_elements(most):
    """A tenth as many as there are cases: each of them has its own ten of these."""
    draw = random.Random(most)
    return [stored(random_limbs(draw, most)) for _ in range(RUNS // 10)]


def random_state(draw, most):
    elements = b"".join(draw.choices(drawn_elements(most), k=ELEMENTS))
    return elements + stored([6977, 14]) + draw.randbytes(32)


def product_cases(draw, runs, counts):
    for _ in range(runs):
        out, left, right = (draw.randrange(2, 10) for _ in range(3))
        yield bytes([draw.choice(counts), out, left, right]) + END, random_state(draw, SUM), 1, 0


def square_cases(draw, runs):
    for _ in range(runs):
        out, left = draw.randrange(2, 10), draw.randrange(2, 10)
        yield bytes([LIMBS, out, left, left]) + END, random_state(draw, SUM), 1, 0


def addition_cases(draw, runs):
    for _ in range(runs):
        out, left, right = draw.randrange(2, 9), draw.randrange(2, 10), draw.randrange(2, 10)
        yield bytes([ADD_SUBTRACT, out, left, right]) + END, random_state(draw, PRODUCT), 1, 0


def swap_cases(draw, runs):
    for _ in range(runs):
        times = draw.randrange(1, 4)
        yield bytes([SWAP, 0, 0, 2]) + END, random_state(draw, SUM), times, draw.randrange(times - 1, 256)


KINDS = {
    "product": lambda draw, runs: product_cases(draw, runs, [LIMBS]),
    "product with few limbs": lambda draw, runs: product_cases(draw, runs, [1, 2]),
    "square": square_cases,
    "sum and difference": addition_cases,
    "swap": swap_cases,
}


def check(case, after):
    """Compare what came out with what the plain integers give, and everything else with what was there."""
    program, state, times, bit = case
    op, out, left, right = program[:4]
    expected = [limbs_of(state, element) for element in range(ELEMENTS)]
    got = [limbs_of(bytes(80) + after, element) for element in range(ELEMENTS)]
    if op == ADD_SUBTRACT:
        a, b = expected[left], expected[right]
        expected[out] = [x + y for x, y in zip(a, b, strict=True)]
        expected[out + 1] = [x - y for x, y in zip(a, b, strict=True)]
    elif op == SWAP:
        swaps = int.from_bytes(state[SWAPS_AT:], "little") >> (bit - times + 1)
        if (swaps & ((1 << times) - 1)).bit_count() % 2:
            expected[2:6] = expected[4:6] + expected[2:4]
    else:
        wanted = value(expected[left][:op]) * value(expected[right])
        assert (value(got[out]) - wanted) % P == 0
        assert all(abs(limb) <= (PRODUCT if i == 1 else 4096) for i, limb in enumerate(got[out]))
        expected[out] = got[out]
    assert got[2:] == expected[2:]
    assert after[320:] == state[400:]


def cases_in(folder, kind, runs):
    cases = list(KINDS[kind](random.Random(kind), runs))
    path = folder / "cases.txt"
    with path.open("w") as file:
        file.writelines(f"{program.hex()} {state.hex()} {n} {bit}\n" for program, state, n, bit in cases)
    return cases, path, folder / "results.txt"


def check_all(cases, results):
    lines = results.read_text().split()
    assert len(lines) == len(cases)
    for case, line in zip(cases, lines, strict=True):
        check(case, bytes.fromhex(line))


@pytest.mark.parametrize("kind", KINDS)
def test_operations_equal_plain_integers_on_micropython(micropython, tmp_path, kind):
    cases, path, results = cases_in(tmp_path, kind, RUNS)
    micropython.output(SCRIPT, path, results)
    check_all(cases, results)


@pytest.mark.parametrize("kind", KINDS)
def test_operations_equal_plain_integers_on_cpython(tmp_path, kind):
    cases, path, results = cases_in(tmp_path, kind, RUNS_ON_CPYTHON)
    runpy.run_path(str(SCRIPT))["main"](str(path), str(results))
    check_all(cases, results)
