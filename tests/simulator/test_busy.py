"""Traces of busy times are read exactly, and every mistake in one is said."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import CloisterError
from host_tools.simulator.busy import read_trace, write_traces

TRACES = Path(__file__).parents[1] / "data" / "busy"


def test_trace_is_written_as_the_stand_in_reads_it(tmp_path):
    (tmp_path / "one").write_text("# two kinds\n1.25 3 # thrice\n\n  2000\n")
    (tmp_path / "two").write_text("0.001\n60000\n")
    first, second = write_traces([tmp_path / "one", tmp_path / "two"], tmp_path)
    assert Path(first).read_bytes() == struct.pack("<4I", 1250, 1250, 1250, 2_000_000)
    assert Path(second).read_bytes() == struct.pack("<2I", 1, 60_000_000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "for 0 writes"),
        (b"# nothing\n", "for 0 writes"),
        (b"5 0", "for 0 writes"),
        (b"5 1000001", "for 1000001 writes"),
        (b"1\n5 seconds", "line 2: not a time in milliseconds"),
        (b"1\n\n-1", "line 3: not a time in milliseconds"),
        (b"1e3", "line 1: not a time in milliseconds"),
        (b"1.0001", "line 1: not a time in milliseconds"),
        (b"60000.001", "line 1: longer than 60000 milliseconds"),
        ("١".encode(), "line 1: not a time"),
        (b"1 " + b"9" * 5000, "line 1: not a time"),
        (b"\xff", "are not UTF-8 text"),
        (b"1\n" * 600_000, "are larger than 1048576 bytes"),
    ],
)
def test_file_that_is_no_trace_is_refused(tmp_path, content, reason):
    path = tmp_path / "trace"
    path.write_bytes(content)
    with pytest.raises(CloisterError, match=reason):
        read_trace(path)


def test_missing_trace_is_refused_before_anything_is_made(bench):
    with pytest.raises(CloisterError, match="busy times .*nowhere cannot be read"):
        bench.run("", "1 card-busy nowhere")
    assert not bench.flash.exists()


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.txt")), ids=lambda path: path.stem)
def test_kept_trace_can_be_borne_by_a_recording_in_the_long_run(path):
    trace = read_trace(path)
    writes = sum(times for _, times in trace)
    busy_us = sum(busy_us * times for busy_us, times in trace)
    assert busy_us < writes * 125_000  # what 4096 bytes last


@given(st.binary(max_size=200))
def test_any_bytes_are_a_trace_or_an_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    try:
        assert read_trace(path)
    except CloisterError as error:
        assert error.message.startswith("busy times")
