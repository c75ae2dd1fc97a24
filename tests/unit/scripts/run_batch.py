"""Runs a viper function of crypto/keccak.py or crypto/mlkem_words.py on a file of inputs, on any interpreter.

    run_batch.py FUNCTION INPUTS RESULTS

INPUTS has the function's buffers one after another, again and again; RESULTS gets what each call left.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import sys

from crypto import keccak, mlkem_words

POLYNOMIAL = 512


def permute(state):
    whole = bytearray(keccak.STATE_BYTES)
    whole[:200] = state
    keccak.permute(whole)
    return whole[:200]


def ntt(p):
    mlkem_words.ntt(p, mlkem_words.ZETAS)
    return p


def inverse_ntt(p):
    mlkem_words.inverse_ntt(p, mlkem_words.ZETAS)
    return p


def multiply_add(p, a, b):
    mlkem_words.multiply_add(p, a, b, mlkem_words.ZETAS)
    return p


def add_noise(p, noise, message):
    mlkem_words.add_noise(p, noise, message)
    return p


def sample(p, source, have):
    """The count that comes back follows the polynomial."""
    have = mlkem_words.sample(p, source, 112, have[0] | have[1] << 8)
    return p + bytearray([have & 255, have >> 8])


def compress(p):
    """To four bits in a buffer of its own, then to ten in place."""
    short = bytearray(128)
    mlkem_words.compress(short, p, 4)
    mlkem_words.compress(p, p, 10)
    return short + p[:320]


def is_reduced(piece):
    """The answers for the piece and for its first quarter."""
    return bytearray([mlkem_words.is_reduced(piece), mlkem_words.is_reduced(piece[:96])])


FUNCTIONS = {
    "permute": (permute, [200]),
    "ntt": (ntt, [POLYNOMIAL]),
    "inverse_ntt": (inverse_ntt, [POLYNOMIAL]),
    "multiply_add": (multiply_add, [POLYNOMIAL, POLYNOMIAL, POLYNOMIAL]),
    "add_noise": (add_noise, [POLYNOMIAL, 128, 32]),
    "sample": (sample, [POLYNOMIAL, 168, 2]),
    "compress": (compress, [POLYNOMIAL]),
    "is_reduced": (is_reduced, [384]),
}


def main(name, inputs, results):
    function, sizes = FUNCTIONS[name]
    buffers = [bytearray(size) for size in sizes]
    with open(inputs, "rb") as source, open(results, "wb") as sink:
        while source.readinto(buffers[0]):
            for buffer in buffers[1:]:
                source.readinto(buffer)
            sink.write(function(*buffers))


if __name__ == "__main__":
    main(*sys.argv[1:])
