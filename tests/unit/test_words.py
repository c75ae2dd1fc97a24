"""The viper loops of crypto/words.py against plain Python, on both word sizes and on the CPython shim."""

import json
import random
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "scripts" / "run_words.py"


def plain_xor_words(target, target_word, source, source_word, count_words):
    for i in range(4 * count_words):
        target[4 * target_word + i] ^= source[4 * source_word + i]


def plain_counter_blocks(blocks, initial, count_blocks):
    counter = int.from_bytes(initial[12:], "big")
    for n in range(count_blocks):
        count = (counter + n) % 2**32
        blocks[16 * n : 16 * n + 16] = bytes(initial[:12]) + count.to_bytes(4, "big")


def plain_copy_bytes(target, target_byte, source, count_bytes):
    target[target_byte : target_byte + count_bytes] = source[:count_bytes]


def plain_zero_bytes(target, first_byte, count_bytes):
    target[first_byte : first_byte + count_bytes] = bytes(count_bytes)


def plain_wipe(buffer):
    buffer[:] = bytes(len(buffer))


PLAIN = {
    "xor_words": plain_xor_words,
    "counter_blocks": plain_counter_blocks,
    "copy_bytes": plain_copy_bytes,
    "zero_bytes": plain_zero_bytes,
    "wipe": plain_wipe,
}


def random_cases():
    """Every function on random buffers and sizes, and the counter just before each of its carries."""
    draw = random.Random(4096)
    for _ in range(40):
        words, start, source_start = draw.randrange(70), draw.randrange(12), draw.randrange(12)
        target = draw.randbytes(4 * (words + start) + 8)
        source = draw.randbytes(4 * (words + source_start) + 8)
        yield ["xor_words", target.hex(), start, source.hex(), source_start, words]
        yield ["copy_bytes", target.hex(), start + 1, source.hex(), 4 * words]
        first = draw.randrange(len(target) + 1)
        yield ["zero_bytes", target.hex(), first, draw.randrange(len(target) - first + 1)]
        yield ["wipe", target.hex()]
    yield ["xor_words", "ff" * 4096, 10, draw.randbytes(4064).hex(), 0, 1006]
    counters = [0, 0xFE, 0xFFFE, 0xFFFFFE, 0x3FFFFFFF, 0x7FFFFFFE, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF]
    for counter in [*counters, *(draw.getrandbits(32) for _ in range(20))]:
        initial = draw.randbytes(12) + counter.to_bytes(4, "big")
        yield ["counter_blocks", draw.randbytes(16 * 40 + 16).hex(), initial.hex(), draw.randrange(2, 41)]


def expected(name, *arguments):
    taken = [bytearray.fromhex(a) if isinstance(a, str) else a for a in arguments]
    PLAIN[name](*taken)
    return taken[0].hex()


@pytest.fixture
def cases(tmp_path):
    """(file of cases, file for results, the results expected)."""
    found = list(random_cases())
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in found))
    return path, tmp_path / "results.txt", [expected(*case) for case in found]


def test_viper_loops_equal_plain_python_on_micropython(micropython, cases):
    path, results, wanted = cases
    micropython.output(SCRIPT, path, results)
    assert results.read_text().split("\n")[:-1] == wanted


def test_viper_loops_equal_plain_python_on_cpython(cases):
    path, results, wanted = cases
    runpy.run_path(str(SCRIPT))["main"](str(path), str(results))
    assert results.read_text().split("\n")[:-1] == wanted
