"""X25519 (RFC 7748) on the interpreter's big integers.

A result of zero, which every low-order point gives, is refused. It is *not* constant in time: the ladder
branches on the bits of the scalar and the integers have no fixed length. The recorder uses each
scalar once, for one ephemeral key, with no radio and nobody to send it chosen points. Integers
cannot be wiped: what passed through them stays in free memory until it is used again.
"""

from crypto.words import wipe

KEY_BYTES = 32
BASE_POINT = b"\x09" + bytes(31)

_P = (1 << 255) - 19
_A24 = 121665


class LowOrderPoint(ValueError):
    """The point has a small order, so that the result would be the same for every scalar: zero."""


def public_key(private):
    """Return the public key (32 bytes) of a private key (any 32 bytes)."""
    return scalar_mult(private, BASE_POINT)


def scalar_mult(scalar, point):
    """Return X25519(scalar, point), 32 bytes; both arguments are 32 bytes, little-endian.

    The scalar is clamped and the point's top bit ignored (RFC 7748, section 5). Raises LowOrderPoint on
    an all-zero result (section 6.1), ValueError on another length.
    """
    if len(scalar) != KEY_BYTES or len(point) != KEY_BYTES:
        raise ValueError("X25519 takes 32 bytes and 32 bytes")
    u = int.from_bytes(point, "little") & ((1 << 255) - 1)
    clamped = bytearray(scalar)
    clamped[0] &= 0xF8
    clamped[31] = (clamped[31] & 0x7F) | 0x40
    x, z = _ladder(clamped, u)
    wipe(clamped)
    result = x * pow(z, _P - 2, _P) % _P
    if result == 0:
        raise LowOrderPoint("low-order X25519 point")
    return result.to_bytes(KEY_BYTES, "little")


def is_low_order(point):
    """True if `point` (32 bytes) is one that scalar_mult refuses: eight times it is the neutral element.

    Three doublings; curve and twist have no small subgroups but those of order 1, 2, 4 and 8.
    """
    x, z = int.from_bytes(point, "little") & ((1 << 255) - 1), 1
    for _ in range(3):
        aa, bb = (x + z) * (x + z) % _P, (x - z) * (x - z) % _P
        e = aa - bb
        x, z = aa * bb % _P, e * (aa + _A24 * e) % _P
    return z == 0


def _ladder(scalar, u):
    """Montgomery ladder of RFC 7748, section 5: the projective (x, z) of scalar times u."""
    p = _P
    x2, z2, x3, z3 = 1, 0, u, 1
    swapped = 0
    for t in range(254, -1, -1):
        bit = (scalar[t >> 3] >> (t & 7)) & 1
        if bit != swapped:
            x2, z2, x3, z3 = x3, z3, x2, z2
            swapped = bit
        a = x2 + z2
        b = x2 - z2
        da = (x3 - z3) * a % p
        cb = (x3 + z3) * b % p
        aa = a * a % p
        bb = b * b % p
        e = aa - bb
        s = da + cb
        d = da - cb
        x3 = s * s % p
        z3 = d * d % p * u % p
        x2 = aa * bb % p
        z2 = e * (aa + _A24 * e) % p
    return (x3, z3) if swapped else (x2, z2)
