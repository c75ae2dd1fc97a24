"""What the firmware's StreamWriter wrote, on each interpreter, is read by Tink's own reader."""

import io
import json
import random
import runpy
from pathlib import Path

import pytest
import tink
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as library_hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.tink_reader import tink_primitive

SCRIPT = Path(__file__).parent / "scripts" / "write_stream.py"
FIRST_ROOM, ROOM = 4024, 4064


def read_by_tink(job: dict, ciphertext: bytes) -> bytes:
    aead = tink_primitive(bytes.fromhex(job["file_key"]))
    source = io.BytesIO(ciphertext)
    with aead.new_decrypting_stream(source, bytes.fromhex(job["associated_data"])) as stream:
        return stream.read()


def make_job(folder: Path, plaintext: bytes, **more: int) -> dict:
    """A job for write_stream.py with random keys, its plaintext written."""
    draw = random.Random(len(plaintext))
    sizes = {"file_key": 32, "salt": 32, "nonce_prefix": 7, "associated_data": 32}
    job = {name: draw.randbytes(size).hex() for name, size in sizes.items()} | more
    job |= {"plaintext": str(folder / "plaintext"), "ciphertext": str(folder / "ciphertext")}
    Path(job["plaintext"]).write_bytes(plaintext)
    (folder / "job.json").write_text(json.dumps(job))
    return job


def sealed_on_cpython(folder: Path) -> bytes:
    runpy.run_path(str(SCRIPT))["main"](str(folder / "job.json"))
    return (folder / "ciphertext").read_bytes()


def sealed_on_micropython(micropython, folder: Path) -> bytes:
    micropython.output(SCRIPT, folder / "job.json")
    return (folder / "ciphertext").read_bytes()


def expected_segment(job: dict, index: int, last: bool, plaintext: bytes) -> bytes:
    """One segment after the first, made by `cryptography` from docs/format.md section 4 alone."""
    salt, info = bytes.fromhex(job["salt"]), bytes.fromhex(job["associated_data"])
    derived = HKDF(hashes.SHA256(), 64, salt, info).derive(bytes.fromhex(job["file_key"]))
    nonce = bytes.fromhex(job["nonce_prefix"]) + index.to_bytes(4, "big") + bytes([last]) + bytes(4)
    ciphertext = Cipher(algorithms.AES(derived[:32]), modes.CTR(nonce)).encryptor().update(plaintext)
    mac = library_hmac.HMAC(derived[32:], hashes.SHA256())
    mac.update(nonce + ciphertext)
    return ciphertext + mac.finalize()


# One segment, two, and enough for the index to need its second byte.
@pytest.mark.parametrize("segments", [1, 2, 300])
def test_tink_reads_what_micropython_sealed(micropython, tmp_path, segments):
    plaintext = random.Random(segments).randbytes(FIRST_ROOM + (segments - 1) * ROOM)
    job = make_job(tmp_path, plaintext)
    ciphertext = sealed_on_micropython(micropython, tmp_path)
    assert len(ciphertext) == segments * 4096
    assert read_by_tink(job, ciphertext) == plaintext


@pytest.mark.parametrize("segments", [1, 2, 20])
def test_tink_reads_what_cpython_sealed(tmp_path, segments):
    plaintext = random.Random(segments).randbytes(FIRST_ROOM + (segments - 1) * ROOM)
    job = make_job(tmp_path, plaintext)
    assert read_by_tink(job, sealed_on_cpython(tmp_path)) == plaintext


def test_tink_refuses_the_stream_under_another_header(tmp_path):
    job = make_job(tmp_path, bytes(FIRST_ROOM))
    ciphertext = sealed_on_cpython(tmp_path)
    with pytest.raises(tink.TinkError):
        read_by_tink(job | {"associated_data": "00" * 32}, ciphertext)


# At each byte of the index, and the last one that the writer gives out.
@pytest.mark.parametrize("index", [0xFF, 0xFFFF, 0x00FFFFFF, 0x01020304, 0x3FFFFFFD])
def test_segment_index_is_in_the_nonce_in_four_bytes(micropython, tmp_path, index):
    plaintext = random.Random(index).randbytes(2 * ROOM)
    job = make_job(tmp_path, plaintext, first_segment=index)
    wanted = expected_segment(job, index, False, plaintext[:ROOM])
    wanted += expected_segment(job, index + 1, True, plaintext[ROOM:])
    assert sealed_on_micropython(micropython, tmp_path) == wanted
    assert sealed_on_cpython(tmp_path) == wanted
