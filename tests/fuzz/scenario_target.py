"""Scenario files: whatever stands in one, there is a scenario within bounds, or one error with its line."""

import tempfile
from pathlib import Path

from host_tools.errors import CloisterError
from host_tools.simulator.run import planned_end_ms
from host_tools.simulator.scenario import LONGEST_MS, read_scenario
from host_tools.simulator.world import remaining
from tests.fuzz.draw import Draw

KINDS = (b"press", b"mic", b"card-in", b"battery", b"card-stall", b"card-error", b"end", b"power-cut")
KINDS += (b"card-out", b"card-locked", b"light-off", b"light-on", b"clock-battery-out", b"explode")
KINDS += (b"card-raise", b"card-read-error", b"card-rot", b"card-cache", b"card-size", b"card-busy")
WORDS = (
    b"0", b"1", b"0.5", b"2.001", b"0.0005", b"-1", b"1e3", b"1e999999999", b"1e-999999999", b"nan", b"snan",
    b"1000000", b"1000000.001", b"1_0", b"p1", b"p2", b"both", b"3300", b"60000", b"99999999999999999999999",
    b"9" * 5000, b'"', b"'a b'", b"\\", b"a/../b", b"\xc2\xb2", b"\xd9\xa1", b"\xff", b"#", b"\x00", b"",
    b"inf", b"x" * 300, b"64MiB", b"1024", b"wrap",
)  # fmt: skip
ENDS = (b"\n", b"\n", b"\n", b"\r\n", b"\x0b", b"\xe2\x80\xa8", b"\x1c", b"\n\n\n")

_folder = tempfile.TemporaryDirectory(prefix="cloister-fuzz-")
_path = Path(_folder.name) / "scenario"


def fuzz_scenario(data: bytes) -> None:
    """Read a file of these bytes, or of lines made of them."""
    draw = Draw(data)
    text = draw.rest() if draw.flag() else lines(draw)
    _path.write_bytes(text)
    try:
        scenario = read_scenario(_path)
    except CloisterError as error:
        assert error.message.startswith((f"scenario {_path} ", f"{_path}")), error.message
        assert len(error.message) < 10_000
        return
    times = [event.time_ms for event in scenario.events]
    assert times == sorted(times)
    assert all(0 <= time_ms <= 2 * LONGEST_MS for time_ms in times)
    assert len(scenario.events) <= 4 * text.count(b"press") + sum(map(text.count, KINDS))
    files = (scenario.audio_files, scenario.card_files, scenario.busy_files)
    assert sum(map(len, files)) <= len(scenario.events)
    end_ms = planned_end_ms(scenario, None, console=False)
    assert end_ms is not None
    assert 0 <= end_ms <= 3 * LONGEST_MS
    assert all(event.time_ms >= 0 for event in remaining(scenario.events, 1000))


def lines(draw: Draw) -> bytes:
    """Lines of a time, an event and its arguments, now and then of something else, some of them often."""
    text = b""
    while draw.left and len(text) < 100_000:
        words = [draw.pick(WORDS), draw.pick(KINDS)] if draw.byte() % 8 else []
        words += [draw.pick(WORDS) for _ in range(draw.below(4))]
        line = draw.pick((b" ", b" ", b"\t", b"  ")).join(words)
        if draw.byte() % 16 == 1:
            line = draw.altered(line)
        times = draw.pick((1, 10, 100, 1000)) if draw.byte() % 32 == 1 else 1
        text += (line + draw.pick(ENDS)) * times
    return text
