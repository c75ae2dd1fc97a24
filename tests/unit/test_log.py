"""The recorder's own log and the request for it, on both word sizes."""

import re
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "log_cases.py"
CASES = re.findall(r"^def (\w+)\(_\):", SCRIPT.read_text(), re.MULTILINE)


@pytest.mark.parametrize("case", CASES)
def test_log(micropython, case, tmp_path):
    assert len(CASES) == 11
    micropython.output(SCRIPT, case, tmp_path / "data", path=[BENCH])
