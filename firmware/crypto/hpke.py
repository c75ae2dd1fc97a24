"""HPKE (RFC 9180), base mode, single shot, sender only: how a file key is sealed to a recipient.

`SUITES` maps the suite numbers of the container format to the algorithms and their sizes; what differs
between suites is the KEM, which is a function in that table. What is needed without sealing is in suites.py.
The key and nonce of an HPKE context seal one message here and are wiped. No random number is drawn:
`ephemeral` comes from the caller, fresh.
"""

from collections import namedtuple

from crypto import dhkem, gcm, suites
from crypto.hkdf import labeled_expand, labeled_extract
from crypto.suites import key_id  # noqa: F401 - the name of a recipient, for whoever seals
from crypto.words import wipe

TAG_BYTES = gcm.TAG_BYTES

_MODE_BASE = b"\x00"

Suite = namedtuple(
    "Suite",
    (
        "kem_id",
        "kdf_id",
        "aead_id",
        "private_key_bytes",  # Nsk
        "public_key_bytes",  # Npk
        "enc_bytes",  # Nenc
        "ephemeral_bytes",  # how many random bytes one encapsulation takes
        "encap",  # (public key, ephemeral) -> (shared secret, enc)
        "is_sound",  # (public key) -> whether encap takes it
    ),
)

# Identifiers: RFC 9180, section 7 (0x0001 is HKDF-SHA256, 0x0002 is AES-256-GCM).
SUITES = {
    1: Suite(
        dhkem.KEM_ID,
        0x0001,
        0x0002,
        dhkem.PRIVATE_KEY_BYTES,
        suites.SUITES[1],
        dhkem.ENC_BYTES,
        dhkem.PRIVATE_KEY_BYTES,
        dhkem.encap,
        dhkem.is_sound,
    ),
}


def key_schedule(suite, shared_secret, info):
    """Return (key, base nonce) of the base mode context as bytearrays (RFC 9180, section 5.1)."""
    parameters = SUITES[suite]
    suite_id = b"HPKE"
    for identifier in (parameters.kem_id, parameters.kdf_id, parameters.aead_id):
        suite_id += identifier.to_bytes(2, "big")
    psk_id_hash = labeled_extract(suite_id, b"", b"psk_id_hash", b"")
    info_hash = labeled_extract(suite_id, b"", b"info_hash", info)
    context = _MODE_BASE + psk_id_hash + info_hash
    secret = labeled_extract(suite_id, shared_secret, b"secret", b"")
    key = labeled_expand(suite_id, secret, b"key", context, gcm.KEY_BYTES)
    base_nonce = labeled_expand(suite_id, secret, b"base_nonce", context, gcm.NONCE_BYTES)
    return key, base_nonce


def seal(suite, public_key, info, plaintext, ephemeral):
    """Seal a short plaintext to a public key, with empty aad; return (enc, ciphertext ‖ tag).

    `suite` is a number of `SUITES`; `ephemeral` is that suite's `ephemeral_bytes` of fresh random bytes,
    which the caller wipes afterwards. Raises ValueError for an unknown suite, a wrong length,
    or a public key of low order.
    """
    parameters = SUITES.get(suite)
    if parameters is None:
        raise ValueError("unknown suite %r" % (suite,))
    if len(public_key) != parameters.public_key_bytes or len(ephemeral) != parameters.ephemeral_bytes:
        raise ValueError("wrong length of public key or ephemeral")
    shared_secret, enc = parameters.encap(public_key, ephemeral)
    key, nonce = key_schedule(suite, shared_secret, info)
    wipe(shared_secret)
    ciphertext = gcm.seal(key, nonce, plaintext, b"")
    wipe(key)
    return enc, ciphertext
