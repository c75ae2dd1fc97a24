"""Viper code as the ESP32 runs it: tools/xtensa executes what mpy-cross wrote, be it right or wrong."""

import random
import re
from array import array

import pytest

from host_tools.simulator.interpreter import FIRMWARE_DIR
from tools.xtensa import CallError, MemoryFault, UnknownInstruction, run
from tools.xtensa.decode import decode
from tools.xtensa.load import Program, load, program

WORDS, LEVELS = FIRMWARE_DIR / "crypto" / "words.py", FIRMWARE_DIR / "recorder" / "levels.py"


def viper(body: str) -> Program:
    """A program of the functions in `body`, each decorated."""
    text = re.sub(r"^def", "@micropython.viper\ndef", body, flags=re.MULTILINE)
    text = "import micropython\n" + text
    return program(text, text)


def draws(seed: str, count: int = 20) -> list[random.Random]:
    return [random.Random(f"{seed} {number}") for number in range(count)]


def test_a_run_of_samples_is_counted_on_the_board():
    still = array("h", [7, *[-9] * 30])
    assert run(LEVELS, "_run", still, 30, 31, 1)[0] == 30


def test_instructions_of_a_function_that_does_nothing_are_those_of_its_listing():
    # j entry s32i l32i*4 mov*3 bnez movi beq, over the refusal of arguments, l32i j l32i retw
    assert run(viper("def f():\n    pass\n"), "f") == (None, 13 + 4)


def test_instructions_of_a_loop_are_counted_each_time():
    text = "def f(n: int) -> int:\n    i = 0\n    while i < n:\n        i += 1\n    return i\n"
    one = viper(text)
    counted = [run(one, "f", n)[1] for n in (0, 1, 2, 10)]
    step = counted[1] - counted[0]
    assert [c - counted[0] for c in counted] == [0, step, 2 * step, 10 * step] and 5 < step < 20


STORE = "def f(a: ptr8, b: ptr8, c: int, d: int, p: ptr8):\n    value = c + d\n    p[{index}] = value\n"


def test_store_to_a_constant_index_that_is_miscompiled_is_seen_to_go_wrong():
    """What host_tools/firmware/viper_rules.py refuses."""
    stored = bytearray(8)
    run(viper(STORE.format(index=4)), "f", bytearray(1), bytearray(1), 3, 4, stored)
    assert stored[4] != 7
    text = STORE.replace("    p[{index}]", "    i = 4\n    p[i]")
    run(viper(text), "f", bytearray(1), bytearray(1), 3, 4, stored)
    assert stored[4] == 7


def test_inversion_that_is_miscompiled_is_seen_to_go_wrong():
    wrong = viper("def f(p: ptr8) -> int:\n    return p[0] & ~p[1]\n")
    right = viper("def f(p: ptr8) -> int:\n    return p[0] & (p[1] ^ -1)\n")
    assert run(wrong, "f", bytes([0b1101, 0b0101]))[0] != 0b1000
    assert run(right, "f", bytes([0b1101, 0b0101]))[0] == 0b1000


ARITHMETIC = """
def f(a: int, b: int, n: int) -> int:
    return {}
"""
OPERATIONS = {
    "a + b": lambda a, b, n: a + b,
    "a - b": lambda a, b, n: a - b,
    "a * b": lambda a, b, n: a * b,
    "a ^ b": lambda a, b, n: a ^ b,
    "a & b": lambda a, b, n: a & b,
    "a | b": lambda a, b, n: a | b,
    "0 - a": lambda a, b, n: -a,
    "-b": lambda a, b, n: -b,
    "a << n": lambda a, b, n: a << n,
    "a >> n": lambda a, b, n: a >> n,
    "int(uint(a) >> n)": lambda a, b, n: (a & 0xFFFFFFFF) >> n,
    "int(a < b)": lambda a, b, n: a < b,
    "int(uint(a) < uint(b))": lambda a, b, n: (a & 0xFFFFFFFF) < (b & 0xFFFFFFFF),
    "int(a == b)": lambda a, b, n: a == b,
    "int(a >= b)": lambda a, b, n: a >= b,
    "a // (n + 1)": lambda a, b, n: a // (n + 1),
    "a % (n + 1)": lambda a, b, n: a % (n + 1),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_is_that_of_32_bits(operation):
    compiled = viper(ARITHMETIC.format(operation))
    for draw in draws(operation, 30):
        a, b = (draw.choice([draw.getrandbits(32) - 2**31, draw.randrange(-5, 6)]) for _ in range(2))
        n = draw.randrange(32)
        wanted = int(OPERATIONS[operation](a, b, n)) & 0xFFFFFFFF
        assert run(compiled, "f", a, b, n)[0] & 0xFFFFFFFF == wanted, (a, b, n)


@pytest.mark.parametrize("kind", [8, 16, 32])
def test_access_outside_of_a_buffer_raises(kind):
    size = kind // 8
    loads = viper(f"def f(p: ptr{kind}, i: int) -> int:\n    return p[i]\n")
    stores = viper(f"def f(p: ptr{kind}, i: int):\n    p[i] = i\n")
    assert run(loads, "f", bytearray(8), 8 // size - 1)[0] == 0
    for index in (-1, 8 // size, 1 << 18):
        with pytest.raises(MemoryFault):
            run(loads, "f", bytearray(8), index)
        with pytest.raises(MemoryFault):
            run(stores, "f", bytearray(8), index)
    with pytest.raises(MemoryFault):
        run(stores, "f", bytes(8), 0)


def test_unaligned_access_raises():
    text = "def f(p: ptr8, i: int) -> int:\n    q = ptr32(int(p) + i)\n    return q[0]\n"
    assert run(viper(text), "f", bytearray(8), 4)[0] == 0
    with pytest.raises(MemoryFault):
        run(viper(text), "f", bytearray(8), 2)


def test_functions_of_a_module_call_one_another_and_find_what_it_names():
    text = (
        "def g(p: ptr8, n: int) -> int:\n    return p[n] * 2\n"
        "def f(n: int) -> int:\n    return int(g(TABLE, n)) + int(limit)\n"
        "TABLE = b'abc'\n"
        "limit = int('5')\n"
    )
    called, instructions = run(viper(text), "f", 2, names={"limit": 5})
    assert called == 2 * ord("c") + 5
    assert instructions > run(viper(text), "g", b"abc", 2)[1]
    with pytest.raises(CallError, match="limit"):
        run(viper(text), "f", 2)


def test_wrong_calls_are_refused():
    with pytest.raises(CallError):
        run(WORDS, "zero_bytes", bytearray(3), 0)
    with pytest.raises(CallError):
        run(WORDS, "zero_bytes", 1.5, 0, 1)
    with pytest.raises(CallError):
        run(WORDS, "wipe", bytearray(3))


@pytest.mark.parametrize("code", ["000000", "f0200000", "07", "3df1", "070600", "ccf8"])
def test_instruction_that_mpy_cross_does_not_write_is_refused(code):
    with pytest.raises(UnknownInstruction):
        decode(bytes.fromhex(code), 0)


def test_every_viper_function_is_run_by_its_name_in_the_source():
    assert list(load(WORDS).functions) == ["xor_words", "counter_blocks", "copy_bytes", "zero_bytes"]
    assert list(load(LEVELS).functions) == ["_level", "_run"]
