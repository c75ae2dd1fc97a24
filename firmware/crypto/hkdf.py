"""HKDF with SHA-256 (RFC 5869), and the labelled form that HPKE uses (RFC 9180, section 4).

`expand()` and what builds on it return a bytearray, so that the caller can wipe the key when it is done.
The pseudorandom key and the steps in between are `bytes` of the interpreter: freed, but not cleared.
"""

from crypto.hmac import TAG_BYTES, hmac_sha256

OUTPUT_BYTES_MAX = 255 * TAG_BYTES


def extract(salt, ikm):
    """Return the pseudorandom key (32 bytes). `b""` is "no salt" (RFC 5869, section 2.2)."""
    return hmac_sha256(salt, ikm)


def expand(prk, info, length):
    """Return `length` bytes of key as a bytearray (RFC 5869, section 2.3).

    Raises ValueError if `length` is not from 1 to 8160.
    """
    if not 0 < length <= OUTPUT_BYTES_MAX:
        raise ValueError("HKDF gives from 1 to 8160 bytes")
    output = bytearray(length)
    block = b""
    for start in range(0, length, TAG_BYTES):
        block = hmac_sha256(prk, block, info, bytes((start // TAG_BYTES + 1,)))
        end = min(start + TAG_BYTES, length)
        output[start:end] = block[: end - start]
    return output


def hkdf(ikm, salt, info, length):
    """Extract, then expand: `length` bytes of key as a bytearray."""
    return expand(extract(salt, ikm), info, length)


def labeled_extract(suite_id, salt, label, ikm):
    """LabeledExtract of RFC 9180, section 4: 32 bytes."""
    return hmac_sha256(salt, b"HPKE-v1", suite_id, label, ikm)


def labeled_expand(suite_id, prk, label, info, length):
    """LabeledExpand of RFC 9180, section 4: `length` bytes as a bytearray."""
    labeled_info = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info
    return expand(prk, labeled_info, length)
