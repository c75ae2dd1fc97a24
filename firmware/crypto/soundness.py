"""Whether a public key can be sealed to: asked when it is loaded, so that no recording fails over it.

An overlay. X25519: not one of the points of low order, whose shared secret is zero for everybody. ML-KEM:
FIPS 203's check of the encapsulation key (section 7.2), that no coefficient is 3329 or more.
"""

from crypto.suites import SUITES
from micropython import const

_POINT_BYTES = const(32)
_MLKEM_VECTOR_BYTES = const(1152)
_PIECE_BYTES = const(48)  # little at a time: there may be no room for more in one piece
# The two of order 8, without their first byte, which is E0 and 5F; the others are -1, 0, 1, p and p + 1.
_ORDER_8 = (
    b"\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05"
    b"\x16\x5f\x49\xb8\x00",
    b"\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e"
    b"\xdd\xd0\x9f\x11\x57",
)


def is_sound(suite, key):
    """True if `key` is a public key of `suite` that can be sealed to."""
    if len(key) != SUITES[suite] or _is_low_order(bytes(key[-_POINT_BYTES:])):
        return False
    return suite == 1 or _is_reduced(key)


def _is_low_order(point):
    """The top bit does not count (RFC 7748, section 5)."""
    first, rest = point[0], point[1:-1] + bytes((point[-1] & 0x7F,))
    if rest == bytes(31):
        return first < 2
    if rest == b"\xff" * 30 + b"\x7f":
        return 0xEC <= first <= 0xEE
    return first == 0xE0 and rest == _ORDER_8[0] or first == 0x5F and rest == _ORDER_8[1]


def _is_reduced(key):
    from crypto.mlkem_words import is_reduced

    for at in range(0, _MLKEM_VECTOR_BYTES, _PIECE_BYTES):
        if not is_reduced(key[at : at + _PIECE_BYTES]):
            return False
    return True
