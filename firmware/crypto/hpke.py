"""HPKE (RFC 9180), base mode, single shot, sender only: how a file key is sealed to a recipient.

Here is what follows the key encapsulation, which may have been done long before (dhkem.py, xwing.py): the key
schedule and one message. Key and nonce of the context seal that message and are wiped. In all suites the KDF
is HKDF-SHA256 (0x0001) and the AEAD AES-256-GCM (0x0002).
"""

from crypto import gcm
from crypto.hkdf import labeled_expand, labeled_extract
from crypto.words import wipe

_MODE_BASE = b"\x00"
# suite: KEM, KDF, AEAD. RFC 9180, section 7; 0x647A is X-Wing's number in the registry of KEMs.
_IDENTIFIERS = {1: b"HPKE\x00\x20\x00\x01\x00\x02", 2: b"HPKE\x64\x7a\x00\x01\x00\x02"}


def key_schedule(suite_id, shared_secret, info):
    """Return (key, base nonce) of the base mode context as bytearrays (RFC 9180, section 5.1)."""
    psk_id_hash = labeled_extract(suite_id, b"", b"psk_id_hash", b"")
    info_hash = labeled_extract(suite_id, b"", b"info_hash", info)
    context = _MODE_BASE + psk_id_hash + info_hash
    secret = labeled_extract(suite_id, shared_secret, b"secret", b"")
    key = labeled_expand(suite_id, secret, b"key", context, gcm.KEY_BYTES)
    base_nonce = labeled_expand(suite_id, secret, b"base_nonce", context, gcm.NONCE_BYTES)
    return key, base_nonce


def seal(suite, shared_secret, info, plaintext):
    """Seal a short plaintext with empty aad; return ciphertext ‖ tag.

    shared_secret: the KEM's, for this message alone; the caller wipes it. Raises ValueError for an unknown
    suite.
    """
    if suite not in _IDENTIFIERS:
        raise ValueError("unknown suite %r" % (suite,))
    key, nonce = key_schedule(_IDENTIFIERS[suite], shared_secret, info)
    try:
        return gcm.seal(key, nonce, plaintext, b"")
    finally:
        wipe(key)
