"""Who is believed by the console; what a line without a right MAC can do: nothing. On both interpreters."""

import json

import pytest

from tests.unit.console_peer import AUTH, KEY, SYNTAX, Peer

HIGHEST_ID = (1 << 30) - 1


@pytest.fixture(scope="module")
def console(micropython):
    peer = Peer(micropython.command)
    yield peer
    peer.close()


@pytest.fixture
def peer(console):
    """A console that has just been greeted, and did nothing while it was asked."""
    console.hello()
    calls = console.calls()
    console.expected_calls = 0
    yield console
    assert console.hello()["ok"]
    assert console.calls() == calls + console.expected_calls


def echo(request_id) -> bytes:
    return json.dumps({"id": request_id, "do": "selftest"}).encode()


def test_hello_is_answered_in_plain_with_all_its_fields(peer):
    answer = peer.hello()
    fields = {"id", "ok", "protocol", "firmware", "build", "board", "recorder", "state", "nonce"}
    assert set(answer) == fields
    assert (answer["id"], answer["ok"], answer["protocol"]) == (0, True, 1)
    assert len(bytes.fromhex(answer["nonce"])) == 16


def test_each_hello_gets_a_fresh_nonce(peer):
    assert len({peer.hello()["nonce"] for _ in range(20)}) == 20


BAD_NONCES = ["00" * 15, "00" * 17, "AB" * 16, "zz" * 16, "", 7, None, ["00" * 16], "é" * 32]


@pytest.mark.parametrize("nonce", BAD_NONCES)
def test_a_hello_with_a_bad_nonce_names_it_and_leaves_the_last_nonces_in_force(peer, nonce):
    answer = peer.hello(nonce=nonce)
    assert (answer["ok"], answer["error"]) == (False, "value")
    assert answer["message"] == "nonce must be 16 bytes in lower-case hex"
    assert peer.ask("status")["ok"]


def test_before_hello_even_a_line_with_the_right_key_is_not_authentic(micropython):
    peer = Peer(micropython.command)
    for nonces in (b"", bytes(32)):
        peer.nonces = nonces
        assert peer.ask_raw(peer.sealed(echo(1))) == AUTH
    peer.hello()
    assert peer.calls() == 0
    peer.close()


def test_an_authentic_request_is_answered_with_a_mac_in_the_other_direction(peer):
    peer.expected_calls = 1
    assert peer.ask("selftest", text="grüße")["request"] == {
        "id": peer.last_id,
        "do": "selftest",
        "text": "grüße",
    }


@pytest.mark.parametrize("position", range(0, 32))
def test_every_digit_of_the_mac_counts(peer, position):
    line = bytearray(peer.sealed(echo(50)))
    line[position] = ord("0") if line[position] != ord("0") else ord("1")
    assert peer.ask_raw(bytes(line)) == AUTH


def test_a_mac_in_capitals_is_not_authentic(peer):
    lines = (peer.sealed(echo(request_id)) for request_id in range(50, 100))
    line = next(line for line in lines if line[:32] != line[:32].upper())
    assert peer.ask_raw(line[:32].upper() + line[32:]) == AUTH


def test_the_recorders_own_direction_is_not_believed_from_the_laptop(peer):
    text = echo(50)
    assert peer.ask_raw(peer.mac(text, b"<") + b" " + text + b"\n") == AUTH


def test_another_secret_is_not_believed(peer):
    peer.key = bytes(32)
    assert peer.ask_raw(peer.sealed(echo(50))) == AUTH
    peer.key = KEY


def test_a_request_of_an_earlier_hello_is_not_believed(peer):
    line = peer.sealed(echo(50))
    peer.hello()
    assert peer.ask_raw(line) == AUTH


def test_a_request_cannot_be_replayed(peer):
    peer.expected_calls = 1
    line = peer.sealed(echo(50))
    assert peer.opened(peer.ask_raw(line))["ok"]
    assert peer.ask_raw(line) == AUTH


def test_ids_must_rise(peer):
    peer.expected_calls = 3
    assert peer.opened(peer.ask_raw(peer.sealed(echo(50))))["ok"]
    assert peer.ask_raw(peer.sealed(echo(49))) == AUTH
    assert peer.opened(peer.ask_raw(peer.sealed(echo(51))))["ok"]
    assert peer.opened(peer.ask_raw(peer.sealed(echo(HIGHEST_ID))))["id"] == HIGHEST_ID
    assert peer.ask_raw(peer.sealed(echo(HIGHEST_ID))) == AUTH


def test_a_refused_request_has_spent_its_id(peer):
    line = peer.sealed(json.dumps({"id": 50, "do": "selftest", "act": "refuse"}).encode())
    assert peer.opened(peer.ask_raw(line))["error"] == "value"
    assert peer.ask_raw(line) == AUTH


def test_id_zero_is_hellos_and_no_other_requests(peer):
    assert peer.ask_raw(peer.sealed(echo(0))) == AUTH


BAD_IDS = [-1, HIGHEST_ID + 1, 1 << 70, 5.0, 5.5, "5", None, True, [5], {"id": 5}]


@pytest.mark.parametrize("request_id", BAD_IDS)
def test_an_id_that_is_no_number_of_the_range_is_a_syntax_error(peer, request_id):
    assert peer.ask_raw(peer.sealed(echo(request_id))) == SYNTAX


def test_a_missing_id_is_a_syntax_error(peer):
    assert peer.ask_raw(peer.sealed(b'{"do": "selftest"}')) == SYNTAX


NO_OBJECTS = [b"", b"{", b"[]", b"7", b'{"id": 50, "do": "selftest"', b'{"id": 50, "do": "selftest"} x']


@pytest.mark.parametrize("text", NO_OBJECTS)
def test_an_authentic_line_that_is_no_json_object_is_a_syntax_error(peer, text):
    assert peer.ask_raw(peer.sealed(text)) == SYNTAX


@pytest.mark.parametrize("do", ["selftest", "status", "reset", "", None, 7, ["hello"]])
def test_a_plain_request_that_needs_a_mac_is_not_authentic(peer, do):
    assert peer.ask_raw(json.dumps({"id": 50, "do": do}).encode() + b"\n") == AUTH


def test_a_plain_line_without_do_is_not_authentic(peer):
    assert peer.ask_raw(b"{}\n") == AUTH


def test_a_mac_in_front_of_a_plain_hello_is_no_hello(peer):
    answer = peer.ask("hello", nonce="00" * 16)
    assert (answer["ok"], answer["error"]) == (False, "unknown")
