"""Xtensa instructions of each viper function in a case that is usual for it, and of whole seals.

Of a seal this is what its viper functions take; the rest of it, in bytecode, is not counted here. At 240 MHz
and one instruction a cycle a million instructions are 4.2 ms.
"""

from array import array
from collections.abc import Iterator
from typing import Any

from xtensa import run

from bench.board_code import executed, firmware_module
from bench.row import Row
from bench.seal import SUITES
from host_tools.simulator.interpreter import FIRMWARE_DIR

_UNIT = "Xtensa instructions"
_COMMAND = "tools/xtensa"
_SEGMENT_BYTES = 4096


def rows() -> Iterator[Row]:
    """Each function, then each suite's seal and what has most of it."""
    for module, function, what, arguments in _cases():
        source = FIRMWARE_DIR / f"{module.replace('.', '/')}.py"
        _, instructions = run(source, function, *arguments, names=vars(firmware_module(module)))
        yield Row(f"{module}.{function}: {what}", instructions, _UNIT, _COMMAND)
    x25519 = firmware_module("crypto.x25519")
    executed.clear()
    x25519.scalar_mult(bytes(range(32)), x25519.BASE_POINT)
    yield Row("viper of crypto.x25519.scalar_mult", executed.total(), _UNIT, _COMMAND)
    for suite in SUITES:
        executed.clear()
        firmware_module("bench.seal_often").main(suite, 1)
        yield Row(f"viper of one seal in suite {suite}", executed.total(), _UNIT, _COMMAND)
        for name, instructions in executed.most_common(4):
            yield Row(f"… of it {name}", instructions, _UNIT, _COMMAND)


def _cases() -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
    """Module, function, what it is run on, arguments."""
    segment, words = bytearray(_SEGMENT_BYTES), _SEGMENT_BYTES // 4
    yield "crypto.words", "xor_words", "4096 bytes", (segment, 0, segment, 0, words)
    yield "crypto.words", "counter_blocks", "256 blocks", (segment, bytearray(16), 256)
    yield "crypto.words", "copy_bytes", "32 bytes", (segment, 0, bytearray(32), 32)
    yield "crypto.words", "zero_bytes", "4096 bytes", (segment, 0, _SEGMENT_BYTES)
    samples = array("h", [100, -100] * 1008)
    parameters = firmware_module("recorder.levels").Levels(16000, 1, 24)._parameters[0]
    parameters[2] = len(samples)
    yield "recorder.levels", "_level", "2016 samples", (samples, samples[:], parameters)
    yield "recorder.levels", "_run", "2016 samples", (array("h", [7] * 2016), 2015, 2016, 1)
    yield "crypto.keccak", "permute", "Keccak-f[1600]", (bytearray(256),)
    yield from _of_ml_kem()


def _of_ml_kem() -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
    module = "crypto.mlkem_words"
    zetas = firmware_module(module).ZETAS
    p, a, b = (array("H", range(first, first + 256)) for first in (0, 100, 200))
    yield module, "ntt", "a polynomial", (p, zetas)
    yield module, "inverse_ntt", "a polynomial", (a, zetas)
    yield module, "multiply_add", "a polynomial", (p, a, b, zetas)
    yield module, "add_noise", "a polynomial", (p, bytearray(128), bytearray(32))
    yield module, "sample", "112 numbers", (p, bytearray(168), 112, 0)
    yield module, "compress", "to 10 bits", (bytearray(320), p, 10)
    yield module, "compress", "to 4 bits", (bytearray(128), p, 4)
