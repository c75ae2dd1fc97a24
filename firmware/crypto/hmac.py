"""HMAC-SHA-256 (RFC 2104, RFC 4231) on a `hashlib` that can neither copy nor reset a hash.

`HmacSha256` keeps the two padded key blocks in buffers made once, so that a tag costs two hash objects
and two digests, 384 bytes of heap, and nothing that lasts. `clear()` zeroes the key blocks. The digests
are `bytes` of the interpreter: freed, but not cleared.
"""

from hashlib import sha256

from crypto.words import wipe

BLOCK_BYTES = 64
TAG_BYTES = 32


class HmacSha256:
    """A reusable key for tags. `set_key()` first; `clear()` when the key is no longer wanted."""

    def __init__(self):
        self._inner = bytearray(BLOCK_BYTES)
        self._outer = bytearray(BLOCK_BYTES)

    def set_key(self, key):
        """Take a key of any length; more than 64 bytes are hashed first, as RFC 2104 has it."""
        if len(key) > BLOCK_BYTES:
            key = sha256(key).digest()
        for i in range(BLOCK_BYTES):
            byte = key[i] if i < len(key) else 0
            self._inner[i] = byte ^ 0x36
            self._outer[i] = byte ^ 0x5C

    def tag(self, first, second):
        """Return the tag (32 bytes) of `first` followed by `second`."""
        # Two named parts and not *parts: collecting arguments would allocate a tuple each time.
        inner = sha256(self._inner)
        inner.update(first)
        inner.update(second)
        return self._finish(inner)

    def tag_of(self, parts):
        """Return the tag (32 bytes) of any number of parts, one after the other."""
        inner = sha256(self._inner)
        for part in parts:
            inner.update(part)
        return self._finish(inner)

    def clear(self):
        """Zero the key blocks."""
        wipe(self._inner)
        wipe(self._outer)

    def _finish(self, inner):
        outer = sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()


def hmac_sha256(key, *parts):
    """Return HMAC-SHA-256 (32 bytes) of the parts one after the other, under a key of any length."""
    mac = HmacSha256()
    mac.set_key(key)
    tag = mac.tag_of(parts)
    mac.clear()
    return tag
