"""The header block of a container: who can open it, sealed by the recorder (docs/format.md, section 2)."""

from hashlib import sha256

from crypto.hmac import hmac_sha256
from crypto.words import wipe
from recorder import format as layout


def build(block, identity, number, suite, public_keys, file_key, draw):
    """Write a header into `block` (a bytearray of 4096) and return (its seal, its SHA-256).

    public_keys: one or two recipients' keys of that suite, the recording's own first.
    draw: function(size) returning fresh random bytes in a bytearray.
    """
    from crypto import hpke  # only here: sealing's own modules are forgotten afterwards

    _begin(block, identity, number, suite, len(public_keys))
    at = layout.RECIPIENTS_AT
    for public_key in public_keys:
        at = _add_recipient(hpke, block, at, suite, public_key, file_key, draw)
    return _seal(block, identity), sha256(block).digest()


def destroyed(block, identity, number, suite, key_id):
    """Write the header of a destroyed container into `block` and return its seal.

    key_id: the one that its first recipient had.
    """
    _begin(block, identity, number, suite, 0)
    block[layout.DESTROYED_KEY_AT : layout.RECIPIENTS_AT] = key_id
    return _seal(block, identity)


def _begin(block, identity, number, suite, recipients):
    wipe(block)
    block[0:8] = layout.MAGIC
    block[8] = layout.VERSION
    block[9] = suite
    block[10] = recipients
    block[12:16] = number.to_bytes(4, "big")
    block[16:24] = identity.recorder_id


def _seal(block, identity):
    seal = hmac_sha256(identity.seal_key, memoryview(block)[: layout.SEAL_AT])
    block[layout.SEAL_AT :] = seal
    return seal


def _add_recipient(hpke, block, at, suite, public_key, file_key, draw):
    key_id = hpke.key_id(public_key)
    ephemeral = draw(hpke.SUITES[suite].ephemeral_bytes)
    info = bytes(block[: layout.INFO_BYTES]) + key_id
    enc, ciphertext = hpke.seal(suite, public_key, info, file_key, ephemeral)
    wipe(ephemeral)
    entry = key_id + enc + ciphertext
    block[at : at + len(entry)] = entry
    return at + len(entry)


def is_ours(header_sector, identity, number):
    """True if a file's first sector is that of our own container `number`, whatever became of it."""
    return (
        header_sector[0:8] == layout.MAGIC
        and header_sector[12:16] == number.to_bytes(4, "big")
        and header_sector[16:24] == identity.recorder_id
    )
