"""The clock chip's file: whatever stands in it, there is a chip that runs on, or one error."""

import tempfile
from pathlib import Path

from host_tools.errors import CloisterError
from host_tools.simulator.clock_chip import YEARS, read_clock_chip
from tests.fuzz import hostile_json
from tests.fuzz.draw import Draw

TIMES = (
    "2026-03-01T09:00:00Z", "2026-03-01T09:00:00.000Z", "2099-12-31T23:59:59.999Z", "2000-02-29T00:00:00Z",
    "2026-02-29T00:00:00Z", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "２０２６-03-01T09:00:00Z",
    "2026-03-01T09:00:60Z", "2026-03-01T09:00:61Z", "2026-3-1T9:0:0Z", "", ".", "0001-01-01T00:00:00Z",
)  # fmt: skip
LONGEST_RUN_MS = 2_000_000_000

_folder = tempfile.TemporaryDirectory(prefix="cloister-fuzz-")
_path = Path(_folder.name) / "chip"


def fuzz_clock_chip(data: bytes) -> None:
    """Read a file of these bytes, or of an object made of them; run the chip, and read it again."""
    draw = Draw(data)
    if draw.flag():
        text = draw.rest()
    else:
        text = hostile_json.altered_object(draw, {"time": draw.pick(TIMES), "stopped": draw.flag()})
    _path.write_bytes(text)
    try:
        chip = read_clock_chip(_path)
    except CloisterError as error:
        assert error.message == f"{_path} is no clock chip"
        return
    for time_ms in (0, draw.below(LONGEST_RUN_MS)):
        calendar, millisecond, stopped = chip.setup(time_ms)
        assert calendar[0] in YEARS
        assert 0 <= millisecond < 1000
        assert isinstance(stopped, bool)
    time_ms = draw.below(LONGEST_RUN_MS)
    chip.save(time_ms)
    assert read_clock_chip(_path).setup(0) == chip.setup(time_ms)
