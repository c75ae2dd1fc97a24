"""Seals one plaintext with the firmware's HPKE, on MicroPython or CPython.

    seal_to_key.py SUITE PUBLIC_KEY INFO PLAINTEXT EPHEMERAL

All but the suite's number are hex. Prints key id, enc and ciphertext, each in hex on a line.
"""

import sys

from crypto import hpke


def main(suite, *arguments):
    public_key, info, plaintext, ephemeral = [bytes.fromhex(argument) for argument in arguments]
    enc, ciphertext = hpke.seal(int(suite), public_key, info, plaintext, ephemeral)
    for result in (hpke.key_id(public_key), enc, ciphertext):
        print(result.hex())


if __name__ == "__main__":
    main(*sys.argv[1:])
