"""The firmware's viper functions as the ESP32 runs them: their machine code for it against plain Python.

Each is run by tools/xtensa on random input, and as plain Python on the CPython shim, which checks bounds.
"""

import hashlib
import importlib
import random
from array import array
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from host_tools.simulator.interpreter import FIRMWARE_DIR
from tools.xtensa import load, run

WORDS, LEVELS = FIRMWARE_DIR / "crypto" / "words.py", FIRMWARE_DIR / "recorder" / "levels.py"
KECCAK, FIELD = FIRMWARE_DIR / "crypto" / "keccak.py", FIRMWARE_DIR / "crypto" / "field25519.py"
MLKEM = FIRMWARE_DIR / "crypto" / "mlkem_words.py"
RUN_HERE = {
    WORDS: {"xor_words", "counter_blocks", "copy_bytes", "zero_bytes"},
    LEVELS: {"_level", "_run"},
    KECCAK: {"permute"},
    FIELD: {"run"},
    MLKEM: {"ntt", "inverse_ntt", "multiply_add", "add_noise", "sample", "compress"},
}
INT16 = range(-32768, 32768)
Q = 3329


def draws(seed: str, count: int) -> list[random.Random]:
    return [random.Random(f"{seed} {number}") for number in range(count)]


def agree(name: str, plain: Callable, path: Path, *arguments) -> int:
    """Run both on copies of the arguments: results and buffers are the same. Instructions."""
    theirs = [a[:] if isinstance(a, bytearray | array) else a for a in arguments]
    ours = [a[:] if isinstance(a, bytearray | array) else a for a in arguments]
    result, instructions = run(path, name, *theirs)
    assert result == plain(*ours)
    assert theirs == ours
    return instructions


@pytest.mark.parametrize("draw", draws("words", 20))
def test_loops_over_words_and_bytes_do_on_the_board_what_python_does(draw):
    words = importlib.import_module("crypto.words")
    count, at, of = draw.randrange(1, 40), draw.randrange(5), draw.randrange(5)
    target, source = (bytearray(draw.randbytes(4 * (count + 5))) for _ in range(2))
    agree("xor_words", words.xor_words, WORDS, target, at, source, of, count)
    agree("copy_bytes", words.copy_bytes, WORDS, target, 4 * at + 1, source, 3 * count)
    agree("zero_bytes", words.zero_bytes, WORDS, target, at, count)
    first = draw.randbytes(12) + draw.choice([b"\xff\xff\xff\xfe", b"\x7f\xff\xff\xff", draw.randbytes(4)])
    agree("counter_blocks", words.counter_blocks, WORDS, bytearray(16 * count), bytearray(first), count)


@pytest.mark.parametrize("draw", draws("levels", 20))
def test_filter_and_gain_do_on_the_board_what_python_does(draw):
    levels = importlib.import_module("recorder.levels")
    rate_hz, gain_db = draw.choice([8000, 16000, 32000, 48000]), draw.randrange(43)
    chosen = levels.Levels(rate_hz, 2, gain_db, draw.random() < 0.8)
    parameters = chosen._parameters[0]
    parameters[levels._FRAMES] = 100
    spread = 10 ** draw.uniform(0.5, 4.5)
    samples = [max(-32768, min(32767, round(draw.gauss(100, spread)))) for _ in range(200)]
    source = array("h", samples)
    agree("_level", levels._level, LEVELS, array("h", [0] * 200), source, parameters)
    still = array("h", samples[:10] + [draw.choice(INT16)] * 30)
    agree("_run", levels._run, LEVELS, still, 39, 40, 1)


@pytest.mark.parametrize("draw", draws("keccak", 3))
def test_keccak_gives_on_the_board_what_shake_128_is_made_of(draw):
    state, message, output = bytearray(256), draw.randbytes(100), b""
    state[:100] = message
    state[100], state[167] = 0x1F, 0x80  # padding: FIPS 202, section 6.2
    for _ in range(3):
        run(KECCAK, "permute", state)
        output += state[:168]
    assert output == hashlib.shake_128(message).digest(3 * 168)


def polynomial(draw: random.Random, most: int) -> array:
    """Coefficients up to `most`, the highest among them."""
    found = [draw.randrange(most + 1) for _ in range(256)]
    found[draw.randrange(256)] = most
    return array("H", found)


@pytest.mark.parametrize("draw", draws("ml-kem", 4))
def test_work_on_polynomials_does_on_the_board_what_python_does(draw):
    words = importlib.import_module("crypto.mlkem_words")
    zetas = words.ZETAS
    agree("ntt", words.ntt, MLKEM, polynomial(draw, 3331), zetas)
    agree("inverse_ntt", words.inverse_ntt, MLKEM, polynomial(draw, 26_000), zetas)
    a, b, total = polynomial(draw, Q - 1), polynomial(draw, 50_000), polynomial(draw, 17_000)
    agree("multiply_add", words.multiply_add, MLKEM, total, a, b, zetas)
    noise, message = (bytearray(draw.randbytes(size)) for size in (128, 32))
    agree("add_noise", words.add_noise, MLKEM, polynomial(draw, 13_300), noise, message)
    source, have = bytearray(draw.randbytes(168)), draw.randrange(257)
    agree("sample", words.sample, MLKEM, array("H", [0] * 256), source, 112, have)
    for bits, most in ((10, 8191), (4, 9000)):
        agree("compress", words.compress, MLKEM, bytearray(32 * bits), polynomial(draw, most), bits)


@pytest.fixture
def on_the_board(monkeypatch) -> None:
    """What the firmware's modules call of one another in viper is executed as the board does it."""
    modules = [importlib.import_module(f"crypto.{name}") for name in ("x25519", "mlkem", "sha3")]
    for path, names in RUN_HERE.items():
        module = importlib.import_module(f"{path.parent.name}.{path.stem}")
        for name in names:
            original, replacement = vars(module)[name], executed(path, name, module)
            for user in (module, *modules):
                for known in [key for key, value in vars(user).items() if value is original]:
                    monkeypatch.setattr(user, known, replacement)


def executed(path: Path, name: str, module: ModuleType) -> Callable:
    return lambda *arguments: run(path, name, *arguments, names=vars(module))[0]


@pytest.mark.parametrize("draw", draws("x25519", 2))
def test_x25519_on_the_board_is_that_of_others(draw, on_the_board):
    ours = importlib.import_module("crypto.x25519")
    scalar = draw.randbytes(32)
    point = x25519.X25519PrivateKey.from_private_bytes(draw.randbytes(32)).public_key()
    wanted = x25519.X25519PrivateKey.from_private_bytes(scalar).exchange(point)
    assert ours.scalar_mult(scalar, point.public_bytes_raw()) == wanted


def test_what_ml_kem_encapsulates_on_the_board_others_decapsulate(on_the_board):
    ours, sha3 = (importlib.import_module(f"crypto.{name}") for name in ("mlkem", "sha3"))
    private = mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes(range(64)))
    key, pieces = private.public_key().public_bytes_raw(), []

    def read(offset: int, size: int) -> bytes:
        return key[offset : offset + size]

    scratch, key_hash = bytearray(ours.SCRATCH_BYTES), sha3.sha3_256(key)
    secret = ours.encaps(read, lambda p: pieces.append(bytes(p)), bytes(range(32)), key_hash, scratch)
    assert private.decapsulate(b"".join(pieces)) == bytes(secret)


def test_every_viper_function_of_the_firmware_is_run_here():
    with_viper = [path for path in FIRMWARE_DIR.rglob("*.py") if "@micropython.viper" in path.read_text()]
    assert {path: set(load(path).functions) for path in with_viper} == RUN_HERE
