"""Seals a file key again and again, on MicroPython under valgrind or as bench/viper.py wants it.

    seal_often.py SUITE COUNT

firmware/ and tests/vectors must be importable.
"""

import sys

from seal_to_key import seal  # type: ignore[import-not-found]

KEYS = {
    1: b"\x09" + bytes(31),
    2: bytes(1152) + bytes(range(32)) + b"\x09" + bytes(31),  # what it holds makes no difference
}


def main(suite: int, count: int) -> None:
    """Seal 32 bytes `count` times to the same key."""
    for number in range(count):
        seal(suite, KEYS[suite], b"a header's bytes", bytes(32), bytes([number]) * 64)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
