"""X25519 against RFC 7748 and against `cryptography`, on every interpreter; low-order points are refused."""

import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

RUNNER = Path(__file__).with_name("run_vectors.py")

P = 2**255 - 19

# RFC 7748, section 5.2: the result after so many iterations.
ITERATED = {
    1: "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
    1000: "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
}

# RFC 7748, section 6.1.
ALICE_PRIVATE = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
ALICE_PUBLIC = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
BOB_PRIVATE = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
BOB_PUBLIC = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

# The two coordinates of order 8 that https://cr.yp.to/ecdh.html#validate lists.
ORDER_8 = [
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]


def low_order_points() -> list[str]:
    """Every low-order coordinate as hex: plus p too where that fits, with and without the ignored top bit."""
    canonical = [0, 1, P - 1, *ORDER_8]
    fitting = canonical + [u + P for u in canonical if u + P < 2**255]
    return [(u | top).to_bytes(32, "little").hex() for u in fitting for top in (0, 1 << 255)]


def iterated(times: int) -> dict[str, str | int]:
    return {"name": f"{times} times", "do": "x25519_iterated", "times": times, "expect": ITERATED[times]}


def shared_by_cryptography(scalar: bytes, point: bytes) -> bytes:
    """The shared secret by another implementation; ValueError if it refuses the point."""
    return X25519PrivateKey.from_private_bytes(scalar).exchange(X25519PublicKey.from_public_bytes(point))


def test_single_multiplications_agree_with_rfc_7748(check_vectors, read_vectors):
    check_vectors(
        {
            "name": f"vector {v['COUNT']}",
            "do": "x25519",
            "scalar": v["INPUT_SCALAR"],
            "point": v["INPUT_U"],
            "expect": v["OUTPUT_U"],
        }
        for v in read_vectors("asymmetric/X25519/rfc7748.txt", first="COUNT")
    )


def test_one_iteration_agrees_with_rfc_7748(check_vectors):
    check_vectors([iterated(1)])


def test_a_thousand_iterations_agree_with_rfc_7748(micropython, tmp_path):
    """Not on CPython, whose shim takes a third of a second for each."""
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(iterated(1000)))
    assert micropython.output(RUNNER, cases) == "1 vectors, 0 failed\n"


def test_key_agreement_agrees_with_rfc_7748(check_vectors):
    check_vectors(
        [
            {"name": "a", "do": "x25519_public", "private": ALICE_PRIVATE, "expect": ALICE_PUBLIC},
            {"name": "b", "do": "x25519_public", "private": BOB_PRIVATE, "expect": BOB_PUBLIC},
            {"name": "ab", "do": "x25519", "scalar": ALICE_PRIVATE, "point": BOB_PUBLIC, "expect": SHARED},
            {"name": "ba", "do": "x25519", "scalar": BOB_PRIVATE, "point": ALICE_PUBLIC, "expect": SHARED},
        ]
    )


def test_edge_coordinates_agree_with_cryptography(check_vectors):
    draw = random.Random(25519)
    points = [2, 3, P - 2, P + 2, P + 18, 2**255 - 2, 2**256 - 1, 2**256 - 22]
    points += [draw.getrandbits(256) for _ in range(50)]
    cases = []
    for u in points:
        scalar, point = draw.randbytes(32), u.to_bytes(32, "little")
        expect = shared_by_cryptography(scalar, point).hex()
        cases.append(
            {"name": f"u={u}", "do": "x25519", "scalar": scalar.hex(), "point": point.hex(), "expect": expect}
        )
    check_vectors(cases)


def test_low_order_points_are_refused(check_vectors):
    scalar = bytes(range(32))
    for point in low_order_points():
        with pytest.raises(ValueError, match="shared key"):
            shared_by_cryptography(scalar, bytes.fromhex(point))
    check_vectors(
        {
            "name": point,
            "do": "x25519",
            "scalar": scalar.hex(),
            "point": point,
            "expect": b"low order".hex(),
        }
        for point in low_order_points()
    )
