"""Small random numbers that a seed determines and that allocate nothing: for noise and for bouncing contacts.

Nothing a key may rest on: sixteen bits of state, a xorshift (G. Marsaglia, shifts 7, 9 and 8).
"""

_state = 1


def seed(value):
    """Start anew from a number."""
    global _state
    _state = value & 0xFFFF or 1


def below(limit):
    """A whole number from 0 to `limit` - 1; at most 65535 of them."""
    global _state
    x = _state
    x ^= (x << 7) & 0xFFFF
    x ^= x >> 9
    x ^= (x << 8) & 0xFFFF
    _state = x
    return x % limit
