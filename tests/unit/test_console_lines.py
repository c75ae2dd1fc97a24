"""Lines and flow control of the console, on both interpreters."""

import json

import pytest

from tests.unit.console_peer import AUTH, SYNTAX, Peer


@pytest.fixture(scope="module")
def peer(micropython):
    peer = Peer(micropython.command)
    yield peer
    peer.close()


def padded_hello(size_bytes: int) -> bytes:
    """A hello line of exactly `size_bytes`, its end included."""
    question = json.dumps({"id": 0, "do": "hello", "nonce": "00" * 16}).encode()
    return question + b" " * (size_bytes - len(question) - 1) + b"\n"


SIZES = [(191, 0), (192, 0), (193, 1), (384, 1), (385, 2), (1000, 5), (4096, 21), (4097, 21), (9000, 46)]


@pytest.mark.parametrize(("size_bytes", "acknowledged"), SIZES)
def test_byte_06_comes_after_every_192_bytes_of_a_line_that_goes_on(peer, size_bytes, acknowledged):
    before = peer.acknowledged
    peer.ask_raw(padded_hello(size_bytes))
    assert peer.acknowledged - before == acknowledged


def test_byte_06_is_sent_before_the_line_ends(peer):
    before = peer.acknowledged
    peer.send(b"x" * 192)
    with pytest.raises(AssertionError, match="no line within"):
        peer.read(timeout_s=0.5)
    assert peer.acknowledged == before + 1
    assert peer.ask_raw(b"\n") == SYNTAX


def test_the_count_of_192_begins_anew_with_each_line(peer):
    before = peer.acknowledged
    peer.send(b"x" * 150 + b"\n" + b"y" * 150 + b"\n")
    assert [peer.read(), peer.read()] == [SYNTAX, SYNTAX]
    assert peer.acknowledged == before


def test_empty_lines_and_carriage_returns_are_ignored(peer):
    peer.send(b"\n\r\n\n\r\n")
    assert json.loads(peer.ask_raw(padded_hello(100).replace(b"\n", b"\r\n")))["ok"]
    peer.hello()
    peer.last_id += 1
    line = peer.sealed(json.dumps({"id": peer.last_id, "do": "status"}).encode())
    assert peer.opened(peer.ask_raw(b"\r\n" + line.replace(b"\n", b"\r\n")))["ok"]


def test_an_authentic_line_of_4096_bytes_is_taken_and_one_of_4097_is_not(peer):
    peer.hello()
    calls = peer.calls()
    for size_bytes, taken in ((4096, True), (4097, False)):
        peer.last_id += 1
        text = json.dumps({"id": peer.last_id, "do": "selftest"}).encode()
        line = peer.sealed(text + b" " * (size_bytes - 34 - len(text)))
        assert len(line) == size_bytes
        answer = peer.ask_raw(line)
        assert peer.opened(answer)["ok"] if taken else answer == SYNTAX
    assert peer.calls() == calls + 1


def test_a_plain_line_that_is_longer_than_any_hello_is_refused(peer):
    assert json.loads(peer.ask_raw(padded_hello(1537)))["ok"]
    assert peer.ask_raw(padded_hello(1538)) == SYNTAX


NOISE = [b"hello", b"x" * 40, b"[1]", b'"hello"', b"0" * 32, b"ets Jul 29 2019", b"\x00", b" {}"]


@pytest.mark.parametrize("line", NOISE)
def test_a_line_that_is_neither_json_nor_authentic_is_a_syntax_error(peer, line):
    assert peer.ask_raw(line + b"\n") == SYNTAX


def test_a_line_after_an_overlong_one_is_taken_as_usual(peer):
    assert peer.ask_raw(b"z" * 20_000 + b"\n") == SYNTAX
    assert peer.hello()["ok"]


def test_answers_of_up_to_4096_bytes_are_sent_and_longer_ones_become_a_fault(peer):
    peer.hello()
    frame_bytes = len(json.dumps({"text": "", "id": 1, "ok": True})) + 34
    assert len(peer.act("long", characters=4096 - frame_bytes)["text"]) == 4096 - frame_bytes
    answer = peer.act("long", characters=4097 - frame_bytes)
    assert (answer["ok"], answer["error"]) == (False, "fault")


def test_what_the_recorder_sends_ends_in_one_newline_and_nothing_else(peer):
    assert peer.ask_raw(b'{"id": 1, "do": "status"}\n') == AUTH
    assert peer.ask_raw(b"rubbish\n") == SYNTAX
