"""HPKE base mode against the vectors of RFC 9180 and of the post-quantum drafts, on every interpreter.

KEM vectors are taken from every cipher suite with DHKEM(X25519, HKDF-SHA256), since the KEM depends on
nothing else; key schedule and ciphertexts from suite 1 of the container format. The drafts' vectors have
X-Wing with another AEAD than suite 2; up to key and nonce they differ from it in the AEAD's number alone.
"""

import json

import cryptography_vectors
import pytest

BASE_MODE = 0
KEM_X25519 = 0x20
KEM_X_WING = 0x647A
KDF_HKDF_SHA256 = 1
SUITE_1 = (KEM_X25519, 1, 2)
SUITE_1_ID = (b"HPKE" + bytes([0, 0x20, 0, 1, 0, 2])).hex()


@pytest.fixture(scope="module")
def kem_vectors():
    with cryptography_vectors.open_vector_file("HPKE/test-vectors.json", "r") as file:
        found = [v for v in json.load(file) if (v["mode"], v["kem_id"]) == (BASE_MODE, KEM_X25519)]
    assert len(found) == 8
    return found


@pytest.fixture(scope="module")
def suite_1_vector(kem_vectors):
    (found,) = [v for v in kem_vectors if (v["kem_id"], v["kdf_id"], v["aead_id"]) == SUITE_1]
    return found


def test_key_pairs_are_derived_as_in_rfc_9180(check_vectors, kem_vectors):
    check_vectors(
        {
            "name": f"{which}, aead {v['aead_id']}",
            "do": "dhkem_key_pair",
            "ikm": v[f"ikm{which}"],
            "expect": v[f"sk{which}m"] + v[f"pk{which}m"],
        }
        for v in kem_vectors
        for which in ("R", "E")
    )


def test_encapsulation_agrees_with_rfc_9180(check_vectors, kem_vectors):
    check_vectors(
        {
            "name": f"aead {v['aead_id']}",
            "do": "encap",
            "suite": 1,
            "public_key": v["pkRm"],
            "ephemeral": v["ikmE"],
            "expect": v["shared_secret"] + v["enc"],
        }
        for v in kem_vectors
    )


def test_key_schedule_agrees_with_rfc_9180(check_vectors, suite_1_vector):
    v = suite_1_vector
    case = {"name": "suite 1", "do": "hpke_key_schedule", "suite_id": SUITE_1_ID}
    arguments = {"shared_secret": v["shared_secret"], "info": v["info"]}
    check_vectors([case | arguments | {"expect": v["key"] + v["base_nonce"]}])


def test_ciphertexts_agree_with_rfc_9180(check_vectors, suite_1_vector):
    """The recorder seals sequence number 0 only; the others are GCM vectors with other nonces."""
    encryptions = suite_1_vector["encryptions"]
    assert encryptions[0]["nonce"] == suite_1_vector["base_nonce"]
    check_vectors(
        {
            "name": bytes.fromhex(e["aad"]).decode(),
            "do": "gcm",
            "key": suite_1_vector["key"],
            "nonce": e["nonce"],
            "plaintext": e["pt"],
            "aad": e["aad"],
            "expect": e["ct"],
        }
        for e in encryptions
    )


@pytest.fixture(scope="module")
def x_wing_vector():
    with cryptography_vectors.open_vector_file("HPKE/hpke-pq-test-vectors.json", "r") as file:
        wanted = (BASE_MODE, KEM_X_WING, KDF_HKDF_SHA256)
        (found,) = [v for v in json.load(file) if (v["mode"], v["kem_id"], v["kdf_id"]) == wanted]
    return found


def test_x_wing_encapsulation_agrees_with_the_draft(check_vectors, x_wing_vector):
    v = x_wing_vector
    expect = v["shared_secret"] + v["enc"]
    case = {"name": "X-Wing", "do": "encap", "suite": 2, "public_key": v["pkRm"], "ephemeral": v["ikmE"]}
    check_vectors([case | {"expect": expect}])


def test_key_schedule_after_x_wing_agrees_with_the_draft(check_vectors, x_wing_vector):
    v = x_wing_vector
    assert v["suite_id"].startswith("48504b45647a0001")
    case = {"name": "X-Wing", "do": "hpke_key_schedule", "suite_id": v["suite_id"]}
    arguments = {"shared_secret": v["shared_secret"], "info": v["info"]}
    check_vectors([case | arguments | {"expect": v["key"] + v["base_nonce"]}])
