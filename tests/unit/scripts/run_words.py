"""Runs the loops of crypto/words.py on given buffers, on MicroPython or CPython.

    run_words.py CASES RESULTS

CASES has one JSON list a line: the function's name and its arguments, buffers in hex, the target first.
RESULTS gets the target after each call, in hex on a line.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import json
import sys

from crypto import words


def run_case(name, *arguments):
    taken = [bytearray(bytes.fromhex(a)) if isinstance(a, str) else a for a in arguments]
    getattr(words, name)(*taken)
    return bytes(taken[0]).hex()


def main(cases, results):
    with open(cases) as source, open(results, "w") as sink:
        for line in source:
            sink.write(run_case(*json.loads(line)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
