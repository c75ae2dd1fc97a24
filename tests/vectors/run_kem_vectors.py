"""Runs vectors of SHA-3, SHAKE and ML-KEM-768 against firmware/crypto, on MicroPython and CPython.

    run_kem_vectors.py CASES

CASES has one JSON list a line, byte strings in hex: `["sha3", rate, message, digest]`, `["shake", rate,
message, output]`, `["encaps", key, message, ciphertext, secret]`, or `["refuse", key, what the ValueError
says, in hex]`. Each mismatch is one line on stdout; the last line is `N vectors, M failed`, and the exit
status is 1 if any failed.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import json
import sys

from crypto import mlkem
from crypto.keccak import STATE_BYTES, permute
from crypto.sha3 import SHA3, SHA3_256_RATE, SHAKE, absorb, sha3_256


def run_sha3(rate, message, digest):
    # In two parts, so that the vector also holds for parts joined together.
    parts = (message[:7], message[7:])
    if rate == SHA3_256_RATE and sha3_256(*parts) != digest:
        return False
    state = bytearray(STATE_BYTES)
    absorb(state, rate, SHA3, parts)
    return state[: len(digest)] == digest


def run_shake(rate, message, output):
    state = bytearray(STATE_BYTES)
    absorb(state, rate, SHAKE, (message,))
    found = state[:rate]
    while len(found) < len(output):
        permute(state)
        found += state[:rate]
    return found[: len(output)] == output


def encaps(key, message, write):
    def read(offset, size):
        if size > mlkem.PIECE_BYTES:
            raise AssertionError("too much at a time")
        return key[offset : offset + size]

    return mlkem.encaps(read, write, message, sha3_256(key), bytearray(mlkem.SCRATCH_BYTES))


def run_encaps(key, message, ciphertext, secret):
    pieces = []
    found = encaps(key, message, lambda piece: pieces.append(bytes(piece)))
    return found == secret and b"".join(pieces) == ciphertext and max(map(len, pieces)) <= 320


def run_refuse(key, said):
    try:
        encaps(key, bytes(32), lambda piece: None)
    except ValueError as error:
        return error.args[0] == said.decode()
    return False


RUNNERS = {"sha3": run_sha3, "shake": run_shake, "encaps": run_encaps, "refuse": run_refuse}


def main(path):
    count = failed = 0
    with open(path) as cases:
        for line in cases:
            name, *fields = json.loads(line)
            count += 1
            if not RUNNERS[name](*(bytes.fromhex(x) if isinstance(x, str) else x for x in fields)):
                failed += 1
                print("failed:", line[:60])
    print(f"{count} vectors, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
