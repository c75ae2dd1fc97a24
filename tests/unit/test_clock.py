"""The recorder's calendar, time and uptime."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.calendar import iso

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "clock_cases.py"
CASES = re.findall(r"^def (\w+)\(\):", SCRIPT.read_text(), re.MULTILINE)


@given(st.integers(0, 4_102_444_800_000))
def test_iso_is_what_the_calendar_says(time_ms):
    expected = (EPOCH + timedelta(milliseconds=time_ms)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert iso(time_ms) == expected


@pytest.mark.parametrize("case", CASES)
def test_clock(micropython, case):
    assert len(CASES) == 10
    micropython.output(SCRIPT, case, path=[BENCH])
