"""Runs programs of crypto/field25519.py on given elements, on MicroPython or CPython.

    run_field25519.py CASES RESULTS

CASES has one case a line: program and state in hex, how often, and the number of the first swapping bit.
RESULTS gets the state after each, from element 2 on: what lies before is only to work in.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import sys

from crypto.field25519 import run


def main(cases, results):
    with open(cases) as source, open(results, "w") as sink:
        for line in source:
            program, state, times, bit = line.split()
            state = bytearray(bytes.fromhex(state))
            run(state, int(times), int(bit), bytes.fromhex(program))
            sink.write(bytes(state).hex()[160:] + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
