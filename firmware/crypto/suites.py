"""The suites of the container format: what must be known of them where nothing is sealed.

Sealing itself is hpke.py with dhkem.py or xwing.py, which are loaded only when something is.
"""

from hashlib import sha256

from micropython import const

KEY_ID_BYTES = const(8)

# suite: how many bytes a public key has (RFC 9180's Npk). 1: X25519. 2: X-Wing, ML-KEM-768 (1184) ‖ X25519
# (32).
SUITES = {1: 32, 2: 1216}

HASH_BYTES = const(32)  # of SHA3-256


def kept_bytes(suite):
    """Return what one key takes where it is kept: suite 2 has the SHA3-256 of ML-KEM's part behind it."""
    return SUITES[suite] + (HASH_BYTES if suite == 2 else 0)


def key_id(public_key):
    """Return the 8 bytes by which the format names a public key: the start of its SHA-256."""
    return sha256(public_key).digest()[:KEY_ID_BYTES]
