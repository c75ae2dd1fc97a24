"""What each of the laptop's requests does, with the recorder's own store behind it. On both interpreters."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path

import pytest

from host_tools.container.suites import make_private_key, public_key_of
from tests.unit.console_peer import Peer

HARNESS = Path(__file__).with_name("requests_harness.py")
SECRET = bytes(range(32))
PROVISION = {
    "id": 1, "do": "provision", "recorder": "0102030405060708", "secret": SECRET.hex(), "seed": "ab" * 64,
    "time_ms": 1_800_000_000_000, "config": {"rate": 8000},
}  # fmt: skip
CONSOLE_KEY = hmac.digest(hmac.digest(bytes(32), SECRET, "sha256"), b"cloister/1 console\x01", "sha256")
DEFAULTS = {
    "rate": 16000, "channels": 1, "gain_db": 24, "parties": 2, "consent_window_s": 30,
    "container_minutes": 60, "retention_days": 0, "erase_expired": False, "indicator": 100, "max_minutes": 0,
}  # fmt: skip
NO_KEYS = {"left": 0, "loaded": 0, "last_resort": None, "recovery": None}


def public_keys(count: int, suite: int = 1) -> list[str]:
    keys = (public_key_of(suite, make_private_key(suite)) for _ in range(count))
    return [base64.b64encode(key).decode() for key in keys]


def key_id(encoded: str) -> str:
    return hashlib.sha256(base64.b64decode(encoded)).hexdigest()[:16]


@pytest.fixture
def start(micropython, tmp_path):
    """Starts a recorder on the same store each time; it is greeted."""
    peers = []

    def started(state="ready", *options, key=CONSOLE_KEY):
        while peers:
            peers.pop().close()
        program = (str(HARNESS), str(tmp_path / "store"), state, *options)
        peers.append(Peer(micropython.command, key, program=program))
        peers[0].hello()
        return peers[0]

    yield started
    while peers:
        peers.pop().close()


@pytest.fixture
def provisioned(start):
    """As start, once the recorder was provisioned."""
    provision(start("unprovisioned"))
    return start


def provision(peer, **fields) -> dict:
    return json.loads(peer.ask_raw(json.dumps(PROVISION | fields).encode() + b"\n"))


def refusal(answer: dict) -> str:
    assert answer["ok"] is False
    return f"{answer['error']}: {answer['message']}"


def test_provision_takes_id_secret_seed_time_and_settings(start):
    peer = start("unprovisioned")
    assert peer.hello()["recorder"] is None
    assert provision(peer) == {"id": 1, "ok": True}
    assert peer.hello()["recorder"] == PROVISION["recorder"]
    within = peer.ask("selftest")
    assert within["settings"] == DEFAULTS | {"rate": 8000}
    assert (within["notes"], within["dimmed"]) == (["provision"], [100])
    status = peer.ask("status")
    assert (status["clock"], status["time_ms"] // 60_000) == ("laptop", PROVISION["time_ms"] // 60_000)
    assert start().ask("status")["ok"]


BAD_PROVISIONS = {
    "recorder must be 8 bytes in lower-case hex": {"recorder": "01"},
    "secret must be 32 bytes in lower-case hex": {"secret": None},
    "seed must be 64 bytes in lower-case hex": {"seed": "AB" * 64},
    "time_ms must be whole milliseconds of Unix time, from 2020 to 2099": {"time_ms": 1_800_000_000},
    "rate must be one of 8000, 16000, 24000, 32000, 48000": {"config": {"parties": 1, "rate": 1}},
    "config must be an object": {"config": []},
}


def test_a_bad_provision_is_named_and_changes_nothing(start):
    peer = start("unprovisioned")
    for number, (message, fields) in enumerate(BAD_PROVISIONS.items(), 1):
        assert refusal(provision(peer, id=number, **fields)) == f"value: {message}"
    assert peer.hello()["recorder"] is None
    assert provision(peer, config={})["ok"]
    peer.hello()
    assert peer.ask("selftest")["settings"] == DEFAULTS


def test_settings_left_by_an_interrupted_provisioning_do_not_matter(provisioned, tmp_path):
    (tmp_path / "store" / "identity").unlink()
    peer = provisioned("unprovisioned")
    assert provision(peer, config={"parties": 3})["ok"]
    peer.hello()
    assert peer.ask("selftest")["settings"] == DEFAULTS | {"parties": 3}


def test_keys_are_stored_once_and_counted(provisioned):
    peer = provisioned()
    first, more = public_keys(40), public_keys(60)
    assert peer.ask("keys", suite=1, first=0, keys=first, last_resort=False)["left"] == 40
    again = peer.ask("keys", suite=1, first=0, keys=first)
    assert (again["left"], again["loaded"]) == (40, 40)
    assert peer.ask("keys", suite=1, first=40, keys=more)["loaded"] == 100
    assert refusal(peer.ask("keys", suite=1, first=101, keys=more)).startswith("value: first: a hole")
    assert refusal(peer.ask("keys", suite=1, first=0, keys=more)).startswith("value: keys: number 0 is")
    within = peer.ask("selftest")
    assert (within["notes"], within["prepared"]) == (["keys"] * 3, 0)
    assert [name for name in within["modules"] if name in ("crypto.x25519", "crypto.dhkem")] == []
    assert not [name for name in within["modules"] if name.startswith("recorder.requests.")]
    status = provisioned().ask("status")["keys"]
    assert status == {"1": NO_KEYS | {"left": 100, "loaded": 100}, "2": NO_KEYS}


def test_keys_of_suite_2_come_two_in_a_line_and_are_kept_with_their_hashes(provisioned, tmp_path):
    peer = provisioned()
    keys = public_keys(4, 2)
    assert peer.ask("keys", suite=2, first=0, keys=keys[:2], last_resort=False)["left"] == 2
    assert peer.ask("keys", suite=2, first=1, keys=keys[1:3])["loaded"] == 3
    assert refusal(peer.ask("keys", suite=2, first=2, keys=keys[3:])).startswith("value: keys: number 2 is")
    raw = [base64.b64decode(key) for key in keys]
    kept = b"".join(key + hashlib.sha3_256(key[:1184]).digest() for key in raw)
    files = sorted((tmp_path / "store").glob("keys-2-*"))
    assert [file.name for file in files] == ["keys-2-0000000-2", "keys-2-0000002-1"]
    assert b"".join(file.read_bytes()[:-8] for file in files) == kept[: 3 * 1248]
    assert peer.ask("keys", suite=2, keys=[keys[3]], last_resort=True)["ok"]
    assert peer.ask("recovery", suite=2, key=keys[0])["ok"]
    within = peer.ask("selftest")
    assert not {"crypto.sha3", "crypto.soundness", "recorder.keys"} & set(within["modules"])
    ring = provisioned().ask("status")["keys"]["2"]
    assert ring == {"left": 3, "loaded": 3, "last_resort": key_id(keys[3]), "recovery": key_id(keys[0])}


def test_a_prepared_container_of_suite_1_is_prepared_again_for_the_first_key_of_suite_2(provisioned):
    peer = provisioned("ready", "prepared")
    assert peer.ask("keys", suite=1, first=0, keys=public_keys(1))["ok"]
    assert peer.ask("selftest")["prepared"] == 0
    assert peer.ask("keys", suite=2, first=0, keys=public_keys(1, 2))["ok"]
    assert peer.ask("selftest")["prepared"] == 1


def test_last_resort_and_recovery_keys_are_told_by_their_ids(provisioned):
    peer = provisioned()
    last_resort, recovery, other = public_keys(3)
    assert peer.ask("keys", suite=1, keys=[last_resort], last_resort=True)["loaded"] == 0
    assert peer.ask("recovery", suite=1, key=recovery)["ok"]
    ring = peer.ask("status")["keys"]["1"]
    assert (ring["last_resort"], ring["recovery"]) == (key_id(last_resort), key_id(recovery))
    assert peer.ask("recovery", suite=1, key=None)["ok"]
    assert peer.ask("keys", suite=1, keys=[other], last_resort=True)["ok"]
    ring = peer.ask("status")["keys"]["1"]
    assert (ring["last_resort"], ring["recovery"]) == (key_id(other), None)
    within = peer.ask("selftest")
    assert (within["notes"], within["prepared"]) == (["keys"] * 4, 2)


@pytest.mark.parametrize("state", ["unprovisioned", "fault"])
def test_a_first_key_lets_the_recorder_prepare(provisioned, state):
    peer = provisioned(state)
    assert peer.ask("keys", suite=1, first=0, keys=public_keys(1))["ok"]
    assert peer.ask("selftest")["prepared"] == 1


SHORT, LOW_ORDER = "AAAA", base64.b64encode(bytes(32)).decode()
UNSOUND = "keys: a sound public key is 32 bytes in base64"
UNSOUND_2 = "keys: a sound public key is 1216 bytes in base64"
GOOD_2 = base64.b64decode(*public_keys(1, 2))


def in_line(*keys: bytes) -> list[str]:
    return [base64.b64encode(key).decode() for key in keys]


# 3329 is the first number that is not reduced: its 12 bits, in the last place that is looked at.
UNREDUCED = in_line(GOOD_2, GOOD_2[:1150] + bytes([GOOD_2[1150] & 0x0F | 0x10, 0xD0]) + GOOD_2[1152:])
LOW_ORDER_2 = in_line(GOOD_2[:1184] + bytes(32))
CUT_SHORT = in_line(GOOD_2[:-1])
BAD_KEYS = [
    ({"suite": 3}, "suite must be one of 1, 2"),
    ({"suite": True}, "suite must be one of 1, 2"),
    ({"suite": 2}, UNSOUND_2),
    ({"suite": 2, "keys": UNREDUCED}, UNSOUND_2),
    ({"suite": 2, "keys": LOW_ORDER_2}, UNSOUND_2),
    ({"suite": 2, "keys": CUT_SHORT}, UNSOUND_2),
    ({"suite": 2, "keys": public_keys(1) * 4}, "keys: too many in one request"),
    ({"keys": []}, "keys must be a list of public keys in base64"),
    ({"keys": "AAAA"}, "keys must be a list of public keys in base64"),
    ({"keys": [SHORT]}, UNSOUND),
    ({"keys": [LOW_ORDER]}, UNSOUND),
    ({"keys": [None]}, UNSOUND),
    ({"keys": [{"a": 1}]}, UNSOUND),
    ({"keys": ["!"]}, UNSOUND),
    ({"first": -1}, "first must be a whole number from 0 on"),
    ({"first": "0"}, "first must be a whole number from 0 on"),
    ({"first": None}, "first must be a whole number from 0 on"),
    ({"last_resort": 1}, "last_resort must be true or false"),
    ({"last_resort": True, "keys": public_keys(2)}, "keys must hold one key, the last-resort key"),
]


def test_bad_keys_are_named_and_not_one_is_stored(provisioned):
    peer = provisioned()
    good = {"suite": 1, "first": 0, "keys": public_keys(2), "last_resort": False}
    for fields, message in BAD_KEYS:
        assert refusal(peer.ask("keys", **good | fields)) == f"value: {message}"
    mixed = good | {"keys": [*public_keys(3), LOW_ORDER]}
    assert refusal(peer.ask("keys", **mixed)) == f"value: {UNSOUND}"
    assert peer.ask("status")["keys"]["1"]["loaded"] == 0
    assert peer.ask("selftest")["notes"] == []
    assert refusal(peer.ask("recovery", suite=1)) == "value: key must be a public key in base64, or null"
    assert refusal(peer.ask("recovery", suite=1, key=LOW_ORDER)) == f"value: {UNSOUND.replace('keys', 'key')}"


def test_a_store_without_room_for_keys_says_so(provisioned):
    answer = provisioned("ready", "full").ask("keys", suite=1, first=0, keys=public_keys(1))
    assert refusal(answer) == "full: the recorder's memory holds no more keys"


def test_what_a_recording_rests_on_is_left_alone_while_it_goes_on(provisioned):
    peer = provisioned("recording")
    for fields in (
        {"do": "keys", "suite": 1, "first": 0, "keys": public_keys(1)},
        {"do": "recovery", "suite": 1, "key": None},
        {"do": "config", "rate": 16000},
    ):
        assert refusal(peer.ask(**fields)) == "state: not while the recorder is recording"
    assert peer.ask("config")["rate"] == 8000
    within = peer.ask("selftest")
    assert (within["notes"], within["prepared"]) == ([], 0)


def test_config_changes_settings_and_tells_all_of_them(provisioned):
    peer = provisioned()
    assert peer.ask("config", parties=3, indicator=40) == {
        "id": 1, "ok": True, **DEFAULTS, "rate": 8000, "parties": 3, "indicator": 40,
    }  # fmt: skip
    assert peer.ask("config", parties=3)["parties"] == 3
    assert refusal(peer.ask("config", parties=4, channels=3)) == "value: channels must be one of 1, 2"
    within = peer.ask("selftest")
    assert (within["notes"], within["dimmed"], within["prepared"]) == (["settings"], [40], 2)
    assert provisioned().ask("config")["parties"] == 3


def test_time_sets_the_clock_tells_the_drift_and_lets_expire_what_is_due(provisioned):
    peer = provisioned()
    now_ms = time.time_ns() // 1_000_000
    assert peer.ask("time", time_ms=now_ms)["drift_ms"] is None
    assert -5000 < peer.ask("time", time_ms=now_ms + 60_000)["drift_ms"] + 60_000 < 5000
    for bad in (0, 1.5, "now", None, 1_577_836_799_999, 4_102_444_800_000):
        assert refusal(peer.ask("time", time_ms=bad)).startswith("value: time_ms must be whole milliseconds")
    within = peer.ask("selftest")
    assert (within["notes"], within["must_expire"]) == (["time"] * 2, True)


def test_status_tells_what_the_protocol_lists(provisioned):
    status = provisioned().ask("status")
    assert status.pop("uptime_ms") >= 0
    assert status == {
        "id": 1, "ok": True, "state": "ready", "build": "ab" * 32, "suite": 2,
        "keys": {"1": NO_KEYS, "2": NO_KEYS},
        "next_container": 1, "last": None, "struck": [],
        "card": {"present": True, "free": 1 << 33, "containers": 3}, "battery_mv": 3900,
        "clock": "none", "time_ms": None, "lost_samples": 0, "faults": 1,
    }  # fmt: skip


def test_a_battery_that_cannot_be_measured_is_null(provisioned):
    assert provisioned("ready", "no-battery").ask("status")["battery_mv"] is None


def test_what_was_struck_is_told_until_it_is_settled(provisioned, tmp_path):
    entries = [{"number": number, "key": secrets.token_hex(8)} for number in range(5, 45)]
    content = b"".join(e["number"].to_bytes(4, "big") + bytes.fromhex(e["key"]) for e in entries)
    (tmp_path / "store" / "struck").write_bytes(content + hashlib.sha256(content).digest()[:8])
    peer = provisioned()
    assert peer.ask("status")["struck"] == entries[:32]
    assert peer.ask("status", settled=[5, 7, 1000])["struck"] == [entries[1], *entries[3:34]]
    for bad in (5, ["5"], [None], {"5": 5}, [True]):
        assert (
            refusal(peer.ask("status", settled=bad)) == "value: settled must be a list of container numbers"
        )
    assert peer.ask("status", settled=list(range(100)))["struck"] == []
    assert provisioned().ask("status")["struck"] == []
