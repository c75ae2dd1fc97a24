"""The laptop's side of the console: what it believes of a port, what it says of one that is no recorder."""

import json
import time

import pytest

from host_tools.errors import CloisterError
from host_tools.recorder import client as client_module
from host_tools.recorder.client import RecorderClient, RecorderRefused
from host_tools.recorder.lines import LineLink
from tests.unit.recorder_double import HELLO, RecorderDouble

SECRET = bytes(range(32))
RECORDER_ID = bytes.fromhex("0123456789abcdef")
BOOT_NOISE = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x17\r\n\xff\xfe{\x00\n"


@pytest.fixture
def recorder():
    return RecorderDouble(RECORDER_ID, SECRET)


@pytest.fixture(autouse=True)
def short_attempts(monkeypatch):
    monkeypatch.setattr(client_module, "_HELLO_ATTEMPT_S", 0.1)


def greeted(recorder, secret=SECRET, timeout_s=0.5):
    client = RecorderClient(recorder, timeout_s)
    client.hello()
    client.use_secret(secret)
    return client


def failure(action, *args) -> CloisterError:
    with pytest.raises(CloisterError) as caught:
        action(*args)
    assert "\n" not in caught.value.message
    return caught.value


def test_hello_tells_who_is_there(recorder):
    greeting = RecorderClient(recorder, 0.5).hello()
    assert (greeting.recorder_id, greeting.state, greeting.board) == (RECORDER_ID, "ready", "double")
    assert RecorderClient(RecorderDouble(), 0.5).hello().recorder_id is None


def test_a_request_and_its_answer_carry_right_macs(recorder):
    assert greeted(recorder).request("status")["state"] == "ready"


def test_every_attempt_starts_with_a_newline(recorder):
    greeted(recorder).request("status")
    assert all(write.startswith(b"\n") and write.endswith(b"\n") for write in recorder.writes)


def test_ids_rise_from_one_and_start_again_after_hello(recorder):
    client = greeted(recorder)
    for _ in range(3):
        client.request("status")
    client.hello()
    client.request("status")
    assert [request["id"] for request in recorder.requests] == [1, 2, 3, 1]


def test_noise_of_the_boot_rom_is_skipped(recorder):
    recorder.before_answer = BOOT_NOISE
    assert greeted(recorder).request("status")["state"] == "ready"


def test_hello_is_said_again_when_its_answer_was_spoilt_by_noise(recorder):
    noise = iter([b"half a line of noise"])
    recorder.alter = lambda line: next(noise, b"") + line
    assert RecorderClient(recorder, 1).hello().recorder_id == RECORDER_ID


def test_bytes_06_within_an_answer_are_no_part_of_it(recorder):
    recorder.alter = lambda line: line[:20] + b"\x06" + line[20:]
    assert greeted(recorder).request("status")["state"] == "ready"


def test_a_refusal_of_what_stood_in_the_recorders_input_does_not_spoil_hello(recorder):
    recorder.before_answer = b'{"id": null, "ok": false, "error": "syntax"}\n'
    assert RecorderClient(recorder, 0.5).hello().recorder_id == RECORDER_ID


def test_a_long_line_goes_in_blocks_of_192_each_waiting_for_06(recorder):
    greeted(recorder).request("config", text="x" * 2000)
    recorder.writes = [write.removeprefix(b"\n") for write in recorder.writes[1:]]
    assert [len(write) for write in recorder.writes[:-1]] == [192] * (len(recorder.writes) - 1)
    assert 0 < len(recorder.writes[-1]) <= 192


def test_nothing_is_sent_ahead_of_06(recorder):
    client = greeted(recorder)
    recorder.writes.clear()
    recorder.acknowledges = 0
    error = failure(lambda: client.request("config", text="x" * 2000))
    assert "stopped in the middle of a request" in error.message
    assert [len(write) for write in recorder.writes] == [193]


def test_each_byte_06_lets_one_block_go(recorder):
    client = greeted(recorder)
    recorder.writes.clear()
    recorder.acknowledges = 3
    failure(lambda: client.request("config", text="x" * 2000))
    assert [len(write) for write in recorder.writes] == [193, 192, 192, 192]


def test_bytes_06_from_before_the_line_do_not_count(recorder):
    client = greeted(recorder)
    recorder.writes.clear()
    recorder.acknowledges = 0
    recorder.say(b"\x06\x06\x06")
    failure(lambda: client.request("config", text="x" * 2000))
    assert len(recorder.writes) == 1


def test_a_line_of_exactly_192_bytes_waits_for_nothing(recorder):
    client = greeted(recorder)
    recorder.acknowledges = 0
    frame_bytes = 33 + len(b'{"id":1,"do":"config","text":""}') + 1
    recorder.writes.clear()
    assert client.request("config", text="x" * (192 - frame_bytes))["ok"]
    assert [len(write) for write in recorder.writes] == [193]


def test_a_wrong_secret_is_told(recorder):
    error = failure(greeted(recorder, secret=bytes(32)).request, "status")
    assert error.message == "the recorder does not accept the secret that this vault has for it"


def test_an_answer_with_a_wrong_mac_is_told_from_a_wrong_secret(recorder):
    client = greeted(recorder)
    recorder.alter = lambda line: line if line.startswith(b"{") else line.replace(b"ready", b"fault")
    error = failure(client.request, "status")
    assert error.message == "the answers are not from the recorder that this vault knows"


def test_the_laptops_own_line_sent_back_is_not_believed(recorder):
    client = greeted(recorder)
    recorder.alter = lambda line: line if line.startswith(b"{") else recorder.writes[-1].strip()
    assert "not from the recorder" in failure(client.request, "status").message


def test_a_plain_answer_to_an_authenticated_request_is_not_believed(recorder):
    client = greeted(recorder)
    recorder.alter = lambda line: line if line.startswith(b"{") else line[33:]
    assert "has not answered within 0.5 s" in failure(client.request, "status").message


def test_a_plain_line_before_the_authentic_answer_is_not_believed(recorder):
    client = greeted(recorder)
    lies = b'{"id": 1, "ok": true, "state": "recording"}\n{"id": 1, "ok": false, "error": "fault"}\n'
    recorder.before_answer = lies
    assert client.request("status")["state"] == "ready"


def test_an_authentic_answer_to_an_earlier_request_is_not_taken_for_this_one(recorder):
    client = greeted(recorder)
    client.request("status")
    earlier = b'{"id": 1, "ok": true, "state": "old"}'
    recorder.before_answer = recorder._mac(b"<", earlier) + b" " + earlier + b"\n"
    assert client.request("status")["state"] == "ready"


def test_a_recorder_that_restarted_is_greeted_again(recorder):
    client = greeted(recorder)
    client.request("status")
    recorder.nonces = b""
    assert client.request("status")["state"] == "ready"


def test_a_refusal_is_said_in_the_recorders_words_without_control_characters(recorder):
    recorder.refuse["config"] = "rate must be \x1b[31m16000\n"
    with pytest.raises(RecorderRefused) as caught:
        greeted(recorder).request("config", rate=1)
    assert caught.value.message == "the recorder refused config: rate must be ?[31m16000?"
    assert caught.value.code == "value"


def test_a_silent_port_is_told(recorder):
    recorder._answer = lambda line: b""
    assert failure(RecorderClient(recorder, 0.3).hello).message == "/dev/double does not answer"


RUBBISH = {
    "a loopback": lambda line: line,
    "a shell": lambda line: b"login: \r\npassword: ",
    "random": lambda line: bytes(range(256)) * 4,
    "an endless line": lambda line: b"x" * 100_000,
    "deep JSON": lambda line: b'{"id":' * 700 + b"[" * 3000,
    "a long number": lambda line: b'{"id":' + b"9" * 4000 + b"}",
    "another JSON": lambda line: b'{"id": 0, "temperature": 20}',
    "a list": lambda line: b'[{"id": 0, "ok": true}]',
    "no nonce": lambda line: json.dumps(HELLO | {"recorder": None}).encode(),
    "a bad nonce": lambda line: json.dumps(HELLO | {"recorder": None, "nonce": "00"}).encode(),
    "a bad id": lambda line: json.dumps(HELLO | {"recorder": 5, "nonce": "00" * 16}).encode(),
    "only refusals": lambda line: b'{"id": null, "ok": false, "error": "auth"}',
}


@pytest.mark.parametrize("answer", RUBBISH.values(), ids=RUBBISH.keys())
def test_a_port_that_answers_rubbish_is_no_recorder(recorder, answer):
    recorder._answer = answer
    error = failure(RecorderClient(recorder, 0.5).hello)
    assert error.message == "/dev/double answers, but not as a recorder"


def test_rubbish_is_given_up_before_silence_is(recorder):
    recorder._answer = lambda line: b"rubbish"
    failure(RecorderClient(recorder, 30).hello)
    assert len(recorder.writes) == 3


def test_memory_is_bounded_whatever_a_port_sends(recorder):
    link = LineLink(recorder)
    recorder.say(b"x\n" * 50_000 + b"y" * 500_000)
    assert link.receive(time.monotonic() + 1) == b"x"
    assert len(link._pending) <= 4096
    assert len(link._lines) <= 64


def test_another_version_of_the_protocol_is_named(recorder):
    recorder.alter = lambda line: line.replace(b'"protocol": 1', b'"protocol": 2')
    assert "speaks version 2" in failure(RecorderClient(recorder, 0.5).hello).message


def test_a_hello_that_fails_in_the_recorder_is_said_in_its_words(recorder):
    recorder.alter = lambda line: b'{"id": 0, "ok": false, "error": "fault", "message": "oops"}'
    assert failure(RecorderClient(recorder, 0.5).hello).message == "the recorder refused hello: oops"


def test_an_id_from_hello_that_is_no_hex_is_not_shown(recorder):
    recorder.alter = lambda line: line.replace(RECORDER_ID.hex().encode(), b"\\u001b[2J")
    assert "not as a recorder" in failure(RecorderClient(recorder, 0.3).hello).message
