"""The DS3231's driver, against a chip on a bench, on both word sizes."""

import re
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "ds3231_cases.py"
CASES = re.findall(r"^def (\w+)\(\):", SCRIPT.read_text(), re.MULTILINE)


@pytest.mark.parametrize("case", CASES)
def test_clock_chip(micropython, case):
    assert len(CASES) == 10
    micropython.output(SCRIPT, case, path=[BENCH])
