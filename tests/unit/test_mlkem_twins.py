"""The viper functions of crypto/mlkem_words.py against FIPS 203's algorithms, over ten thousand inputs each.

The algorithms stand here as the standard has them, on whole arrays of polynomials at once. Viper leaves
numbers that are not reduced: they are compared modulo q, and with the bounds that the next step relies on.
"""

import runpy
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parent / "scripts" / "run_batch.py"
COUNT = 10_000
COUNT_ON_CPYTHON = 10
Q = 3329
R = 1 << 16  # Montgomery's: products are divided by it
# FIPS 203, appendix A.
ZETAS = [pow(17, int(f"{k:07b}"[::-1], 2), Q) for k in range(128)]
POLYNOMIAL = np.dtype("<u2")


def plain_ntt(p):
    """Algorithm 9."""
    f, k = p % Q, 1
    for length in (128, 64, 32, 16, 8, 4, 2):
        for start in range(0, 256, 2 * length):
            low, high = slice(start, start + length), slice(start + length, start + 2 * length)
            t = ZETAS[k] * f[:, high] % Q
            f[:, high] = (f[:, low] - t) % Q
            f[:, low] = (f[:, low] + t) % Q
            k += 1
    return f


def plain_inverse_ntt(p):
    """Algorithm 10 without its last line: the factor of 1/128 is add_noise's."""
    f, k = p % Q, 127
    for length in (2, 4, 8, 16, 32, 64, 128):
        for start in range(0, 256, 2 * length):
            low, high = slice(start, start + length), slice(start + length, start + 2 * length)
            t = f[:, low].copy()
            f[:, low] = (t + f[:, high]) % Q
            f[:, high] = ZETAS[k] * (f[:, high] - t) % Q
            k -= 1
    return f


def plain_multiply_add(p, a, b):
    """Algorithms 11 and 12."""
    product = np.empty_like(p)
    gammas = np.array([17 * z * z % Q for z in ZETAS])
    a0, a1, b0, b1 = a[:, ::2], a[:, 1::2], b[:, ::2] % Q, b[:, 1::2] % Q
    product[:, ::2] = a0 * b0 + a1 * b1 % Q * gammas
    product[:, 1::2] = a0 * b1 + a1 * b0
    return (p + product * pow(R, -1, Q)) % Q


def plain_add_noise(p, noise, message):
    """Algorithm 8 for eta = 2, and a message by Decompress_1."""
    bits = np.unpackbits(noise, axis=1, bitorder="little").reshape(-1, 256, 4).astype(int)
    drawn = bits[:, :, 0] + bits[:, :, 1] - bits[:, :, 2] - bits[:, :, 3]
    half = np.unpackbits(message, axis=1, bitorder="little").astype(int) * ((Q + 1) // 2)
    return (p * R * pow(128, -1, Q) + drawn + half) % Q


def plain_numbers(source):
    """ByteDecode_12 (algorithm 6)."""
    numbers = np.unpackbits(source, axis=1, bitorder="little").reshape(len(source), -1, 12)
    return numbers @ (1 << np.arange(12))


def plain_sample(p, source, have):
    """Algorithm 7, as far as these bytes go: the polynomials, and how many coefficients each has then."""
    result = p.copy()
    counts = []
    for row, numbers, filled in zip(result, plain_numbers(source), have, strict=True):
        taken = numbers[numbers < Q][: 256 - filled]
        row[filled : filled + len(taken)] = taken
        counts.append(filled + len(taken))
    return result, np.array(counts)


def plain_compress(p, bits):
    """Compress_d (4.7) and ByteEncode_d (algorithm 5)."""
    numbers = (p * (2 << bits) + Q) // (2 * Q) % (1 << bits)
    spread = (numbers[:, :, None] >> np.arange(bits) & 1).astype(np.uint8)
    return np.packbits(spread.reshape(len(p), -1), axis=1, bitorder="little")


class Runner:
    """Runs a function on one interpreter, for `count` inputs."""

    def __init__(self, folder, run, count):
        self._inputs, self._results, self._run, self.count = folder / "inputs", folder / "results", run, count
        self._draw = np.random.default_rng(203)

    def __call__(self, name, *arrays):
        """What came out, as bytes: a row for each call."""
        rows = [array.astype(POLYNOMIAL).view(np.uint8) if array.dtype == int else array for array in arrays]
        self._inputs.write_bytes(np.hstack(rows).tobytes())
        self._run(name, self._inputs, self._results)
        return np.frombuffer(self._results.read_bytes(), np.uint8).reshape(self.count, -1)

    def polynomials(self, most):
        """Coefficients up to `most`, which all of the first polynomial are; all of the second are 0."""
        drawn = self._draw.integers(0, most, (self.count, 256), endpoint=True)
        drawn[0], drawn[1] = most, 0
        return drawn

    def bytes(self, size):
        drawn = self._draw.integers(0, 256, (self.count, size), dtype=np.uint8)
        drawn[0] = 255
        return drawn

    def integers(self, most):
        return self._draw.integers(0, most, (self.count, 1), endpoint=True)


@pytest.fixture
def on_micropython(micropython, tmp_path):
    return Runner(tmp_path, lambda *arguments: micropython.output(SCRIPT, *arguments), COUNT)


@pytest.fixture
def on_cpython(tmp_path):
    return Runner(tmp_path, runpy.run_path(str(SCRIPT))["main"], COUNT_ON_CPYTHON)


def check_ntt(run):
    p = run.polynomials(Q + 2)
    found = run("ntt", p).view(POLYNOMIAL)
    assert np.array_equal(found % Q, plain_ntt(p))
    assert found.max() <= 50_000


def check_inverse_ntt(run):
    p = run.polynomials(26_000)
    found = run("inverse_ntt", p).view(POLYNOMIAL)
    assert np.array_equal(found % Q, plain_inverse_ntt(p))
    assert found.max() <= 13_300


def check_multiply_add(run):
    p, a, b = run.polynomials(17_400), run.polynomials(Q - 1), run.polynomials(50_000)
    found = run("multiply_add", p, a, b).view(POLYNOMIAL)
    assert np.array_equal(found % Q, plain_multiply_add(p, a, b))
    assert (found - p).max() <= 8600


def check_add_noise(run):
    p, noise, message = run.polynomials(13_300), run.bytes(128), run.bytes(32)
    found = run("add_noise", p, noise, message).view(POLYNOMIAL)
    assert np.array_equal(found % Q, plain_add_noise(p, noise, message))
    assert found.max() <= 9000
    assert run("add_noise", p * 0, noise, message * 0).view(POLYNOMIAL).max() <= Q + 2  # what ntt takes


def check_sample(run):
    p, source, have = run.polynomials(Q - 1), run.bytes(168), run.integers(256)
    found = run("sample", p, source, have).view(POLYNOMIAL)
    expected, counts = plain_sample(p, source, have[:, 0])
    assert np.array_equal(found[:, :256], expected)
    assert np.array_equal(found[:, 256], counts)


def check_compress(run):
    p = run.polynomials(8191)
    found = run("compress", p)
    assert np.array_equal(found[:, :128], plain_compress(p, 4))
    assert np.array_equal(found[:, 128:], plain_compress(p, 10))
    p = run.polynomials(9000)
    assert np.array_equal(run("compress", p)[:, :128], plain_compress(p, 4))


def check_is_reduced(run):
    numbers = run.polynomials(Q - 1)
    spoilt = np.arange(0, run.count, 2)
    numbers[spoilt, run.integers(255)[spoilt, 0]] = Q + run.integers(4095 - Q)[spoilt, 0]
    bits = (numbers[:, :, None] >> np.arange(12) & 1).astype(np.uint8)
    pieces = np.packbits(bits.reshape(run.count, -1), axis=1, bitorder="little")
    found = run("is_reduced", pieces)
    assert np.array_equal(found[:, 0], numbers.max(axis=1) < Q)
    assert np.array_equal(found[:, 1], numbers[:, :64].max(axis=1) < Q)


CHECKS = [
    check_ntt,
    check_inverse_ntt,
    check_multiply_add,
    check_add_noise,
    check_sample,
    check_compress,
    check_is_reduced,
]


@pytest.mark.parametrize("check", CHECKS)
def test_viper_does_on_micropython_what_fips_203_says(check, on_micropython):
    check(on_micropython)


@pytest.mark.parametrize("check", CHECKS)
def test_viper_does_on_cpython_what_fips_203_says(check, on_cpython):
    check(on_cpython)
