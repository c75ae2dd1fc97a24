"""Keccak-f[1600] (FIPS 202, section 3) in viper, on the low and high halves of the 25 lanes.

One bytearray has what it works on: the state as FIPS 202 orders its 200 bytes, and 56 bytes of scratch
after it, which are as secret as the state. The sequence of operations is the same for every state. Nothing
here allocates.
"""
# ruff: noqa: E702

import micropython
from micropython import const

STATE_BYTES = const(256)  # 200 of state, 56 of scratch: the parities of the columns

# One byte a round: bits 0, 1, 3 and 7 of its constant where they belong, and bits 2, 4 and 5 for bits 15,
# 31 and 63; it has no others (section 3.2.5). Then four bytes for each lane but the first, in the order in
# which pi moves them, from lane 1 on (sections 3.2.2 and 3.2.3): where the lane lies that is replaced, and
# its column's parity, as offsets in bytes; the rotation modulo 32; 1 if the rotation swaps the halves.
_TABLE = (
    b"\x01\x86\xae\x34\x8f\x11\xb5\x2d\x8a\x88\x1d\x1a\x9f\xab\xad\x27\x26\xa0\x0e\x3a\xb5\xa4\x11\x3c"
    b"\x50\xc8\x01\x00\x38\xd8\x03\x00\x58\xd0\x06\x00\x88\xd8\x0a\x00\x90\xe0\x0f\x00\x18\xe0\x15\x00"
    b"\x28\xc8\x1c\x00\x80\xd0\x04\x01\x40\xe0\x0d\x01\xa8\xd0\x17\x01\xc0\xe8\x02\x00\x20\xe8\x0e\x00"
    b"\x78\xc8\x1b\x00\xb8\xe0\x09\x01\x98\xe8\x18\x01\x68\xe0\x08\x00\x60\xd8\x19\x00\x10\xd8\x0b\x01"
    b"\xa0\xc8\x1e\x01\x70\xe8\x12\x00\xb0\xd8\x07\x01\x48\xe8\x1d\x01\x30\xd0\x14\x00\x08\xd0\x0c\x01"
)


# On the emulated ESP32's processor 121 000 instructions. Addresses, as ptr32(i), save a third against
# indexes. What is stored to has a variable for its index unless it is 0: mpy-cross would miscompile it.
# fmt: off
@micropython.viper
def permute(p: ptr32):
    """Permute a state of STATE_BYTES bytes in place."""
    i = 0; base = int(p)  # in this order: the second variable is kept in a register
    table = ptr8(_TABLE); number = 0
    while number < 24:
        # Theta: the parities of the columns, from word 52 on, with the last before and the first after
        # them; then from word 50 on what each column is changed by. Rho and pi do that.
        i = base; at = 52
        while i < base + 40:
            p = ptr32(i); p[at] = p[0] ^ p[10] ^ p[20] ^ p[30] ^ p[40]; i += 4
        p = ptr32(base + 200); i = 0
        while i < 2:
            at = i + 12; p[i] = p[i + 10]; p[at] = p[i + 2]; i += 1
        i = 0; at = 1
        while i < 5:
            low = p[4]; high = p[5]
            p[0] = p[0] ^ ((low << 1) | (uint(high) >> 31)); p[at] = p[1] ^ ((high << 1) | (uint(low) >> 31))
            p = ptr32(int(p) + 8); i += 1
        # Rho and pi, lane after lane.
        p = ptr32(base); p[0] = p[0] ^ p[50]; p[at] = p[1] ^ p[51]
        low = p[2] ^ p[52]; high = p[3] ^ p[53]; i = 24
        while i < 120:
            p = ptr32(base + table[i]); parity = ptr32(base + table[i + 1])
            left = table[i + 2]; right = 32 - left; at = table[i + 3]
            next_low = p[0] ^ parity[0]; next_high = p[1] ^ parity[1]
            p[at] = (low << left) | (uint(high) >> right); p[at ^ 1] = (high << left) | (uint(low) >> right)
            low = next_low; high = next_high; i += 4
        # Chi, row after row, the low halves and the high ones.
        i = base; at = 4
        while i < base + 200:
            p = ptr32(i); low = p[0]; high = p[2]; p[0] = low ^ ((high ^ -1) & p[4])
            p = ptr32(i + 8); p[0] = high ^ ((p[2] ^ -1) & p[4])
            p = ptr32(i + 16); p[0] = p[0] ^ ((p[2] ^ -1) & p[4])
            p = ptr32(i + 24); p[0] = p[0] ^ ((p[2] ^ -1) & low)
            p = ptr32(i + 32); p[0] = p[0] ^ ((low ^ -1) & high)
            i += at; at = 40 - at
        # Iota.
        i = table[number]; p = ptr32(base); at = 1
        p[0] = p[0] ^ ((i & 0x8B) | ((i & 4) << 13) | ((i & 16) << 27)); p[at] = p[1] ^ ((i & 32) << 26)
        number += 1
# fmt: on
