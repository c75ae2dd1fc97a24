"""SHA-3 and SHAKE (FIPS 202) on crypto/keccak.py, for inputs of no more than a key. An overlay.

`absorb` begins each of them, and the caller owns and wipes the state. The output is then at the head of the
state, as many bytes as the rate; `keccak.permute` puts the next ones there. No object of a sponge: memory
is scarce.
"""

from crypto.keccak import STATE_BYTES, permute
from crypto.words import wipe
from micropython import const

# What follows the input, and the first bit of the padding: sections 6.1, 6.2 and B.2.
SHA3 = const(0x06)
SHAKE = const(0x1F)

SHA3_256_RATE = const(136)
SHA3_512_RATE = const(72)
SHAKE128_RATE = const(168)
SHAKE256_RATE = const(136)


def absorb(state, rate_bytes, suffix, parts):
    """Begin anew with the whole of an input, given in parts; `state` has STATE_BYTES."""
    wipe(state)
    at = 0
    for part in parts:
        for byte in part:
            state[at] ^= byte
            at += 1
            if at == rate_bytes:
                permute(state)
                at = 0
    state[at] ^= suffix
    state[rate_bytes - 1] ^= 0x80
    permute(state)


def sha3_256(*parts):
    """Return SHA3-256 of the parts joined together, a bytearray of 32. What it was made in is wiped."""
    state = bytearray(STATE_BYTES)
    try:
        absorb(state, SHA3_256_RATE, SHA3, parts)
        return state[:32]
    finally:
        wipe(state)
