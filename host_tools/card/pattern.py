"""What a card is filled with, to wipe it or to see what it keeps: bytes that only that place on it can hold.

One AES-CTR keystream over the whole card, under a random key of this run: byte n is byte n of the stream.
So a block that is found somewhere else, is missing or was never written is told from the right one, and
afterwards the bytes say nothing to anybody. The first 16 bytes of a block, decrypted, name its place.
"""

import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 32
WORD_BYTES = 16
LONGEST_BYTES = 1024 * 1024


class Pattern:
    """The bytes of one run, or their complement. `key` is given where an earlier run goes on."""

    def __init__(self, key: bytes | None = None, is_complement: bool = False):
        self._key = os.urandom(KEY_BYTES) if key is None else key
        self._cipher = algorithms.AES(self._key)
        self._words = Cipher(self._cipher, modes.ECB()).decryptor()  # noqa: S305 - single words, no secret
        self._plain = (b"\xff" if is_complement else b"\0") * LONGEST_BYTES

    def complement(self) -> "Pattern":
        """The same with every bit the other way round."""
        return Pattern(self._key, is_complement=True)

    def at(self, offset: int, length: int) -> bytes:
        """What belongs there. `offset` is a multiple of 16, `length` at most 1 MiB."""
        counter = (offset // WORD_BYTES).to_bytes(WORD_BYTES, "big")
        return Cipher(self._cipher, modes.CTR(counter)).encryptor().update(self._plain[:length])

    def within(self, offset: int, length: int) -> bytes:
        """The same for any `offset`; as much shorter `length` is at most as that is behind a word's start."""
        inside = offset % WORD_BYTES
        return self.at(offset - inside, inside + length)[inside:]

    def place_of(self, found: bytes, end: int) -> int | None:
        """Where on a card of `end` bytes what was found belongs; None if it is none of this run's."""
        if len(found) < WORD_BYTES:
            return None
        place = int.from_bytes(self._words.update(found[:WORD_BYTES]), "big") * WORD_BYTES
        return place if place < end else None
