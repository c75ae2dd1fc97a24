"""The request `selftest`: what is wrong with a part is told, and nothing is changed. On both word sizes."""

import re
from pathlib import Path

import pytest

from host_tools.card import format_fat32

BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "selftest_cases.py"
CASES = re.findall(r"^def (\w+)\(\*_\):", SCRIPT.read_text(), re.MULTILINE)


@pytest.mark.parametrize("case", CASES)
def test_selftest(micropython, case, tmp_path, fsck_vfat):
    assert len(CASES) == 16
    image = tmp_path / "card.img"
    format_fat32(image, 64 * 1024 * 1024)
    micropython.output(SCRIPT, case, tmp_path / "data", image, path=[BENCH])
    fsck_vfat(image)
