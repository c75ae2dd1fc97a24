"""AES-256-GCM (NIST SP 800-38D) for short inputs: it seals the 32-byte file key, nothing longer.

Only sealing: the recorder never opens anything. Nonces are 96 bits, tags 128. GHASH is not constant in
time (see ghash.py). The key stream is wiped; the AES object's key schedule is freed, but not cleared.
"""

from crypto.ghash import ghash
from crypto.words import counter_blocks, wipe, xor_words
from cryptolib import aes

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
BLOCK_BYTES = 16

_MODE_ECB = 1


def seal(key, nonce, plaintext, aad):
    """Return ciphertext ‖ tag (16 bytes longer than the plaintext).

    A nonce must never be used twice under one key. Raises ValueError on a key that is not
    32 bytes or a nonce that is not 12.
    """
    if len(key) != KEY_BYTES or len(nonce) != NONCE_BYTES:
        raise ValueError("AES-256-GCM takes a key of 32 bytes and a nonce of 12")
    cipher = aes(key, _MODE_ECB)
    blocks = (len(plaintext) + BLOCK_BYTES - 1) // BLOCK_BYTES
    # Block 0 of the key stream masks the tag, the others the text: J0 is nonce ‖ 1.
    stream = bytearray((1 + blocks) * BLOCK_BYTES)
    counter_blocks(stream, bytearray(nonce) + b"\x00\x00\x00\x01", 1 + blocks)
    cipher.encrypt(stream, stream)
    text = bytearray(blocks * BLOCK_BYTES)
    text[: len(plaintext)] = plaintext
    xor_words(text, 0, stream, BLOCK_BYTES // 4, blocks * BLOCK_BYTES // 4)
    ciphertext = bytes(text[: len(plaintext)])
    # `text` now ends in unused key stream where the plaintext was no whole number of blocks.
    wipe(text)
    tag = bytearray(ghash(cipher.encrypt(bytes(BLOCK_BYTES)), aad, ciphertext))
    xor_words(tag, 0, stream, 0, TAG_BYTES // 4)
    wipe(stream)
    return ciphertext + bytes(tag)
