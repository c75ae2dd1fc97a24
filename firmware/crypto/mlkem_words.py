"""What ML-KEM-768 (FIPS 203) does to polynomials, in viper: transforms, products, noise, sampling, packing.

A polynomial is 256 coefficients of 16 bits, unsigned and reduced modulo q = 3329 only where it has to be:
each function says how large they may be. Products are Montgomery's, with 2**16. `sample` sees public data;
all others do the same operations for every input. Nothing here allocates but `is_reduced`, and nothing
checks bounds.
"""

import micropython

# 17 ** BitRev7(k) * 2**16 mod q for each k, 16 bits, little-endian (appendix A).
ZETAS = (
    b"\xed\x08\x0b\x0a\x9a\x0b\x14\x07\xd5\x05\x8e\x05\x1f\x01\xca\x00"
    b"\x56\x0c\x6e\x02\x29\x06\xb6\x00\xc2\x03\x4f\x08\x3f\x07\xbc\x05"
    b"\x3d\x02\xd4\x07\x08\x01\x7f\x01\xc4\x09\xb2\x05\xbf\x06\x7f\x0c"
    b"\x58\x0a\xf9\x03\xdc\x02\x60\x02\xfb\x06\x9b\x01\x34\x0c\xde\x06"
    b"\xc7\x04\x8c\x02\xd9\x0a\xf7\x03\xf4\x07\xd3\x05\xe7\x0b\xf9\x06"
    b"\x04\x02\xf9\x0c\xc1\x0b\x67\x0a\xaf\x06\x77\x08\x7e\x00\xbd\x05"
    b"\xac\x09\xa7\x0c\xf2\x0b\x3e\x03\x6b\x00\x74\x07\x0a\x0c\x4a\x09"
    b"\x73\x0b\xc1\x03\x1d\x07\x2c\x0a\xc0\x01\xd8\x08\xa5\x02\x06\x08"
    b"\xb2\x08\xae\x01\x2b\x02\x4b\x03\x1e\x08\x67\x03\x0e\x06\x69\x00"
    b"\xa6\x01\x4b\x02\xb1\x00\x16\x0c\xde\x0b\x35\x0b\x26\x06\x75\x06"
    b"\x0b\x0c\x0a\x03\x87\x04\x6e\x0c\xf8\x09\xcb\x05\xa7\x0a\x5f\x04"
    b"\xcb\x06\x84\x02\x99\x09\x5d\x01\xa2\x01\x49\x01\x65\x0c\xb6\x0c"
    b"\x31\x03\x49\x04\x5b\x02\x62\x02\x2a\x05\xfc\x07\x48\x07\x80\x01"
    b"\x42\x08\x79\x0c\xc2\x04\xca\x07\x97\x09\xdc\x00\x5e\x08\x86\x06"
    b"\x60\x08\x07\x07\x03\x08\x1a\x03\x1b\x07\xab\x09\x9b\x09\xde\x01"
    b"\x95\x0c\xcd\x0b\xe4\x03\xdf\x03\xbe\x03\x4d\x07\xf2\x05\x5c\x06"
)


@micropython.viper
def ntt(p: ptr16, zetas: ptr16):
    """Transform `p` in place (algorithm 9). Takes coefficients up to 3331, gives them below 50 000."""
    j = 0
    k = 1
    length = 128
    while length > 1:
        j = 0
        while j < 256:
            zeta = zetas[k]
            k += 1
            end = j + length
            while j < end:
                at = j + length
                x = p[at] * zeta
                # Montgomery: x / 2**16 mod q, at most 6657, as -1 / q is 3327 modulo 2**16.
                x = (x + ((x * 3327) & 0xFFFF) * 3329) >> 16
                p[at] = p[j] + 6658 - x
                p[j] = p[j] + x
                j += 1
            j += length
        length >>= 1


@micropython.viper
def inverse_ntt(p: ptr16, zetas: ptr16):
    """Undo `ntt` but for its factor of 128 (algorithm 10). Takes up to 26 000, gives up to 13 300."""
    j = 0
    k = 127
    length = 2
    while length < 256:
        j = 0
        while j < 256:
            zeta = zetas[k]
            k -= 1
            end = j + length
            while j < end:
                at = j + length
                x = (p[at] + 26632 - p[j]) * zeta
                p[at] = p[at] + p[j]
                # 4096 is 767 modulo q: below 13 300 after the first layer, 8 700 after the second.
                p[j] = p[at] - (p[at] >> 12) * 3329
                p[at] = (x + ((x * 3327) & 0xFFFF) * 3329) >> 16
                j += 1
            j += length
        length <<= 1


@micropython.viper
def multiply_add(p: ptr16, a: ptr16, b: ptr16, zetas: ptr16):
    """Add to `p` the product of the transformed `a` and `b`, divided by 2**16 (algorithms 11 and 12).

    Takes `a` reduced and `b` up to 50 000; adds up to 8 600.
    """
    i = 0
    while i < 256:
        x = zetas[64 + (i >> 2)]
        if i & 2:
            x = 3329 - x
        j = i + 1
        x = a[j] * x
        s = (x + ((x * 3327) & 0xFFFF) * 3329) >> 16
        t = a[i]
        to = i
        while True:
            x = s * b[j] + t * b[i]
            p[to] = p[to] + ((x + ((x * 3327) & 0xFFFF) * 3329) >> 16)
            if to == j:
                break
            s = t
            t = a[j]
            to = j
        i += 2


@micropython.viper
def add_noise(p: ptr16, noise: ptr8, message: ptr8):
    """Finish what `multiply_add` and `inverse_ntt` left, and add noise, a message and q. Gives up to 9 000.

    Takes up to 13 300, and multiplies it by 2**16 / 128. The noise is the centred binomial distribution of
    128 random bytes (algorithm 8, eta = 2). A bit of the message, 32 bytes, is q / 2 (algorithms 5 and 6).
    """
    i = 0
    while i < 256:
        x = p[i] * 1441  # 2**32 / 128 mod q
        n = noise[i >> 1] >> ((i & 1) << 2)
        n = (n & 5) + ((n >> 1) & 5)
        n = (n & 3) - (n >> 2) + ((message[i >> 3] >> (i & 7)) & 1) * 1665
        p[i] = ((x + ((x * 3327) & 0xFFFF) * 3329) >> 16) + n + 3329
        i += 1


@micropython.viper
def sample(p: ptr16, source: ptr8, count: int, have: int) -> int:
    """Go on filling `p`, which has `have` coefficients, with `count` numbers from public bytes (algorithm 7).

    Returns how many it has then: numbers from q on are left out. A piece of a key (algorithm 6, d = 12) is
    read in this way, too: 256 numbers in 384 bytes, and if one is not reduced fewer are taken.
    """
    i = 0
    while i < count:
        at = (i + i + i) >> 1
        x = ((source[at] | (source[at + 1] << 8)) >> ((i & 1) << 2)) & 0xFFF
        if x < 3329:
            if have < 256:
                p[have] = x
                have += 1
        i += 1
    return have


@micropython.viper
def compress(target: ptr8, p: ptr16, bits: int):
    """Compress each coefficient to `bits` (10 or 4) and pack them, 32 bytes a bit (section 4.2.1).

    Takes up to 8 191 for 10 bits. `target` may be `p` itself.
    """
    i = 0
    held = 0
    packed = 0
    at = 0
    while i < 256:
        x = (p[i] << bits) + 1664
        # x / q without a division, whose time may depend on x: this is right or one too low.
        n = ((x >> 8) * 20158) >> 18
        n -= (3328 - (x - n * 3329)) >> 31
        packed |= (n & ((1 << bits) - 1)) << held
        held += bits
        while held > 7:
            target[at] = packed
            at += 1
            packed >>= 8
            held -= 8
        i += 1


def is_reduced(piece):
    """True if all coefficients in a piece of a key (two in 3 bytes) are below q: the check of section 7.2."""
    count = len(piece) * 2 // 3
    return sample(bytearray(2 * count), piece, count, 0) == count
