"""Small random numbers that a seed determines and that allocate nothing: for noise, contacts, torn writes.

Nothing a key may rest on: sixteen bits of state, a xorshift (G. Marsaglia, shifts 7, 9 and 8). Card and
flash have dice of their own, so that a fault there changes nothing else.
"""


class Dice:
    """One sequence of numbers."""

    def __init__(self):
        self._state = 1

    def seed(self, value):
        """Start anew from a number."""
        self._state = value & 0xFFFF or 1

    def below(self, limit):
        """A whole number from 0 to `limit` - 1; at most 65535 of them."""
        x = self._state
        x ^= (x << 7) & 0xFFFF
        x ^= x >> 9
        x ^= (x << 8) & 0xFFFF
        self._state = x
        return x % limit

    def up_to(self, most):
        """A whole number from 0 to `most`, which is less than 2**28."""
        return (self.below(1 << 14) << 14 | self.below(1 << 14)) % (most + 1)


_world = Dice()
media = Dice()
below = _world.below


def seed(value):
    """Start anew from a number of 32 bits."""
    _world.seed(value >> 16)
    media.seed(value)
