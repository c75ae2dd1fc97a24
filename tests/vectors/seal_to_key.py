"""Seals plaintexts with the firmware's HPKE, on MicroPython or CPython.

    seal_to_key.py FILE

FILE has a line of JSON for each: `suite`, and in hex `public_key`, `info`, `plaintext`, `ephemeral`.
Prints, for each on a line, key id, enc and ciphertext in hex.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import json
import sys

from crypto import hpke, mlkem, suites, xwing
from crypto.sha3 import sha3_256

MLKEM_BYTES = 1184


def encap(suite, public_key, ephemeral):
    """Return (shared secret, enc), made as the recorder makes them, from a public key in memory."""
    if suite == 1:
        from crypto import dhkem

        return dhkem.encap(public_key, ephemeral)
    pieces = []
    public_x = public_key[MLKEM_BYTES:]
    half = xwing.encap_x25519(public_x, ephemeral[32:])
    secret = xwing.encap_mlkem(
        lambda offset, size: public_key[offset : offset + size],
        lambda piece: pieces.append(bytes(piece)),
        ephemeral[:32],
        sha3_256(public_key[:MLKEM_BYTES]),
        half,
        public_x,
        bytearray(mlkem.SCRATCH_BYTES),
    )
    return secret, b"".join(pieces)


def seal(suite, public_key, info, plaintext, ephemeral):
    """Return (enc, ciphertext)."""
    secret, enc = encap(suite, public_key, ephemeral)
    return enc, hpke.seal(suite, secret, info, plaintext)


def main(path):
    with open(path) as cases:
        for line in cases:
            case = json.loads(line)
            suite = case.pop("suite")
            arguments = {name: bytes.fromhex(value) for name, value in case.items()}
            enc, ciphertext = seal(suite, **arguments)
            print(suites.key_id(arguments["public_key"]).hex(), enc.hex(), ciphertext.hex())


if __name__ == "__main__":
    main(sys.argv[1])
