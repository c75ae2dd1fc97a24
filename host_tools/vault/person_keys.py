"""A person's key pair, to which the vault's master key is sealed: ML-KEM-768 and X25519 together.

HPKE (RFC 9180) with the KEM MLKEM768-X25519 (X-Wing), so that a copy of the vault's file that is kept until
there are large quantum computers still needs a passphrase. Keys are kept raw: private as ML-KEM seed (64) ‖
X25519 (32), public as ML-KEM encapsulation key (1184) ‖ X25519 (32).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from host_tools.vault.wrapping import WrapRefused

SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
SEED_BYTES = 64
ENCAPSULATION_KEY_BYTES = 1184
LABEL = b"cloister vault 2 master key"


def make_pair() -> tuple[bytes, bytes]:
    """A new (private, public) pair, raw."""
    kem, curve = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    public = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return kem.private_bytes_raw() + curve.private_bytes_raw(), public


def seal(secret: bytes, public: bytes, person_id: int) -> bytes:
    """The secret for whoever has the private half."""
    key = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:ENCAPSULATION_KEY_BYTES]),
        X25519PublicKey.from_public_bytes(public[ENCAPSULATION_KEY_BYTES:]),
    )
    return SUITE.encrypt(secret, key, _info(person_id))


def unseal(sealed: bytes, private: bytes, person_id: int) -> bytes:
    """What was sealed. Raises WrapRefused."""
    key = hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(private[:SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(private[SEED_BYTES:]),
    )
    try:
        return SUITE.decrypt(sealed, key, _info(person_id))
    except (InvalidTag, ValueError):
        raise WrapRefused from None


def _info(person_id: int) -> bytes:
    """What the sealed key is bound to, beside the public key, which HPKE itself binds."""
    return LABEL + person_id.to_bytes(8, "big")
