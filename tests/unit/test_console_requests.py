"""How the console hands requests to their modules, and what becomes of those. On both interpreters."""

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


# The last two are requests whose modules the tests' firmware does not have.
UNKNOWN = [
    "audio",
    "",
    "hello",
    "Status",
    "status ",
    "keys recovery",
    "__init__",
    "../console",
    "service",
    "log",
]


@pytest.mark.parametrize("do", UNKNOWN)
def test_an_unknown_request_is_named_as_such_in_an_authentic_answer(peer, do):
    faults = peer.faults()
    answer = peer.ask(do)
    assert (answer["ok"], answer["error"]) == (False, "unknown")
    assert peer.faults() == faults


def test_a_module_is_loaded_anew_for_each_request(peer):
    assert [peer.ask("status")["asked"] for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("do", [None, 7, True, ["echo"], {"echo": 1}])
def test_a_request_whose_do_is_no_string_is_a_syntax_error_in_an_authentic_answer(peer, do):
    answer = peer.ask(do)
    assert (answer["ok"], answer["error"]) == (False, "syntax")


def test_a_refusal_is_answered_with_its_code_and_message(peer):
    answer = peer.act("refuse")
    assert answer == {"id": peer.last_id, "ok": False, "error": "value", "message": "rate must be 16000"}


@pytest.mark.parametrize("act", ["break", "exhaust", "float", "numbered", "miss", "no such act"])
def test_a_handler_that_fails_is_answered_with_fault_and_counted(peer, act):
    before = peer.faults()
    answer = peer.act(act)
    assert (answer["ok"], answer["error"]) == (False, "fault")
    assert peer.faults() == before + 1


def test_a_port_that_fails_to_send_does_not_end_the_console(peer):
    before = peer.faults()
    peer.send(peer.question("selftest", act="mute"))
    assert peer.faults() == before + 1


def test_a_handler_may_return_nothing(fresh):
    fresh.hello()
    assert json.loads(fresh.ask_raw(plain(PROVISION))) == {"id": 1, "ok": True}


def test_provision_is_plain_works_once_and_needs_a_new_hello_after_it(fresh):
    assert fresh.ask_raw(plain(PROVISION)) == AUTH
    fresh.hello()
    assert json.loads(fresh.ask_raw(plain(PROVISION)))["ok"]
    fresh.key = PROVISIONED_KEY
    assert fresh.ask_raw(fresh.sealed(b'{"id": 2, "do": "status"}')) == AUTH
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
    assert peer.ask("status")["ok"]


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
        assert fresh.ask_raw(fresh.sealed(b'{"id": 1, "do": "selftest"}')) == AUTH


def test_a_reset_is_answered_with_the_key_that_it_erased_and_a_new_hello_follows(micropython):
    peer = Peer(micropython.command)
    peer.hello()
    peer.send(peer.question("reset"))
    assert peer.opened(peer.read()) == {"id": peer.last_id, "progress": 0.999}
    assert peer.opened(peer.read()) == {"id": peer.last_id, "ok": True}
    assert peer.ask_raw(peer.question("selftest")) == AUTH
    assert peer.ask_raw(plain(PROVISION | {"id": 1000})) == AUTH, "its nonces are void"
    peer.key = bytes(32)
    assert peer.ask_raw(peer.question("selftest")) == AUTH
    peer.hello()
    assert json.loads(peer.ask_raw(plain(PROVISION)))["ok"]
    peer.key = PROVISIONED_KEY
    peer.hello()
    assert peer.calls() == 2
    peer.close()


def test_progress_is_told_in_authentic_lines_before_the_answer(peer):
    shares = {
        0: "0.000",
        1: "0.001",
        49: "0.049",
        500: "0.500",
        999: "0.999",
        1000: "1",
        1001: "1",
        -1: "0.000",
    }
    peer.send(peer.question("wipe_card", at=list(shares)))
    for share in shares.values():
        line = peer.read()
        assert peer.opened(line)["id"] == peer.last_id
        assert line[33:].decode() == f'{{"id": {peer.last_id}, "progress": {share}}}'
    answer = peer.opened(peer.read())
    assert answer["released"] == [False] * len(shares), "a request under way keeps the console"
    assert peer.ask("selftest")["ok"]


def test_progress_that_cannot_be_sent_does_not_end_the_request(peer):
    faults = peer.faults()
    peer.send(peer.question("wipe_card", at=[1, 2, 3], mute=True))
    answer = peer.opened(peer.read())
    assert (answer["ok"], len(answer["released"])) == (True, 3)
    assert peer.faults() == faults + 3


def test_a_plain_request_tells_no_progress(fresh):
    fresh.hello()
    assert "progress" not in json.loads(fresh.ask_raw(plain(PROVISION)))
