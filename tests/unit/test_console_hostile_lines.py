"""Whatever arrives at the console changes nothing and keeps it alive. On both interpreters."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.console_peer import SYNTAX, Peer

BOARD_HEAP_BYTES = 164 * 1024
STRICT_JSON_HARNESS = Path(__file__).with_name("strict_json_harness.py")

limits = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def peer(micropython):
    peer = Peer((*micropython.command, "-X", f"heapsize={BOARD_HEAP_BYTES}"))
    peer.hello()
    yield peer
    peer.close()


def check_alive_and_unchanged(peer):
    """Ends whatever line is open, then greets: the answers before hello's are all refusals."""
    peer.send(b"\n")
    nonce = "12" * 16
    peer.send(json.dumps({"id": 0, "do": "hello", "nonce": nonce}).encode() + b"\n")
    while (answer := json.loads(peer.read()))["ok"] is not True or "protocol" not in answer:
        assert answer["ok"] is False
    peer.nonces = bytes.fromhex(nonce + answer["nonce"])
    peer.last_id = 0
    assert peer.ask("status") == {"id": 1, "ok": True, "calls": 0, "faults": 0, "asked": 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=30,
)
names = st.sampled_from(["id", "do", "nonce", "recorder", "secret", "seed", "config", "time_ms"])
words = st.sampled_from(["hello", "provision", "status", "", "__init__", "12" * 15]) | json_values
requests = st.dictionaries(names, words, max_size=8)


@limits
@given(data=st.binary(max_size=5000))
def test_random_bytes_change_nothing(peer, data):
    peer.send(data)
    check_alive_and_unchanged(peer)


@limits
@given(request=requests)
def test_random_plain_requests_change_nothing(peer, request):
    peer.send(json.dumps(request).encode() + b"\n")
    check_alive_and_unchanged(peer)


@limits
@given(data=st.data())
def test_authentic_requests_with_bits_turned_change_nothing(peer, data):
    line = bytearray(peer.sealed(json.dumps({"id": 5, "do": "selftest"}).encode())[:-1])
    for position in data.draw(st.sets(st.integers(0, 8 * len(line) - 1), min_size=1, max_size=5)):
        line[position // 8] ^= 1 << position % 8
    peer.send(bytes(line) + b"\n")
    check_alive_and_unchanged(peer)


@limits
@given(value=json_values | requests)
def test_authentic_json_of_any_form_keeps_the_console_alive(peer, value):
    peer.send(peer.sealed(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")))
    peer.send(b"\n")
    check_authentic_alive(peer)


def check_authentic_alive(peer):
    nonce = "34" * 16
    peer.send(json.dumps({"id": 0, "do": "hello", "nonce": nonce}).encode() + b"\n")
    while not (line := peer.read()).startswith(b"{") or json.loads(line).get("protocol") != 1:
        pass
    peer.nonces = bytes.fromhex(nonce + json.loads(line)["nonce"])
    peer.last_id = 0
    assert peer.calls() == 0


HEAVY = {
    "brackets": b'{"a":' + b"[" * 1400,
    "braces": b'{"a":' * 250,
    "closed brackets": b'{"a":' + b"[" * 700 + b"]" * 700 + b"}",
    "short lists": b'{"a":[' + b"[]," * 450 + b"[]]}",
    "a long list": b'{"a":[' + b"0," * 700 + b"0]}",
    "many keys": b"{" + b",".join(b'"%d":0' % key for key in range(200)) + b"}",
    "a long number": b'{"id":' + b"9" * 1500 + b"}",
    "a long fraction": b'{"id":0.' + b"9" * 1500 + b"}",
    "a long exponent": b'{"id":1e' + b"9" * 1500 + b"}",
    "a long string": b'{"do":"' + b"x" * 1500 + b'"}',
    "escapes": b'{"do":"' + b"\\u0000" * 240 + b'"}',
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY.keys())
def test_heavy_lines_change_nothing_and_leave_nothing_on_the_heap(peer, text):
    peer.send(b" " * 1000)  # the buffer for long lines is taken
    check_alive_and_unchanged(peer)
    before = peer.act("heap")["allocated_bytes"]
    for line in (text, peer.sealed(text)[:-1]):
        for _ in range(10):
            peer.send(line + b"\n")
    check_alive_and_unchanged(peer)
    assert peer.act("heap")["allocated_bytes"] <= before + 512


def test_a_thousand_different_names_leave_nothing_on_the_heap(peer):
    check_alive_and_unchanged(peer)
    before = peer.act("heap")["allocated_bytes"]
    for number in range(1000):
        peer.ask_raw(b'{"id": 1, "do": "name %d", "key%d": "value %d"}\n' % (number, number, number))
    assert peer.act("heap")["allocated_bytes"] <= before + 512


def test_a_request_that_does_not_fit_into_memory_is_refused_and_the_console_goes_on(micropython):
    words = micropython.bits // 32
    peer = Peer((*micropython.command, "-X", f"heapsize={BOARD_HEAP_BYTES * words}"), controlled=True)
    peer.hello()
    peer.control(f"starve {14_000 * words}")
    text = b'{"id": 1, "do": "selftest", "list": [' + b'"",' * 1340 + b'""]}'
    assert peer.ask_raw(peer.sealed(text)) == SYNTAX
    peer.hello()
    assert peer.ask("wipe_card", at=[])["ok"]
    assert peer.control("look")["starved"] == []
    peer.close()


def strictly(text: bytes) -> bool:
    """Whether a text is one JSON object with no key twice, as CPython's parser sees it."""

    def pairs(items):
        assert len(dict(items)) == len(items), "a key twice"
        return dict(items)

    def no_constant(name):
        raise ValueError(name)

    try:
        value = json.loads(text.decode(), object_pairs_hook=pairs, parse_constant=no_constant)
    except (ValueError, AssertionError):
        return False
    return isinstance(value, dict)


SMALL_REQUESTS = [
    b'{"id":7,"do":"keys","keys":["AB==","C"],"last_resort":false}',
    b'{"a":-1.5e+3,"b":{"c":null,"d":[]},"e":"x\\n\\u00e9\\"","f":true}',
    b' { "a" : 0 , "b" : [ 1 , 2 ] } ',
    b"{}",
    b'{"a":{"a":{"a":[1,2]}}}',
    '{"ü":"é"}'.encode(),
]
PIECES = [bytes([byte]) for byte in b',:"{}[]0-e.\\ a\x1f\xff1'] + [b"", b"NaN"]


def mutated(rng: random.Random) -> bytes:
    """A small request with a few bytes left out, doubled or replaced."""
    text = bytearray(rng.choice(SMALL_REQUESTS))
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(text) + 1)
        text[at : at + rng.randrange(2)] = rng.choice(PIECES)
    return bytes(text)


BOUNDS = {
    b'{"a":%s}' % (b"9" * 24): True,
    b'{"a":%s}' % (b"9" * 25): False,
    b'{"a":-0.%s}' % (b"9" * 21): True,
    b'{"a":-0.%s}' % (b"9" * 22): False,
    b'{"a":' + b"[" * 7 + b"]" * 7 + b"}": True,
    b'{"a":' + b"[" * 8 + b"]" * 8 + b"}": False,
    b'{"a":[{},{},{},{},{},{}]}': True,
    b'{"a":[{},{},{},{},{},{},{}]}': False,
    b'{"a":1,"\\u0061":2}': False,
    b'{"a":{"b":1},"c":{"b":1}}': True,
    b'{"a":"\xff"}': False,
    b"": False,
}


def test_json_is_read_within_bounds(micropython):
    lines = "".join(text.hex() + "\n" for text in BOUNDS)
    verdicts = micropython.output(STRICT_JSON_HARNESS, stdin=lines).split()
    expected = {text: "yes" if is_taken else "no" for text, is_taken in BOUNDS.items()}
    assert dict(zip(BOUNDS, verdicts, strict=True)) == expected


def test_what_is_json_is_decided_as_strictly_as_cpython_does(micropython):
    rng = random.Random(1)
    texts = [mutated(rng) for _ in range(4000)]
    lines = "".join(text.hex() + "\n" for text in texts)
    verdicts = micropython.output(STRICT_JSON_HARNESS, stdin=lines).split()
    for text, verdict in zip(texts, verdicts, strict=True):
        assert verdict == ("yes" if strictly(text) else "no"), text
    assert 500 < verdicts.count("yes") < 3500
