"""How the vault keeps secrets on disk: AES-256-GCM under one master key.

Every secret is wrapped with the identity of its place as associated data, so that a value moved to another
row or column is refused. A failed authentication is an exception of its own, never None.
"""

import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MASTER_KEY_BYTES = 32
NONCE_BYTES = 12

Place = tuple[str | int | None, ...]

SIGNING_KEY_PLACE: Place = ("signing key", 1)


class WrapRefused(Exception):
    """A wrapped value is not authentic: wrong key, altered, or moved from another place."""


class Wrapper:
    """Wraps and unwraps under one 32-byte key. A place is a sequence of words and numbers that name it."""

    def __init__(self, key: bytes):
        self.key = key
        self._aead = AESGCM(key)

    def become(self, key: bytes) -> None:
        """Go on with another key."""
        self.key = key
        self._aead = AESGCM(key)

    def wrap(self, secret: bytes, *place: str | int | None) -> bytes:
        """Nonce (12, random) ‖ ciphertext ‖ tag (16)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret, _associated_data(place))

    def wrap_json(self, value: Any, *place: str | int | None) -> bytes:
        """The value as JSON, wrapped."""
        return self.wrap(json.dumps(value, separators=(",", ":")).encode(), *place)

    def unwrap(self, wrapped: bytes, *place: str | int | None) -> bytes:
        """The secret. Raises WrapRefused."""
        try:
            return self._aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _associated_data(place))
        except (InvalidTag, ValueError):
            raise WrapRefused from None


def _associated_data(place: Place) -> bytes:
    """The place in a form that no other place has."""
    if len(place) == 2 and type(place[1]) is int:  # the same, quicker: of ten thousand recordings
        return b'["%b", %d]' % (str(place[0]).encode(), place[1])
    return json.dumps(place).encode()
