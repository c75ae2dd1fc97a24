"""X25519 (RFC 7748) on the limbs of field25519: an overlay, without native code of its own.

The same operations in the same order whatever the scalar and the point hold: no branch and no index depends
on them. What the work was done in is wiped before a function returns. A result of zero, which every
low-order point gives, is refused.
"""

from crypto.field25519 import run
from crypto.words import wipe
from micropython import const

KEY_BYTES = 32
BASE_POINT = b"\x09" + bytes(31)


class LowOrderPoint(ValueError):
    """The point has a small order, so that the result would be the same for every scalar: zero."""


# Where things lie in the state, in bytes. Elements 0 and 1 are field25519's to work in.
_X2 = const(80)
_X3 = const(160)
_U = const(360)
_A24 = const(400)
_SWAPS = const(404)
_STATE_BYTES = const(436)
_BIAS = const(0x4000)

# RFC 7748, section 5: one step; x2, z2, x3, z3 are elements 2 to 5, u is 9, a24 is 10. See field25519.py.
_STEP = (
    b"\x21\0\0\2"  # swap if this bit of the scalar differs from the one before
    b"\x20\2\2\3\x20\4\4\5"  # A = x2 + z2, B = x2 - z2; C = x3 + z3, D = x3 - z3
    b"\x14\5\5\2\x14\4\4\3"  # DA, CB
    b"\x20\4\4\5\x14\4\4\4\x14\0\5\5"  # x3 = (CB + DA)**2, (CB - DA)**2 the same as (DA - CB)**2
    b"\x14\5\x09\0"  # z3 = u * (DA - CB)**2
    b"\x14\2\2\2\x14\3\3\3\x20\7\2\3"  # AA, BB; E = AA - BB is element 8
    b"\2\7\x0a\x08\x20\6\2\7"  # a24 * E, AA + a24 * E
    b"\x14\2\2\3\x14\3\6\x08"  # x2 = AA * BB, z2 = E * (AA + a24 * E)
    b"\0\0\0\0"
)
_U_LIMBS = const(32)  # where the step has the number of limbs of u
# x2 / z2 in element 2; z is element 3. Each line: how often to square element 0, and what to do then.
_SQUARE = b"\x14\0\0\0\0\0\0\0"
_INVERSION = (
    (1, b"\x14\6\3\3\x14\7\6\6\x14\7\7\7\x14\7\7\3\x14\x08\7\6\x14\6\x08\x08\x14\7\6\7\x14\0\7\7\0\0\0\0"),
    (4, b"\x14\7\7\0\x14\0\7\7\0\0\0\0"),  # z**(2**10 - 1) is element 7, z**11 element 8
    (9, b"\x14\4\7\0\x14\0\4\4\0\0\0\0"),  # 2**20 - 1: element 4
    (19, b"\x14\0\4\0\0\0\0\0"),  # 2**40 - 1
    (10, b"\x14\7\7\0\x14\0\7\7\0\0\0\0"),  # 2**50 - 1: element 7
    (49, b"\x14\4\7\0\x14\0\4\4\0\0\0\0"),  # 2**100 - 1: element 4
    (99, b"\x14\0\4\0\0\0\0\0"),  # 2**200 - 1
    (50, b"\x14\0\7\0\0\0\0\0"),  # 2**250 - 1
    (5, b"\x14\0\x08\0\x14\2\2\0\0\0\0\0"),  # 2**255 - 21 = p - 2
)


def public_key(private):
    """Return the public key (32 bytes, a bytearray) of a private key (any 32 bytes)."""
    return scalar_mult(private, BASE_POINT)


def scalar_mult(scalar, point):
    """Return X25519(scalar, point), a bytearray of 32; both arguments are 32 bytes, little-endian.

    The scalar is clamped and the point's top bit ignored (RFC 7748, section 5). Raises LowOrderPoint on
    an all-zero result (section 6.1), ValueError on another length.
    """
    if len(scalar) != KEY_BYTES or len(point) != KEY_BYTES:
        raise ValueError("X25519 takes 32 bytes and 32 bytes")
    state = bytearray(_STATE_BYTES)
    try:
        for at in range(_X2, _A24, 2):
            state[at + 1] = _BIAS >> 8
        state[_X2] = state[_X3 + 40] = 1
        _decode(state, _X3, point)
        _decode(state, _U, point)
        # 121665 = 14 * 2**13 + 6977
        state[_A24] = 6977 & 0xFF
        state[_A24 + 1] = (_BIAS + 6977) >> 8
        state[_A24 + 2] = 14
        state[_A24 + 3] = _BIAS >> 8
        _swaps(state, scalar)
        program = bytearray(_STEP)
        if point == BASE_POINT:
            program[_U_LIMBS] = 1
        run(state, 255, 254, program)
        for squarings, then in _INVERSION:
            run(state, squarings, 0, _SQUARE)
            run(state, 1, 0, then)
        return _encode(state)
    finally:
        wipe(state)


def _swaps(state, scalar):
    """Set the swapping bits: bit t of the clamped scalar differs from bit t + 1. At the end it is 0."""
    above = 0
    for i in range(31, -1, -1):
        octet = scalar[i]
        if i == 0:
            octet &= 0xF8
        elif i == 31:
            octet = (octet & 0x7F) | 0x40
        state[_SWAPS + i] = octet ^ (octet >> 1 | above << 7) & 0xFF
        above = octet & 1


def _decode(state, at, point):
    """Write the coordinate that `point` encodes, without its top bit, as the element at byte `at`."""
    held = held_bits = 0
    for i in range(32):
        held |= (point[i] if i < 31 else point[i] & 0x7F) << held_bits
        held_bits += 8
        if held_bits >= 13 or i == 31:
            limb = (held & 0x1FFF) + _BIAS
            state[at] = limb & 0xFF
            state[at + 1] = limb >> 8
            at += 2
            held >>= 13
            held_bits -= 13


def _encode(state):
    """Return element 2 as 32 bytes, reduced to less than p. Raises LowOrderPoint if it is zero."""
    # Plus 2**261 - 1216 = 64 * p it is not negative. What is over 2**255 comes back as 19 times as much; with
    # 19 more it shows whether p has to be taken off, and where it has not, the 19 are.
    over = _carry(state, -1216) + 64
    over = _carry(state, 19 * over + 19)
    _carry(state, 19 * over - 19)
    result = bytearray(KEY_BYTES)
    held = held_bits = some = 0
    at = _X2
    for i in range(KEY_BYTES):
        if held_bits < 8:
            held |= ((state[at] | state[at + 1] << 8) - _BIAS) << held_bits
            held_bits += 13
            at += 2
        result[i] = held & 0xFF
        some |= held & 0xFF
        held >>= 8
        held_bits -= 8
    if not some:
        raise LowOrderPoint("low-order X25519 point")
    return result


def _carry(state, carry):
    """Add `carry` to element 2, leave limbs from 0 to 2**13 - 1 and 255 bits in all; return what is over."""
    for at in range(_X2, _X2 + 40, 2):
        carry += (state[at] | state[at + 1] << 8) - _BIAS
        limb = (carry & (0x1FFF if at < _X2 + 38 else 0xFF)) + _BIAS
        state[at] = limb & 0xFF
        state[at + 1] = limb >> 8
        carry >>= 13 if at < _X2 + 38 else 8
    return carry
