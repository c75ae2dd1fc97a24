"""Random bytes from several sources, so that no single one has to be trusted.

With the radio off the chip's own generator is only promised to be pseudo-random, so every draw mixes
it by HKDF with a seed from the laptop, timer jitter, the battery converter's low bits and, while the
microphone has power, its noise. The stored seed is replaced before each use. After each draw the
inner key moves on, so what was drawn cannot be worked out from what is in memory later.
"""

import os
import time

from crypto.hkdf import expand, extract
from micropython import const

_NAME = "seed"
_SEED_BYTES = const(160)  # more than 128, for the reason that identity.py gives
_KEY_BYTES = const(32)
_OS_BYTES = const(32)
_JITTER_ROUNDS = const(16)
_NONCE_BYTES = const(16)


def _jitter():
    """Return the low bits of the microsecond counter around short waits that do not end exactly."""
    bits = bytearray(_JITTER_ROUNDS)
    for i in range(_JITTER_ROUNDS):
        time.sleep_us(50)
        bits[i] = time.ticks_us() & 0xFF
    return bits


class Entropy:
    """The recorder's random generator. `sources`: functions that return bytes; a poor one does no harm."""

    def __init__(self, store, sources=()):
        self._store = store
        self._sources = sources
        self._key = bytes(_KEY_BYTES)
        self.refresh()

    def _gather(self):
        return os.urandom(_OS_BYTES) + b"".join(source() for source in self._sources)

    def provision(self, seed):
        """Take the 64-byte seed that the laptop drew; it is mixed in, and never stored as it came."""
        self._stir(seed)
        self._keep_seed()

    def add(self, noise):
        """Mix in bytes that an attacker would have to guess, such as the microphone's."""
        self._stir(noise)

    def refresh(self):
        """Mix in the stored seed and replace it; writes to flash, so it is done while idle."""
        seed = self._store.read(_NAME) or b""
        self._stir(seed + _jitter())
        self._keep_seed()

    def _stir(self, material):
        self._key = extract(self._key, self._gather() + bytes(material))

    def _keep_seed(self):
        self._store.write(_NAME, expand(self._key, b"cloister/1 seed", _SEED_BYTES))
        self._key = expand(self._key, b"cloister/1 next", _KEY_BYTES)

    def draw(self, size):
        """Return `size` random bytes (at most 255 × 32) in a fresh bytearray; writes nothing to flash."""
        self._stir(b"")
        drawn = expand(self._key, b"cloister/1 draw", size)
        self._key = expand(self._key, b"cloister/1 next", _KEY_BYTES)
        return drawn

    def nonce(self):
        """Return 16 random bytes for the console."""
        return bytes(self.draw(_NONCE_BYTES))
