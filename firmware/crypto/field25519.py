"""Arithmetic modulo p = 2**255 - 19 in viper: a program of operations on an array of elements, in one call.

An element is the sum of 20 limbs, limb[i] * 2**(13 * i). A limb is signed, and stored in 16 bits with 0x4000
added: 40 bytes an element, one after another in one bytearray. Which operations are done, in which order, and
every index depend on the program alone, never on what the elements hold. Each is four bytes:

    (n, out, left, right)    out = left * right; of `left` only the n lowest limbs count, 1 to 20
    (32, out, left, right)   out = left + right, and the element after `out` = left - right
    (33, 0, 0, 2)            exchange elements 2 and 3 with 4 and 5 if a bit of the bytes from 404 on is set
    (0, 0, 0, 0)             the end

A product needs elements 0 and 1 to work in: what lies there is lost, but for a `right` or an `out` that is 0.
"""
# ruff: noqa: E701, E702 - one statement a line would be 140 lines

import micropython


# How large things get. A product leaves limbs of at most 4096 (limb 1: 4098), a sum or difference of two
# products 8196; a decoded coordinate has 8191, plus or minus 1 or 0 at most 8192. In a product a column takes
# in 20 * 8196**2 and, while it passes the two lowest places, 608 * (177 000 + 8191): less than 1.46e9, hence
# than 2**31. So sums may be multiplied, by each other too, but not added to anything. In storage a limb is
# positive: sums go two limbs at a time. `m` gives words their sign where viper's integers have 64 bits.
# 5943 Xtensa instructions for a product of 20 by 20 limbs. w and x, the first two, live in registers.
# fmt: off
@micropython.viper
def run(w: ptr32, x: int, bit: int, ops: ptr8):
    """Run the program `ops` `x` times on the elements at `w`; exchange by bit `bit`, then the one below."""
    p = ptr16(w); at = 0; times = x; m = 1; m = m << 31
    while True:
        op = ops[at]; at += 4; o = ops[at - 3] * 10; a = ops[at - 2] * 10; k = ops[at - 1] * 10
        if not op: times -= 1; bit -= 1; at = 0
        if not times: return
        if not op: continue
        if op == 32:
            x = 0x4000; x = (x << 16) | x; h = o + 10
            while o < h:
                s0 = w[a]; s1 = w[k]; w[o] = s0 + s1 - x; w[o + 10] = s0 + x - s1; o += 1; a += 1; k += 1
            continue
        if op == 33:
            b = ptr8(w); x = 0 - ((b[(bit >> 3) + 404] >> (bit & 7)) & 1)
            while k < 40:
                h = w[k + 20]; s0 = (h ^ w[k]) & x; w[k] = w[k] ^ s0; w[k + 20] = h ^ s0; k += 1
            continue
        h = 0 if k else 10
        while h < 10: w[h] = w[k]; h += 1; k += 1
        x = 0x4000; y0 = p[0] - x; y1 = p[1] - x; y2 = p[2] - x; y3 = p[3] - x; y4 = p[4] - x; y5 = p[5] - x
        y6 = p[6] - x; y7 = p[7] - x; y8 = p[8] - x; y9 = p[9] - x; y10 = p[10] - x; y11 = p[11] - x
        y12 = p[12] - x; y13 = p[13] - x; y14 = p[14] - x; y15 = p[15] - x; y16 = p[16] - x; y17 = p[17] - x
        y18 = p[18] - x; y19 = p[19] - x; s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = s8 = s9 = 0
        s10 = s11 = s12 = s13 = s14 = s15 = s16 = s17 = s18 = s19 = 0; k = (a << 1) + op
        while True:
            k -= 1; x = p[k] - 0x4000; h = s19; s19 = y19 * x + s18; s18 = y18 * x + s17; s17 = y17 * x + s16
            s16 = y16 * x + s15; s15 = y15 * x + s14; s14 = y14 * x + s13; s13 = y13 * x + s12
            s12 = y12 * x + s11; s11 = y11 * x + s10; s10 = y10 * x + s9; s9 = y9 * x + s8; s8 = y8 * x + s7
            s7 = y7 * x + s6; s6 = y6 * x + s5; s5 = y5 * x + s4; s4 = y4 * x + s3; s3 = y3 * x + s2
            s2 = y2 * x + s1; s1 = (h >> 13) * 608 + s0 + y1 * x; s0 = (h & 8191) * 608 + y0 * x; op -= 1
            if not op: break
        h = s19 >> 13; s19 = s19 & 8191; s0 += (h & 8191) * 608; s1 += (h >> 13) * 608; w[0] = s0; w[1] = s1
        w[2] = s2; w[3] = s3; w[4] = s4; w[5] = s5; w[6] = s6; w[7] = s7; w[8] = s8; w[9] = s9; w[10] = s10
        w[11] = s11; w[12] = s12; w[13] = s13; w[14] = s14; w[15] = s15; w[16] = s16; w[17] = s17; w[18] = s18
        w[19] = s19; o = o << 1; k = 0; x = 4096
        while k < 20:
            x = (int(uint(w[k])) ^ m) - m + x; p[o] = (x & 8191) + 12288; x = (x >> 13) + 4096; o += 1; k += 1
        x = (x - 4096) * 608 + p[o - 20] - 12288; p[o - 20] = (x & 8191) + 12288
        p[o - 19] = p[o - 19] + (x >> 13)
# fmt: on
