"""The suites of the container format: what must be known of them where nothing is sealed.

Sealing itself is hpke.py with dhkem.py or xwing.py, which are loaded only when something is.
"""

from hashlib import sha256

KEY_ID_BYTES = 8

# suite: how many bytes a public key has (RFC 9180's Npk). 1: X25519. 2: X-Wing, ML-KEM-768 (1184) ‖ X25519
# (32).
SUITES = {1: 32, 2: 1216}


def key_id(public_key):
    """Return the 8 bytes by which the format names a public key: the start of its SHA-256."""
    return sha256(public_key).digest()[:KEY_ID_BYTES]
