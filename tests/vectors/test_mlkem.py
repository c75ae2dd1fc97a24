"""ML-KEM-768 encapsulation: known answers on every interpreter, bad keys, and `cryptography`'s own."""

import json
import random
import secrets
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from crypto import mlkem
from crypto.sha3 import sha3_256
from host_tools.firmware.build import sources_for
from host_tools.firmware.condense import survey
from host_tools.firmware.simulated import compiled_firmware
from host_tools.simulator.interpreter import COMPILED_DIR, FIRMWARE_DIR
from tests.vectors.kem_vectors import RUNNER, TIMEOUT_S, check, on_cpython

HEAP_SCRIPT = Path(__file__).parents[1] / "unit" / "scripts" / "measure_encapsulation_heap.py"
BOARD = "esp32_wroom"
MOST_HEAP_BYTES = 4200
COUNT_ON_CPYTHON = 10
NOT_REDUCED, TOO_SHORT = b"a coefficient is not reduced".hex(), b"the key is too short".hex()


@pytest.fixture(scope="module")
def known_answers(read_vectors):
    """Keys, randomness, ciphertexts and secrets of the 1000 known answers."""
    found = read_vectors("asymmetric/MLKEM/kat_MLKEM_768.rsp", "count")
    return [["encaps", case["pk"], case["msg"], case["ct"], case["ss"]] for case in found]


@pytest.fixture(scope="module")
def bad_keys():
    """Keys with one coefficient of 3329 to 4095, and keys that end too early."""
    draw = random.Random(7)
    good = MLKEM768PrivateKey.from_seed_bytes(draw.randbytes(64)).public_key().public_bytes_raw()
    found = [["refuse", good[:size].hex(), TOO_SHORT] for size in (0, 1000, 1152, 1183)]
    numbers = int.from_bytes(good[:1152], "little")
    for place in [0, 1, 127, 254, 255, 256, 511, 512, 767, *(draw.randrange(768) for _ in range(20))]:
        kept = numbers & ~(0xFFF << 12 * place)
        for number in (3329, 4095, draw.randrange(3329, 4096)):
            bad = kept | number << 12 * place
            found.append(["refuse", (bad.to_bytes(1152, "little") + good[1152:]).hex(), NOT_REDUCED])
    return found


def test_known_answers_on_micropython(micropython, known_answers, tmp_path):
    check(lambda cases: micropython.run(RUNNER, cases, timeout_s=TIMEOUT_S), known_answers, tmp_path)


def test_known_answers_on_cpython(known_answers, tmp_path):
    check(on_cpython, known_answers[:COUNT_ON_CPYTHON], tmp_path)


def test_bad_keys_are_refused_on_micropython(micropython, bad_keys, tmp_path):
    check(lambda cases: micropython.run(RUNNER, cases, timeout_s=TIMEOUT_S), bad_keys, tmp_path)


def test_bad_keys_are_refused_on_cpython(bad_keys, tmp_path):
    check(on_cpython, bad_keys[:: len(bad_keys) // 4], tmp_path)


class Encapsulation:
    """One run, which keeps every buffer that the functions below encaps() were given."""

    def __init__(self, monkeypatch):
        self.private_key = MLKEM768PrivateKey.generate()
        self.key = self.private_key.public_key().public_bytes_raw()
        self.ciphertext = bytearray()
        self.seen = []
        for name in ("absorb", "add_noise", "multiply_add", "sample", "compress"):
            monkeypatch.setattr(mlkem, name, self._watched(getattr(mlkem, name)))

    def _watched(self, function):
        def watched(*arguments):
            for argument in arguments:
                for item in argument if isinstance(argument, tuple) else [argument]:
                    self.seen.append(item.obj if isinstance(item, memoryview) else item)
            return function(*arguments)

        return watched

    def read(self, offset, size):
        return self.key[offset : offset + size]

    def run(self, write=None):
        write = write or self.ciphertext.extend
        return mlkem.encaps(
            self.read,
            write,
            secrets.token_bytes(32),
            bytes(sha3_256(self.key)),
            bytearray(mlkem.SCRATCH_BYTES),
        )

    def left(self):
        """Bytearrays with something in them, but for the seed of the matrix, which is public."""
        buffers = [item for item in self.seen if isinstance(item, bytearray)]
        assert {len(buffer) for buffer in buffers} == {34, 65, mlkem.SCRATCH_BYTES}
        return [len(buffer) for buffer in buffers if any(buffer) and len(buffer) != 34]


def test_cryptography_finds_the_same_secret(monkeypatch):
    for _ in range(3):
        one = Encapsulation(monkeypatch)
        secret = one.run()
        assert one.private_key.decapsulate(bytes(one.ciphertext)) == secret
        assert one.left() == []


def test_nothing_secret_is_left_after_an_exception(monkeypatch):
    def fail(piece):
        raise OSError("the card is gone")

    one = Encapsulation(monkeypatch)
    with pytest.raises(OSError, match="gone"):
        one.run(fail)
    assert one.left() == []


@pytest.mark.parametrize("sizes", [(31, 32), (33, 32), (32, 31), (32, 64)])
def test_messages_and_hashes_of_another_length_are_refused(sizes):
    message, key_hash = map(bytes, sizes)
    with pytest.raises(ValueError, match="32 bytes"):
        mlkem.encaps(None, None, message, key_hash, bytearray(mlkem.SCRATCH_BYTES))


@pytest.fixture(scope="module")
def name_when_compiled():
    """What encaps() is called in the compiled firmware."""
    names = sources_for(FIRMWARE_DIR, BOARD)
    return survey(FIRMWARE_DIR, names).offered["crypto.mlkem"].get("encaps", "encaps")


def test_compiled_firmware_encapsulates_in_little_memory(
    micropython, known_answers, name_when_compiled, tmp_path
):
    _, key, message, ciphertext, secret = known_answers[0]
    folder = compiled_firmware(FIRMWARE_DIR, BOARD, list(micropython.command), COMPILED_DIR)
    arguments = [key, message, sha3_256(bytes.fromhex(key)).hex()]
    (tmp_path / "arguments").write_text(json.dumps(arguments))
    said = micropython.output(
        HEAP_SCRIPT, name_when_compiled, tmp_path / "arguments", heap="164k", path=[folder]
    )
    found = json.loads(said)
    assert (found["ciphertext"], found["secret"]) == (ciphertext, secret)
    # Objects of 64-bit MicroPython are larger than the board's.
    most = MOST_HEAP_BYTES if micropython.bits == 32 else 3 * MOST_HEAP_BYTES // 2
    assert found["overlays"] + found["working"] <= most
