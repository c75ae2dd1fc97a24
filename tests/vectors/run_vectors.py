"""Runs test vectors against firmware/crypto, on MicroPython of either word size and on CPython alike.

    run_vectors.py CASES

CASES is a file of JSON lines, written by the tests beside this one: `{"name", "do", …arguments, "expect"}`
with every byte string in hex. firmware/ must be importable, and on CPython tests/shims too. Each mismatch
is one line on stdout; the last line is `N vectors, M failed`, and the exit status is 1 if any failed.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import json
import sys

from seal_to_key import encap

from crypto import dhkem, gcm, hkdf, hpke, x25519
from crypto.words import counter_blocks, xor_words
from cryptolib import aes

ECB = 1


def run_hmac(key, message):
    # In two parts, so that the vector also holds for parts joined together.
    return hkdf.hmac_sha256(key, message[:5], message[5:])


def run_hkdf(ikm, salt, info, length):
    prk = hkdf.extract(salt, ikm)
    okm = hkdf.expand(prk, info, length)
    if hkdf.hkdf(ikm, salt, info, length) != okm:
        raise ValueError("hkdf() differs from extract() and expand()")
    return prk + okm


def run_x25519(scalar, point):
    try:
        return x25519.scalar_mult(scalar, point)
    except x25519.LowOrderPoint:
        return b"low order"


def run_x25519_public(private):
    return x25519.public_key(private)


def run_x25519_iterated(times):
    """RFC 7748, section 5.2: the result becomes the scalar, the scalar the point."""
    scalar = point = x25519.BASE_POINT
    for _ in range(times):
        scalar, point = x25519.scalar_mult(scalar, point), scalar
    return scalar


def run_aes_ecb(key, plaintext):
    buffer = bytearray(plaintext)
    aes(key, ECB).encrypt(buffer, buffer)
    return buffer


def run_aes_ctr(key, counter, plaintext):
    """Counter mode as stream.py and gcm.py build it: ECB over counter blocks, then XOR by words."""
    blocks = (len(plaintext) + 15) // 16
    stream = bytearray(blocks * 16)
    text = bytearray(blocks * 16)
    text[: len(plaintext)] = plaintext
    counter_blocks(stream, bytearray(counter), blocks)
    aes(key, ECB).encrypt(stream, stream)
    xor_words(text, 0, stream, 0, blocks * 4)
    return text[: len(plaintext)]


def run_gcm(key, nonce, plaintext, aad):
    return gcm.seal(key, nonce, plaintext, aad)


def run_dhkem_key_pair(ikm):
    private, public = dhkem.derive_key_pair(ikm)
    return private + public


def run_encap(suite, public_key, ephemeral):
    shared_secret, enc = encap(suite, public_key, ephemeral)
    return shared_secret + enc


def run_hpke_key_schedule(suite_id, shared_secret, info):
    key, base_nonce = hpke.key_schedule(suite_id, shared_secret, info)
    return key + base_nonce


RUNNERS = {
    "hmac": run_hmac,
    "hkdf": run_hkdf,
    "x25519": run_x25519,
    "x25519_public": run_x25519_public,
    "x25519_iterated": run_x25519_iterated,
    "aes_ecb": run_aes_ecb,
    "aes_ctr": run_aes_ctr,
    "gcm": run_gcm,
    "dhkem_key_pair": run_dhkem_key_pair,
    "encap": run_encap,
    "hpke_key_schedule": run_hpke_key_schedule,
}


def run_case(case):
    """Return None if the case holds, else a line that says what came out."""
    arguments = {}
    for name, value in case.items():
        if name not in ("name", "do", "expect"):
            arguments[name] = bytes.fromhex(value) if isinstance(value, str) else value
    got = bytes(RUNNERS[case["do"]](**arguments)).hex()
    return None if got == case["expect"] else f"{case['name']}: got {got}, expected {case['expect']}"


def main(path):
    count = failed = 0
    with open(path) as cases:
        for line in cases:
            mismatch = run_case(json.loads(line))
            count += 1
            if mismatch:
                failed += 1
                print(mismatch)
    print(f"{count} vectors, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
