"""`cloister selftest` and `cloister recorder …`, as a user types them; a double on a pty is the recorder."""

import json
import sys

import click
import pytest

from host_tools.recorder import client
from tests.reference_writer import key_id
from tests.serviced_recorder import FINE
from tests.typed_command import Cloister, errors

WIPE = ("recorder", "wipe-card", "--level", "all")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict:
    """Somebody at a terminal; `asked` is what the program asked, `yes` what is answered."""
    there = {"asked": [], "yes": True}

    def ask(text: str, **options: object):
        there["asked"].append(text)
        return there["yes"]

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", ask)
    monkeypatch.setattr(click, "prompt", ask)
    return there


def test_selftest_of_a_recorder_that_is_well(cloister: Cloister, recorder, port) -> None:
    assert cloister("selftest", "--port", port) == 0
    for words in (
        "-61 dBFS RMS, -48 dBFS peak",
        "written and read back",
        "neither is down",
        "the red light is lit with the microphone",
        "clock chip",
        "the random numbers differ",
    ):
        assert words in cloister.out
    assert cloister("selftest", "--port", port, "--json") == 0
    assert json.loads(cloister.out) == {
        "recorder": recorder.recorder_id.hex(), "ok": True, "parts": FINE,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("microphone", {"ok": False, "rms_dbfs": -120, "peak_dbfs": -120}, "it delivers no sound"),
        ("card", {"ok": False, "reason": "no card\x1b"}, "no card?"),
        ("buttons", {"ok": False, "closed": [False, True]}, "button 2 is down, or stuck"),
        ("buttons", {"ok": False, "closed": [True, True]}, "both are down, or stuck"),
        ("buttons", {"ok": False, "closed": 5}, "one does not work"),
        ("indicator", {"ok": False}, "no current flows through the red light"),
        ("clock", {"ok": False, "source": "none", "chip": False}, "not set; no clock chip answers"),
        ("entropy", {"ok": False}, "repeat"),
        ("entropy", {"ok": 1}, "NOT OK"),
        ("radio", {"ok": False, "found": "one"}, "found one"),
    ],
)
def test_selftest_says_what_is_wrong(cloister: Cloister, recorder, port, name, fields, words) -> None:
    recorder.parts[name] = fields
    assert cloister("selftest", "--port", port) == 3
    assert words in cloister.out and "NOT OK" in cloister.out
    assert "\x1b" not in cloister.out
    assert cloister("selftest", "--port", port, "--json") == 3
    assert json.loads(cloister.out)["parts"][name] == fields


def test_selftest_in_another_form_is_told(cloister: Cloister, recorder, port) -> None:
    recorder.parts = {"ok": True}
    assert "not in the form of protocol 1" in cloister.refused("selftest", "--port", port)


def entry(number: int, what: str = "power-on", value: object = 0) -> dict:
    return {"n": number, "boot": 2, "uptime_s": 3725, "what": what, "value": value}


def test_the_whole_log_is_shown(cloister: Cloister, recorder, port) -> None:
    recorder.log = [entry(number) for number in range(5, 45)]
    recorder.log += [entry(45, "fault", 4), entry(46, "later", 7), entry(47, "\x1b[31m")]
    assert cloister("recorder", "log", "--port", port) == 0
    assert len(cloister.out.splitlines()) == 44
    for words in (
        "switched on",
        "1:02:05",
        "fault: the microphone has a fault (code 4)",
        "later (7)",
        "?[31m",
    ):
        assert words in cloister.out
    assert [request["after"] for request in recorder.requests] == [0, 20, 36, 47]
    cloister("recorder", "log", "--port", port, "--json")
    assert json.loads(cloister.out)["entries"] == recorder.log


def test_an_empty_log(cloister: Cloister, port) -> None:
    assert cloister("recorder", "log", "--port", port) == 0
    assert (cloister.out, cloister.err) == ("", "The log is empty.\n")


@pytest.mark.parametrize("entries", [5, [5], [{}], [{"n": 0}], [{"n": 2}, {"n": 2}], [{"n": True}]])
def test_a_log_in_another_form_is_told_and_ends(cloister: Cloister, recorder, port, entries) -> None:
    recorder._log = lambda request: {"entries": entries}
    assert "not in the form of protocol 1" in cloister.refused("recorder", "log", "--port", port)


def test_wiping_asks_first_and_names_what_is_not_here(cloister: Cloister, recorder, port, answers) -> None:
    recorder.more_status = {"last": {"number": 3, "seal": "ab" * 16, "samples": 5}, "next_container": 4}
    recorder.progress = [0, 500, 1000]
    with cloister.made.open() as vault:
        vault.note_destroyed(recorder.recorder_id, 1)
    assert cloister(*WIPE, "--port", port) == 0
    assert recorder.done == [("wipe_card", "all")]
    assert answers["asked"][0].startswith("Overwrite everything on the card that is in recorder")
    assert "number 3 is not in this vault" in cloister.err
    assert "everything on it was overwritten" in cloister.out


def test_nothing_is_done_without_consent(cloister: Cloister, recorder, port, answers) -> None:
    answers["yes"] = False
    for command in (WIPE, ("recorder", "reset")):
        assert cloister(*command, "--port", port) == 1
        assert errors(cloister.err) == ["cloister: error: nothing was done"]
    assert recorder.done == []


@pytest.mark.parametrize("command", [WIPE, ("recorder", "reset"), ("recorder", "service")])
def test_without_a_terminal_a_yes_is_needed(cloister: Cloister, recorder, port, command, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert cloister(*command, "--port", port) == 1
    assert "--yes" in cloister.err and recorder.done == []
    assert cloister(*command, "--port", port, "--yes") == 0
    assert len(recorder.done) == 1


def test_the_level_of_wiping_has_to_be_said(cloister: Cloister, recorder, port) -> None:
    assert "level" in cloister.refused("recorder", "wipe-card", "--port", port, "--yes", status=2)
    assert recorder.writes == []


def test_what_the_recorder_refuses_is_said(cloister: Cloister, recorder, port) -> None:
    recorder.refuse["wipe_card"] = "not while the recorder is recording"
    assert cloister(*WIPE, "--port", port, "--yes") == 1
    assert errors(cloister.err) == [
        "cloister: error: the recorder refused wipe_card: not while the recorder is recording"
    ]


def test_reset_settles_first_says_what_is_lost_and_asks_for_both_buttons(
    cloister: Cloister, recorder, port, answers
) -> None:
    key = key_id(cloister.made.writer.public)
    recorder.struck = [{"number": 1, "key": key.hex()}]
    assert cloister("recorder", "reset", "--port", port) == 0
    assert recorder.done == ["reset"] and recorder.struck == []
    assert "its private key is destroyed here, too" in cloister.err
    assert "Recordings stay readable in this vault" in cloister.err
    assert "Its card is not touched" in cloister.err
    assert answers["asked"] == ["Go on?", "Hold both buttons of the recorder down, and press Enter:"]
    with cloister.made.open() as vault:
        assert vault.private_key_for(key).destroyed
        assert vault.recorder_secret(recorder.recorder_id) == recorder.secret


def test_service_asks_for_both_buttons(cloister: Cloister, recorder, port, answers) -> None:
    assert cloister("recorder", "service", "--port", port) == 0
    assert (recorder.done, len(answers["asked"])) == (["service"], 1)
    assert "stops before its firmware" in cloister.out


def test_a_recorder_that_was_changed_for_another_meanwhile_is_left_alone(
    cloister: Cloister, recorder, port, answers, monkeypatch
) -> None:
    def change(text: str, **options: object) -> bool:
        recorder.recorder_id = bytes(8)
        return True

    monkeypatch.setattr(click, "confirm", change)
    assert cloister(*WIPE, "--port", port) == 1
    assert "is no longer on this port: nothing was done" in cloister.err
    assert recorder.done == []


def test_ctrl_c_while_wiping_says_that_the_recorder_goes_on(cloister: Cloister, port, monkeypatch) -> None:
    def interrupted(self: object, do: str, *rest: object, **fields: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(client.RecorderClient, "request_once", interrupted)
    assert cloister(*WIPE, "--port", port, "--yes") == 130
    assert "the recorder goes on wiping" in cloister.err


@pytest.mark.parametrize("command", [("selftest",), ("recorder", "log"), (*WIPE, "--yes")])
def test_a_recorder_that_nobody_has_provisioned_is_told(cloister: Cloister, recorder, port, command) -> None:
    recorder.recorder_id = None
    assert cloister.refused(*command, "--port", port) == "the recorder is not provisioned yet"
