"""Requests that take long, and requests that must not be sent twice: progress, time-outs, no repeating."""

import threading
import time

import pytest

from host_tools.errors import CloisterError
from host_tools.recorder import client as client_module
from host_tools.recorder.client import RecorderClient, RecorderRefused
from tests.serviced_recorder import ServicedRecorder

SECRET = bytes(range(32))
RECORDER_ID = bytes.fromhex("0123456789abcdef")


@pytest.fixture
def recorder(monkeypatch):
    monkeypatch.setattr(client_module, "_HELLO_ATTEMPT_S", 0.1)
    return ServicedRecorder(RECORDER_ID, SECRET)


def greeted(recorder, timeout_s=0.5):
    client = RecorderClient(recorder, timeout_s)
    client.hello()
    client.use_secret(SECRET)
    return client


def asked(recorder):
    return [request["do"] for request in recorder.requests]


def test_progress_is_told_as_it_comes_and_the_answer_ends_it(recorder):
    recorder.progress = [0, 1, 500, 1000]
    told = []
    assert greeted(recorder).request_once("wipe_card", told.append, level="all")["ok"] is True
    assert told == [0, 0.001, 0.5, 1]


@pytest.mark.parametrize("progress", [-0.1, 1.5, "0.5", True, None, float("nan"), [0.5]])
def test_what_is_no_fraction_is_not_told(recorder, progress):
    told = []
    recorder._wipe_card = lambda request: (
        recorder.say(recorder.authentic({"id": request["id"], "progress": progress})) or {}
    )
    greeted(recorder).request_once("wipe_card", told.append, level="all")
    assert told == []


def test_progress_without_a_mac_or_of_another_request_is_not_told(recorder):
    told = []
    client = greeted(recorder)
    client.request("status")

    def wipe(request):
        recorder.say(b'{"id": 2, "progress": 0.9}\n')
        recorder.say(recorder.authentic({"id": 1, "progress": 0.8}))
        recorder.say(recorder.authentic({"id": 2, "ok": True, "progress": 0.7}))
        return {}

    recorder._wipe_card = wipe
    assert client.request_once("wipe_card", told.append, level="all")["progress"] == 0.7
    assert told == []


def test_the_time_counts_from_the_last_line(recorder):
    def later(request):
        for _ in range(4):
            time.sleep(0.2)
            recorder.say(recorder.authentic({"id": request["id"], "progress": 0.5}))
        recorder.say(recorder.authentic({"id": request["id"], "ok": True}))

    recorder._answer_now = recorder._answer

    def answer(line):
        if b"wipe_card" not in line:
            return recorder._answer_now(line)
        threading.Thread(target=later, args=({"id": 1},)).start()
        return b""

    recorder._answer = answer
    told = []
    assert greeted(recorder, 0.5).request_once("wipe_card", told.append, level="all")["ok"] is True
    assert told == [0.5] * 4


def test_a_recorder_that_falls_silent_while_it_works_is_told(recorder):
    recorder.progress = [100]
    client = greeted(recorder, 0.3)
    recorder.alter = lambda line: b"" if b'"ok"' in line else line
    with pytest.raises(CloisterError, match=r"has not answered within 0.3 s; wipe_card may have been begun"):
        client.request_once("wipe_card", lambda fraction: None, level="all")


def test_a_line_spoilt_on_its_way_does_not_end_what_has_begun(recorder):
    def wipe(request):
        recorder.say(recorder.authentic({"id": request["id"], "progress": 0.1}))
        recorder.say(recorder.authentic({"id": request["id"], "progress": 0.2}).replace(b"0.2", b"0.9"))
        recorder.say(b'{"id": null, "ok": false, "error": "syntax"}\n')
        return {}

    recorder._wipe_card = wipe
    told = []
    assert greeted(recorder).request_once("wipe_card", told.append, level="all")["ok"] is True
    assert told == [0.1]


@pytest.mark.parametrize("do", ["wipe_card", "service", "reset"])
def test_a_request_that_may_have_begun_is_not_sent_again(recorder, do):
    client = greeted(recorder)
    recorder.alter = lambda line: line if line.startswith(b"{") else line.replace(b"ok", b"no")
    with pytest.raises(CloisterError, match=f"{do} may have been begun all the same") as caught:
        client.request_once(do, level="all")
    assert "cloister status" in caught.value.hint
    assert asked(recorder) == [do]


def test_a_request_once_that_is_refused_says_why(recorder):
    recorder.refuse["reset"] = "hold both buttons"
    with pytest.raises(RecorderRefused, match="refused reset: hold both buttons"):
        greeted(recorder).request_once("reset")
    assert recorder.done == []
