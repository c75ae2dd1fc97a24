"""What was destroyed on the recorder and the laptop has not dealt with yet.

An overlay. Numbers and key ids, in a file of their own.
"""

from binascii import hexlify, unhexlify

from micropython import const

_NAME = "struck"
_SHOWN = const(32)  # PROTOCOL: status names the oldest 32
_BYTES = const(12)  # of one: number (4), key id (8)


class Struck:
    """The numbers destroyed and not yet settled."""

    def __init__(self, store):
        self._store = store

    def tell(self, number, key):
        """Have the laptop told of a number and its key id (hex), once."""
        entry = number.to_bytes(4, "big") + unhexlify(key)
        known = self._all()
        if not any(known[at : at + _BYTES] == entry for at in range(0, len(known), _BYTES)):
            self._store.write(_NAME, known + entry)

    def _all(self):
        return self._store.read(_NAME) or b""

    @property
    def count(self):
        """How many the laptop has not dealt with."""
        return len(self._all()) // _BYTES

    def oldest(self):
        """Return the oldest 32 of them, as `status` tells them."""
        known = self._all()
        return [
            {
                "number": int.from_bytes(known[at : at + 4], "big"),
                "key": hexlify(known[at + 4 : at + _BYTES]).decode(),
            }
            for at in range(0, min(len(known), _SHOWN * _BYTES), _BYTES)
        ]

    def settle(self, numbers):
        """Forget the numbers that the laptop says it has dealt with."""
        known = self._all()
        left = b""
        for at in range(0, len(known), _BYTES):
            if int.from_bytes(known[at : at + 4], "big") not in numbers:
                left += known[at : at + _BYTES]
        if len(left) != len(known):
            self._store.write(_NAME, left)
