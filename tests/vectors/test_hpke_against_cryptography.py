"""What the firmware's HPKE sealed, on each interpreter, is opened by `cryptography`'s HPKE."""

import hashlib
import json
import random
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

from crypto import hpke, x25519
from tests.vectors import seal_to_key

KEMS = {1: KEM.X25519, 2: KEM.MLKEM768_X25519}
EPHEMERAL_BYTES = {1: 32, 2: 64}
ENC_BYTES = {1: 32, 2: 1120}
SUITES = sorted(KEMS)


class Recipient:
    """A key pair of the library, and what is to be sealed to it."""

    def __init__(self, suite: int, seed: int):
        draw = random.Random(seed)
        self.suite = suite
        x25519_half = X25519PrivateKey.from_private_bytes(draw.randbytes(32))
        if suite == 1:
            self.private_key = x25519_half
            self.public_key = x25519_half.public_key().public_bytes_raw()
        else:
            mlkem_half = MLKEM768PrivateKey.from_seed_bytes(draw.randbytes(64))
            self.private_key = MLKEM768X25519PrivateKey(mlkem_half, x25519_half)
            halves = (mlkem_half.public_key(), x25519_half.public_key())
            self.public_key = b"".join(half.public_bytes_raw() for half in halves)
        self.info, self.file_key = draw.randbytes(40), draw.randbytes(32)
        self.ephemeral = draw.randbytes(EPHEMERAL_BYTES[suite])

    def case(self) -> dict:
        names = {"public_key": self.public_key, "info": self.info, "plaintext": self.file_key}
        in_hex = {name: value.hex() for name, value in (names | {"ephemeral": self.ephemeral}).items()}
        return {"suite": self.suite} | in_hex

    def open(self, enc: bytes, ciphertext: bytes, info: bytes) -> bytes:
        library = Suite(KEMS[self.suite], KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        return library.decrypt(enc + ciphertext, self.private_key, info)

    def check(self, printed: str) -> None:
        key_id, enc, ciphertext = map(bytes.fromhex, printed.split())
        assert key_id == hashlib.sha256(self.public_key).digest()[:8]
        assert (len(enc), len(ciphertext)) == (ENC_BYTES[self.suite], 48)
        assert self.open(enc, ciphertext, self.info) == self.file_key


def sealed(recipient: Recipient) -> tuple[bytes, bytes]:
    return seal_to_key.seal(
        recipient.suite, recipient.public_key, recipient.info, recipient.file_key, recipient.ephemeral
    )


@pytest.mark.parametrize(("suite", "count"), [(1, 50), (2, 500)])
def test_library_opens_what_micropython_sealed(micropython, tmp_path, suite, count):
    """On both word sizes: a thousand seals of suite 2 together."""
    recipients = [Recipient(suite, micropython.bits * 1000 + seed) for seed in range(count)]
    cases = tmp_path / "cases.jsonl"
    cases.write_text("".join(json.dumps(recipient.case()) + "\n" for recipient in recipients))
    printed = micropython.output(Path(seal_to_key.__file__), cases, heap="164k", timeout_s=300).splitlines()
    for recipient, line in zip(recipients, printed, strict=True):
        recipient.check(line)


@pytest.mark.parametrize("suite", SUITES)
def test_library_opens_what_cpython_sealed(suite):
    for seed in range(3):
        recipient = Recipient(suite, seed)
        enc, ciphertext = sealed(recipient)
        assert recipient.open(enc, ciphertext, recipient.info) == recipient.file_key


@pytest.mark.parametrize("suite", SUITES)
def test_library_refuses_another_info(suite):
    recipient = Recipient(suite, 99)
    with pytest.raises(InvalidTag):
        recipient.open(*sealed(recipient), b"another")


@pytest.mark.parametrize("suite", SUITES)
def test_low_order_public_key_is_refused(suite):
    public_key = Recipient(suite, 98).public_key[:-32] + bytes(32)
    with pytest.raises(x25519.LowOrderPoint):
        seal_to_key.encap(suite, public_key, bytes(range(EPHEMERAL_BYTES[suite])))


def test_a_key_with_a_coefficient_that_is_not_reduced_is_refused():
    public_key = b"\xff\xff" + Recipient(2, 97).public_key[2:]
    with pytest.raises(ValueError, match="reduced"):
        seal_to_key.encap(2, public_key, bytes(range(64)))


@pytest.mark.parametrize("suite", [0, 3, 255])
def test_unknown_suite_is_refused_by_its_number(suite):
    with pytest.raises(ValueError, match=str(suite)):
        hpke.seal(suite, bytes(32), b"", bytes(32))


def test_too_little_randomness_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        seal_to_key.encap(1, Recipient(1, 96).public_key, bytes(31))
