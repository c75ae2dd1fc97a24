"""What the firmware's HPKE sealed, on each interpreter, is opened by `cryptography`'s HPKE."""

import hashlib
import random
import runpy
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from crypto import hpke, x25519

SCRIPT = Path(__file__).parent / "scripts" / "seal_to_key.py"
LIBRARY_SUITES = {1: Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)}


class Recipient:
    """A key pair of the library, and what is sealed to it."""

    def __init__(self, seed: int):
        draw = random.Random(seed)
        self.private_key = X25519PrivateKey.from_private_bytes(draw.randbytes(32))
        self.public_key = self.private_key.public_key().public_bytes_raw()
        self.info, self.file_key, self.ephemeral = draw.randbytes(40), draw.randbytes(32), draw.randbytes(32)

    def arguments(self) -> list[str]:
        return ["1", *(b.hex() for b in (self.public_key, self.info, self.file_key, self.ephemeral))]

    def check(self, printed: str) -> None:
        key_id, enc, ciphertext = map(bytes.fromhex, printed.split())
        assert key_id == hashlib.sha256(self.public_key).digest()[:8]
        assert (len(enc), len(ciphertext)) == (32, 48)
        assert LIBRARY_SUITES[1].decrypt(enc + ciphertext, self.private_key, self.info) == self.file_key


@pytest.mark.parametrize("seed", range(5))
def test_library_opens_what_micropython_sealed(micropython, seed):
    recipient = Recipient(seed)
    recipient.check(micropython.output(SCRIPT, *recipient.arguments(), heap="164k"))


@pytest.mark.parametrize("seed", range(20))
def test_library_opens_what_cpython_sealed(capsys, seed):
    recipient = Recipient(seed)
    runpy.run_path(str(SCRIPT))["main"](*recipient.arguments())
    recipient.check(capsys.readouterr().out)


def test_library_refuses_another_info():
    recipient = Recipient(99)
    enc, ciphertext = hpke.seal(
        1, recipient.public_key, recipient.info, recipient.file_key, recipient.ephemeral
    )
    with pytest.raises(InvalidTag):
        LIBRARY_SUITES[1].decrypt(enc + ciphertext, recipient.private_key, b"another")


def test_low_order_public_key_is_refused():
    with pytest.raises(x25519.LowOrderPoint):
        hpke.seal(1, bytes(32), b"", bytes(32), bytes(range(32)))


@pytest.mark.parametrize("suite", [0, 2, 255])
def test_unknown_suite_is_refused_by_its_number(suite):
    with pytest.raises(ValueError, match=str(suite)):
        hpke.seal(suite, bytes(32), b"", bytes(32), bytes(32))


@pytest.mark.parametrize(
    ("public_bytes", "ephemeral_bytes"), [(31, 32), (33, 32), (32, 31), (32, 64), (0, 0)]
)
def test_wrong_lengths_are_refused(public_bytes, ephemeral_bytes):
    with pytest.raises(ValueError, match="wrong length"):
        hpke.seal(1, b"\x09" * public_bytes, b"", bytes(32), bytes(ephemeral_bytes))
