"""Encapsulates with the firmware as it is compiled for a board, and measures the heap; for MicroPython.

    measure_encapsulation_heap.py ENCAPS ARGUMENTS

ENCAPS is the name that encaps() has in the compiled firmware; ARGUMENTS a file with the key, the message
and the key's hash as a JSON list, in hex. Says as JSON what the native modules keep but for their code
(`resident`), what the overlays take (`overlays`, when they are loaded again: the names of the first time
stay), the most that is in use besides when a piece of the ciphertext is handed over (`working`), the
ciphertext and the shared secret.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import gc
import json
import sys


def in_use():
    gc.collect()
    return gc.mem_alloc()


def load(*names):
    """Bytes that loading these modules took."""
    before = in_use()
    for name in names:
        __import__(name)
    return in_use() - before


def forget(*names):
    for name in names:
        del sys.modules["crypto." + name]
        delattr(sys.modules["crypto"], name)
    gc.collect()


def main(encaps, arguments):
    with open(arguments) as file:
        key, message, key_hash = map(bytes.fromhex, json.load(file))
    found = {}
    load("crypto.words")
    found["resident"] = load("crypto.keccak", "crypto.mlkem_words")
    load("crypto.sha3", "crypto.mlkem")
    forget("sha3", "mlkem")
    found["overlays"] = load("crypto.sha3", "crypto.mlkem")
    ciphertext = bytearray(1088)
    state = [0, 0]

    def write(piece):
        ciphertext[state[0] : state[0] + len(piece)] = piece
        state[0] += len(piece)
        state[1] = max(state[1], in_use())

    function = getattr(sys.modules["crypto.mlkem"], encaps)
    before = in_use()
    scratch = bytearray(1792)
    secret = function(lambda offset, size: key[offset : offset + size], write, message, key_hash, scratch)
    found["working"] = state[1] - before
    found["ciphertext"], found["secret"] = ciphertext.hex(), secret.hex()
    print(json.dumps(found))


main(*sys.argv[1:])
