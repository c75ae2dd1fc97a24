"""A person's key pair, to which the vault's master key is sealed: ML-KEM-768 and X25519 together.

HPKE (RFC 9180) in suite 2, X-Wing, so that a copy of the vault's file that is kept until there are large
quantum computers still needs a passphrase. Keys are raw, as in container/suites.py.
"""

from cryptography.exceptions import InvalidTag

from host_tools.container import suites
from host_tools.vault.wrapping import WrapRefused

SUITE = 2
LABEL = b"cloister vault 2 master key"


def make_pair() -> tuple[bytes, bytes]:
    """A new (private, public) pair, raw. Raises CloisterError if `cryptography` lacks X-Wing."""
    private = suites.make_private_key(SUITE)
    return private, suites.public_key_of(SUITE, private)


def seal(secret: bytes, public: bytes, person_id: int) -> bytes:
    """The secret for whoever has the private half. Raises ValueError, CloisterError as `make_pair`."""
    return suites.seal(SUITE, secret, public, _info(person_id))


def unseal(sealed: bytes, private: bytes, person_id: int) -> bytes:
    """What was sealed. Raises WrapRefused, CloisterError as `make_pair`."""
    try:
        return suites.unseal(SUITE, sealed, private, _info(person_id))
    except (InvalidTag, ValueError):
        raise WrapRefused from None


def _info(person_id: int) -> bytes:
    """What the sealed key is bound to, beside the public key, which HPKE itself binds."""
    return LABEL + person_id.to_bytes(8, "big")
