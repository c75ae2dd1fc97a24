"""boot.py and main.py: no radio, no way in but by `service`, and what is wrong is told."""

import re
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "start_cases.py"
CASES = re.findall(r"^def (\w+)\((?:_|root)\):", SCRIPT.read_text(), re.MULTILINE)


# What is told on the console, where anything is.
TOLD = {
    "a_radio_that_stays_on_is_told_and_the_start_goes_on": "OSError: the radio's clock cannot be taken away",
    "boot_survives_whatever_is_wrong_with_the_radio": "AttributeError",
    "main_tells_what_the_firmware_died_of_and_restarts": "ValueError: died",
}


@pytest.mark.parametrize("case", CASES)
def test_start(micropython, case, tmp_path):
    assert len(CASES) == 15
    said = micropython.output(SCRIPT, case, tmp_path, path=[BENCH])
    assert TOLD[case] in said if case in TOLD else said == ""
