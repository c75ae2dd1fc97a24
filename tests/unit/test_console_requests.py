"""How the console hands requests to handlers, and what becomes of what those do. On both interpreters."""

import json

import pytest

from tests.unit.console_peer import AUTH, SYNTAX, Peer

PROVISION = {"id": 1, "do": "provision", "recorder": "00" * 8, "secret": "00" * 32, "seed": "00" * 64}
PROVISIONED_KEY = bytes(range(32))


@pytest.fixture(scope="module")
def console(micropython):
    peer = Peer(micropython.command)
    yield peer
    peer.close()


@pytest.fixture
def peer(console):
    console.hello()
    return console


@pytest.fixture
def fresh(micropython):
    """An unprovisioned recorder's console."""
    peer = Peer(micropython.command, key=None)
    yield peer
    peer.close()


def plain(request) -> bytes:
    return json.dumps(request).encode() + b"\n"


def test_an_unknown_request_is_named_as_such_in_an_authentic_answer(peer):
    answer = peer.ask("audio")
    assert (answer["ok"], answer["error"]) == (False, "unknown")


@pytest.mark.parametrize("do", [None, 7, True, ["echo"], {"echo": 1}])
def test_a_request_whose_do_is_no_string_is_a_syntax_error_in_an_authentic_answer(peer, do):
    answer = peer.ask(do)
    assert (answer["ok"], answer["error"]) == (False, "syntax")


def test_a_refusal_is_answered_with_its_code_and_message(peer):
    answer = peer.ask("refuse")
    assert answer == {"id": peer.last_id, "ok": False, "error": "value", "message": "rate must be 16000"}


@pytest.mark.parametrize("do", ["break", "exhaust", "float", "numbered"])
def test_a_handler_that_fails_is_answered_with_fault_and_counted(peer, do):
    before = peer.ask("count")["faults"]
    answer = peer.ask(do)
    assert (answer["ok"], answer["error"]) == (False, "fault")
    assert peer.ask("count")["faults"] == before + 1


def test_a_port_that_fails_to_send_does_not_end_the_console(peer):
    before = peer.ask("count")["faults"]
    peer.last_id += 1
    peer.send(peer.sealed(json.dumps({"id": peer.last_id, "do": "mute"}).encode()))
    assert peer.ask("count")["faults"] == before + 1


def test_a_handler_may_return_nothing(fresh):
    fresh.hello()
    assert json.loads(fresh.ask_raw(plain(PROVISION))) == {"id": 1, "ok": True}


def test_provision_is_plain_works_once_and_needs_a_new_hello_after_it(fresh):
    assert fresh.ask_raw(plain(PROVISION)) == AUTH
    fresh.hello()
    assert json.loads(fresh.ask_raw(plain(PROVISION)))["ok"]
    fresh.key = PROVISIONED_KEY
    assert fresh.ask_raw(fresh.sealed(b'{"id": 2, "do": "count"}')) == AUTH
    fresh.hello()
    assert fresh.calls() == 1
    answer = json.loads(fresh.ask_raw(plain(PROVISION | {"id": 9})))
    assert (answer["id"], answer["ok"], answer["error"]) == (9, False, "state")
    assert fresh.calls() == 1


def test_a_refused_provision_leaves_the_recorder_unprovisioned_and_greeted(fresh):
    fresh.hello()
    answer = json.loads(fresh.ask_raw(plain(PROVISION | {"config": {"rate": 1}})))
    assert (answer["id"], answer["error"]) == (1, "value")
    assert fresh.ask_raw(plain(PROVISION)) == AUTH, "its id is spent"
    assert json.loads(fresh.ask_raw(plain(PROVISION | {"id": 2})))["ok"]


def test_a_plain_provision_at_a_provisioned_recorder_does_not_spend_an_id(peer):
    answer = json.loads(peer.ask_raw(plain(PROVISION | {"id": 1000})))
    assert (answer["id"], answer["error"]) == (1000, "state")
    assert peer.ask("count")["ok"]


def test_an_authentic_provision_is_refused_too(peer):
    calls = peer.calls()
    assert peer.ask("provision", recorder="00" * 8)["error"] == "state"
    assert peer.calls() == calls


def test_a_provision_with_a_bad_id_is_refused(fresh):
    fresh.hello()
    assert fresh.ask_raw(plain(PROVISION | {"id": "1"})) == SYNTAX
    assert fresh.ask_raw(plain(PROVISION | {"id": 0})) == AUTH


def test_an_unprovisioned_recorder_believes_no_mac(fresh):
    fresh.hello()
    for key in (bytes(32), b""):
        fresh.key = key
        assert fresh.ask_raw(fresh.sealed(b'{"id": 1, "do": "echo"}')) == AUTH
