"""Random bytes by the block, as fast as a card takes them: for overwriting what is to be unreadable.

An overlay. Counter blocks under AES-256 with a key drawn for the purpose, each block encrypted anew for the
next: nobody without the key tells it from noise, and the key is nowhere once this is forgotten.
"""

from crypto.words import counter_blocks, wipe
from cryptolib import aes
from micropython import const

_KEY_BYTES = const(32)
_MODE_ECB = const(1)
_AES_BLOCK_BYTES = const(16)


class Noise:
    """Fills `block`, the recorder's segment block (4096 bytes), with other random bytes at each next()."""

    def __init__(self, parts):
        self.block = parts.stream.block
        key = parts.entropy.draw(_KEY_BYTES)
        self._aes = aes(key, _MODE_ECB)
        wipe(key)
        counter_blocks(self.block, key, len(self.block) // _AES_BLOCK_BYTES)

    def next(self):
        """Return `block`, filled anew."""
        self._aes.encrypt(self.block, self.block)
        return self.block
