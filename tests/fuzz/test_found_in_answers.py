"""What fuzzing found in a recorder's answers, each held by a test of its own."""

import pytest

from host_tools.cli.status import _rows
from host_tools.errors import CloisterError
from host_tools.recorder import lines, messages
from host_tools.recorder.client import Greeting, RecorderClient
from host_tools.recorder.log import MOST_ENTRIES, read_log
from host_tools.recorder.selftest import Part
from tests.unit.recorder_double import RecorderDouble

GREETING = Greeting(b"recorder", "ready", "1", "2", "3")
HUGE = 10**400


def rows(**answer) -> dict[str, str]:
    return dict(_rows(GREETING, answer))


@pytest.mark.parametrize("name", ["\x1b[31m", "\ud800", "1\n2"])
def test_the_name_of_a_suite_is_fit_for_a_terminal(name):
    assert all(what.isprintable() for what in rows(keys={name: {"left": 1, "loaded": 2}}))


def test_a_number_beyond_all_bounds_is_shown_and_not_reckoned_with():
    assert rows(battery_mv=HUGE)["battery"].startswith("1000")
    assert rows(battery_mv=3700)["battery"] == "3.70 V"
    assert rows(battery_mv=None)["battery"] == "not measured"
    assert Part("microphone", True, {"rms_dbfs": HUGE, "peak_dbfs": -3.5}).words.endswith(
        "RMS, -3.5 dBFS peak"
    )


def test_an_answer_that_is_nested_without_need_is_none():
    assert messages.plain_object(b'{"a":' + b"[" * 15 + b"]" * 15 + b"}") is not None
    assert messages.plain_object(b'{"a":' + b"[" * 16 + b"]" * 16 + b"}") is None


def test_a_version_of_any_length_is_told_in_one_short_line():
    double = RecorderDouble()
    double.alter = lambda line: line.replace(b'"protocol": 1', b'"protocol": ' + b"9" * 3000)
    with pytest.raises(CloisterError, match="speaks version 999") as caught:
        RecorderClient(double, timeout_s=5).hello()
    assert len(caught.value.message) < 400


def test_a_port_that_never_falls_silent_is_listened_to_until_the_deadline(monkeypatch):
    class Flood:
        name = "flood"
        written = b""
        now_s = 0.0

        def read(self, timeout_s):
            self.now_s += 0.1
            assert self.now_s < 60, "there is no end to the reads"
            return b"noise\n"

        def write(self, data):
            self.written += data

    port = Flood()
    monkeypatch.setattr(lines.time, "monotonic", lambda: port.now_s)
    link = lines.LineLink(port)
    link.send(b"question", deadline=3.0)
    assert port.written == b"\nquestion\n"
    assert port.now_s < 4


def test_a_log_that_has_no_end_is_refused():
    class Endless(RecorderDouble):
        def _log(self, request):
            assert request["after"] < 10 * MOST_ENTRIES, "there is no end to the questions"
            return {"entries": [{"n": request["after"] + 1, "what": "start"}]}

    double = Endless(b"recorder", bytes(32))
    client = RecorderClient(double, timeout_s=5)
    client.hello()
    client.use_secret(bytes(32))
    with pytest.raises(CloisterError, match="log goes on"):
        read_log(client)
    assert len(double.requests) <= MOST_ENTRIES + 1
