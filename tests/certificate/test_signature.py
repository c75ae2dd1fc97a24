"""A certificate's signature: what was signed is found genuine, and whatever was altered is found."""

import copy
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from host_tools.certificate.signature import canonical, check, key_from, load, signed
from host_tools.errors import CloisterError
from tests.certificate.test_conditions import certificate

PAIR = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = PAIR.public_key().public_bytes_raw()


@pytest.fixture
def made() -> dict:
    return signed(certificate() | {"vault_key": KEY.hex(), "person": "Zoë Ødegård"}, PAIR.sign)


def places(value: object, path: tuple = ()):
    """Every place in a document where something simple stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield path
    for key, item in inner:
        yield from places(item, (*path, key))


def changed(document: dict, path: tuple) -> dict:
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    old = inner[path[-1]]
    inner[path[-1]] = (
        not old if isinstance(old, bool) else old + 1 if isinstance(old, int | float) else f"{old}x"
    )
    return document


def test_what_was_signed_is_genuine_whatever_its_keys_are_ordered_like(made: dict) -> None:
    assert check(made) == check(made, KEY)
    assert check(made).is_genuine and check(made).key == KEY.hex()
    for text in (json.dumps(made, indent=3), json.dumps(dict(reversed(made.items())), ensure_ascii=False)):
        assert check(load(text.encode()), KEY).is_genuine


def test_a_public_tool_checks_it_with_nothing_of_ours(made: dict) -> None:
    signature = bytes.fromhex(made.pop("signature"))
    text = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    Ed25519PublicKey.from_public_bytes(KEY).verify(signature, text)


def test_a_change_of_any_value_is_found_and_named(made: dict) -> None:
    tried = 0
    for path in places({name: value for name, value in made.items() if name not in ("signature", "digests")}):
        found = check(changed(made, path), KEY)
        assert not found.is_genuine and path[0] in found.altered
        tried += 1
    assert tried > 40


def test_what_was_left_out_or_put_in_is_found(made: dict) -> None:
    assert check({name: value for name, value in made.items() if name != "consents"}, KEY).altered == [
        "consents"
    ]
    assert check(made | {"note": "all destroyed"}, KEY).altered == ["note"]


def test_another_vaults_key_does_not_fit(made: dict) -> None:
    other = Ed25519PrivateKey.generate()
    found = check(made, other.public_key().public_bytes_raw())
    assert not found.is_genuine and "the key that it names is not the one given" in found.altered
    forged = signed(certificate() | {"vault_key": KEY.hex()}, other.sign)
    assert not check(forged).is_genuine and not check(forged, KEY).is_genuine


def test_digests_that_were_changed_along_do_not_make_it_genuine(made: dict) -> None:
    forged = signed({**made, "person": "Dr. Night"}, lambda message: bytes.fromhex(made["signature"]))
    assert check(forged, KEY).altered == [] and not check(forged, KEY).is_genuine


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"%PDF-1.7",
        b"\xff\xfe",
        b'{"certificate": 1}',
        b'{"certificate": 1e999}',
        b"[" * 10_000,
    ],
)
def test_what_is_no_certificate_is_refused_in_one_line(text: bytes) -> None:
    with pytest.raises(CloisterError, match="no certificate"):
        load(text)


def test_a_newer_form_and_spoiled_fields_are_refused(made: dict) -> None:
    with pytest.raises(CloisterError, match="has form 2"):
        load(json.dumps(made | {"certificate": 2}).encode())
    with pytest.raises(CloisterError, match="vault_key is not 64 hex digits"):
        load(json.dumps(made | {"vault_key": "ab"}).encode())
    with pytest.raises(CloisterError, match="signature is not 128 hex digits"):
        check(load(json.dumps(made | {"signature": "xy"}).encode()))
    for strange in (float("nan"), "\ud800"):
        assert not check(load(json.dumps(made | {"media": [strange]}).encode())).is_genuine


def test_a_key_is_taken_from_its_hex_digits_only() -> None:
    assert key_from(f" {KEY.hex().upper()}\n") == KEY
    for text in ("", "ab", KEY.hex()[:-2], "zz" * 32):
        with pytest.raises(CloisterError, match="is 64 hex digits"):
            key_from(text)


def test_canonical_is_one_text_only() -> None:
    assert canonical({"b": [1, 2.5, None], "a": "ü"}) == '{"a":"ü","b":[1,2.5,null]}'.encode()
