"""ML-KEM-768 (FIPS 203): encapsulation alone, with a key that is never wholly in memory. An overlay.

Three buffers of 512 bytes hold polynomials, one of 256 the hashes' state; they are wiped in the end, whatever
happens. Memory is dearer than time: the vector y is made anew for each row of the matrix, which costs nine
permutations and transforms. What is done does not depend on the message.
"""

from crypto.keccak import permute
from crypto.mlkem_words import ZETAS, add_noise, compress, inverse_ntt, multiply_add, ntt, sample
from crypto.sha3 import SHA3, SHA3_512_RATE, SHAKE, SHAKE128_RATE, SHAKE256_RATE, absorb
from crypto.words import wipe
from micropython import const

KEY_BYTES = const(1184)
CIPHERTEXT_BYTES = const(1088)
SCRATCH_BYTES = const(1792)  # three polynomials, and a sponge
PIECE_BYTES = const(96)  # of the key, at a time: 64 numbers of 12 bits

_POLYNOMIAL_BYTES = const(384)
_SEED_AT = const(1152)  # the seed of the matrix follows three polynomials


def encaps(read, write, message, key_hash, scratch):
    """ML-KEM.Encaps_internal (algorithm 17): return the shared secret, a bytearray of 32.

    `read(offset, size)` gives up to 96 bytes of the encapsulation key. `write(piece)` takes the ciphertext
    in pieces of 320, 320, 320 and 128 bytes; their buffer is used again. `message` is 32 random bytes,
    `key_hash` SHA3-256 of the key. `scratch` is 1792 bytes to work in, and is wiped. Raises ValueError if
    there is not enough of the key or a coefficient is not reduced (section 7.2); pieces may have been
    written by then.
    """
    if len(message) != 32 or len(key_hash) != 32:
        raise ValueError("32 bytes are wanted")
    view = memoryview(scratch)
    total, operand, y, state = view[:512], view[512:1024], view[1024:1536], view[1536:SCRATCH_BYTES]
    secret = bytearray(65)  # the shared secret, what the noise is made of, and a byte that counts
    try:
        absorb(state, SHA3_512_RATE, SHA3, (message, key_hash))
        secret[:] = state[:65]
        _encrypt(read, write, message, total, operand, y, state, memoryview(secret)[32:])
        return secret[:32]
    finally:
        wipe(secret)
        wipe(view[:SCRATCH_BYTES])


def _encrypt(read, write, message, total, operand, y, state, random):
    """K-PKE.Encrypt (algorithm 14). random: 32 bytes and one that counts."""
    seed = bytearray(_piece(read, _SEED_AT, 32) + b"ij")
    zeros = bytes(32)
    for i in range(4):
        wipe(total)
        for j in range(3):
            if i < 3:
                seed[32] = i
                seed[33] = j
                _fill(operand, state, seed)
            else:
                _decode(operand, read, j)
            wipe(y)
            _noise(y, state, random, j, zeros)
            ntt(y, ZETAS)
            multiply_add(total, operand, y, ZETAS)
        inverse_ntt(total, ZETAS)
        _noise(total, state, random, 3 + i, zeros if i < 3 else message)
        bits = 10 if i < 3 else 4
        compress(total, total, bits)
        write(memoryview(total)[: 32 * bits])


def _decode(p, read, number):
    """Take a polynomial of the key (algorithm 6), a little at a time: what is read needs room, too."""
    have = 0
    for at in range(_POLYNOMIAL_BYTES * number, _POLYNOMIAL_BYTES * (number + 1), PIECE_BYTES):
        have = sample(p, _piece(read, at, PIECE_BYTES), PIECE_BYTES * 2 // 3, have)
    if have < 256:
        raise ValueError("a coefficient is not reduced")


def _piece(read, offset, size):
    piece = read(offset, size)
    if len(piece) != size:
        raise ValueError("the key is too short")
    return piece


def _fill(p, state, seed):
    """Make a polynomial of the matrix (algorithm 7) of 34 bytes."""
    absorb(state, SHAKE128_RATE, SHAKE, (seed,))
    have = sample(p, state, 112, 0)
    while have < 256:
        permute(state)
        have = sample(p, state, 112, have)


def _noise(p, state, random, number, message):
    """Add the noise of a number (algorithms 3 and 8), and the message."""
    random[32] = number
    absorb(state, SHAKE256_RATE, SHAKE, (random,))
    add_noise(p, state, message)
