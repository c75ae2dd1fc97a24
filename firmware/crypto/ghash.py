"""GHASH (NIST SP 800-38D, section 6.4) on big integers, for a few short blocks.

Bit by bit: slow, small and not constant in time. The recorder hashes 64 bytes with it once per file
key, with no radio and nobody to time it.
"""

_REDUCTION = 0xE1 << 120


def ghash(subkey, aad, ciphertext):
    """Return GHASH (16 bytes) of aad and ciphertext, each padded with zeros, and of their lengths in bits.

    `subkey` is H, 16 bytes: the block of zeros encrypted.
    """
    h = int.from_bytes(subkey, "big")
    y = 0
    for data in (aad, ciphertext):
        for start in range(0, len(data), 16):
            block = bytes(data[start : start + 16])
            y = _multiply(y ^ int.from_bytes(block + bytes(16 - len(block)), "big"), h)
    lengths_bits = (len(aad) * 8 << 64) | len(ciphertext) * 8
    return _multiply(y ^ lengths_bits, h).to_bytes(16, "big")


def _multiply(x, y):
    """Return the product of two blocks in GF(2**128), first bit highest (SP 800-38D, section 6.3)."""
    z = 0
    for byte in x.to_bytes(16, "big"):
        for shift in range(7, -1, -1):
            if (byte >> shift) & 1:
                z ^= y
            y = (y >> 1) ^ _REDUCTION if y & 1 else y >> 1
    return z
