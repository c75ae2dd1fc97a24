"""Every module of the firmware loads on both word sizes, from source and compiled, and brings few names."""

import re
from pathlib import Path

import pytest

from host_tools.firmware.simulated import compiled_firmware
from host_tools.simulator.interpreter import COMPILED_DIR, FIRMWARE_DIR

BOARD = "esp32_wroom"
# What the board's pools of names hold before one more, of 4.5 KB, is needed (firmware/simulator/heap.py).
MOST_NAMES = 620

IMPORT = """
import micropython, sys
micropython.qstr_info()
for name in sys.argv[1:]:
    __import__(name)
micropython.qstr_info()
"""


def modules() -> list[str]:
    """All modules of the firmware but the start files, what others rest on first."""
    folders = ("crypto", "boards", "drivers", "recorder")
    paths = [path for folder in folders for path in sorted((FIRMWARE_DIR / folder).rglob("*.py"))]
    names = [".".join(path.relative_to(FIRMWARE_DIR).with_suffix("").parts) for path in paths]
    return [name for name in names if not name.endswith("__init__")]


@pytest.fixture
def script(tmp_path) -> Path:
    path = tmp_path / "load.py"
    path.write_text(IMPORT)
    return path


def test_every_module_loads_from_source(micropython, script):
    assert len(modules()) > 40
    micropython.output(script, *modules())


def test_the_compiled_firmware_brings_no_more_names_than_the_board_has_room_for(micropython, script):
    folder = compiled_firmware(FIRMWARE_DIR, BOARD, list(micropython.command), COMPILED_DIR)
    loaded = [name for name in modules() if not re.match(r"boards\.(?!selected|esp32_wroom\.)", name)]
    said = micropython.run(script, *loaded, path=[folder])
    assert said.returncode == 0, said.stderr
    before, after = (int(count) for count in re.findall(r"n_qstr=(\d+)", said.stdout))
    assert 400 < after - before <= MOST_NAMES
