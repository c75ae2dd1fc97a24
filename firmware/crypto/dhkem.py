"""DHKEM(X25519, HKDF-SHA256) of RFC 9180, section 4.1: the key encapsulation of suite 1.

Only the sender's half: the recorder has no private key to decapsulate with. The ephemeral key pair is derived
from random bytes that the caller gives, and the private half is wiped here; the shared secret is
returned for the caller to wipe.
"""

from crypto import x25519
from crypto.hkdf import labeled_expand, labeled_extract
from crypto.words import wipe

_PRIVATE_KEY_BYTES = 32
_SHARED_SECRET_BYTES = 32
_SUITE_ID = b"KEM\x00\x20"


def derive_key_pair(ikm):
    """Return (private key, public key) from at least 32 random bytes (RFC 9180, section 7.1.3).

    Raises ValueError if there are fewer.
    """
    if len(ikm) < _PRIVATE_KEY_BYTES:
        raise ValueError("DHKEM(X25519) derives a key pair from at least 32 bytes")
    prk = labeled_extract(_SUITE_ID, b"", b"dkp_prk", ikm)
    private = labeled_expand(_SUITE_ID, prk, b"sk", b"", _PRIVATE_KEY_BYTES)
    return private, x25519.public_key(private)


def encap(public_key, ephemeral):
    """Return (shared secret, enc) for the recipient's public key.

    `ephemeral` is at least 32 fresh random bytes. Raises x25519.LowOrderPoint (a ValueError) for a
    public key of low order, ValueError for one of another length.
    """
    private, enc = derive_key_pair(ephemeral)
    dh = bytearray(0)
    try:
        dh = x25519.scalar_mult(private, public_key)
        prk = labeled_extract(_SUITE_ID, b"", b"eae_prk", dh)
        context = enc + public_key
        return labeled_expand(_SUITE_ID, prk, b"shared_secret", context, _SHARED_SECRET_BYTES), enc
    finally:
        wipe(private)
        wipe(dh)
