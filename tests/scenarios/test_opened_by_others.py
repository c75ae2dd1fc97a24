"""What the firmware wrote on the card is opened by others: `cryptography`'s HPKE and Tink's own reader."""

import hashlib
import hmac
import io
import json

import numpy as np
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from host_tools.card import open_card
from host_tools.vault import open_vault
from tests.quick_vault import PASSPHRASE
from tests.scenarios.test_recording import SESSION, speech
from tests.tink_reader import tink_primitive

BLOCK = 4096


def records(plaintext: bytes) -> list[tuple[int, bytes]]:
    """The records of a whole body, read segment by segment as docs/format.md, section 5 says."""
    found = []
    at, room = 0, 4024
    while at < len(plaintext):
        segment, at, room = plaintext[at : at + room], at + room, 4064
        while len(segment) >= 4 and segment[0]:
            length = int.from_bytes(segment[2:4], "big")
            found.append((segment[0], segment[4 : 4 + length]))
            segment = segment[4 + length :]
        assert not any(segment)
    return found


def test_a_recording_is_opened_by_hpke_and_read_by_tink(recorder):
    recorder.run(SESSION, speech())
    segments = recorder.findings()[0].segments
    with open_card(recorder.card) as card:
        (file,) = [file for file in card.files() if file.name == "R0000001.DAT"]
        header, body = file.read_at(0, BLOCK), file.read_at(BLOCK, segments * BLOCK)
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        kept = vault.private_key_for(header[32:40]).private
        secret = vault.recorder_secret(header[16:24])

    seal_key = HKDF(SHA256(), 32, None, b"cloister/1 header seal").derive(secret)
    assert hmac.digest(seal_key, header[:4064], "sha256") == header[4064:]
    assert header[9] == 2
    private = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(kept[:64]), X25519PrivateKey.from_private_bytes(kept[64:])
    )
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    file_key = suite.decrypt(header[40 : 40 + 1120 + 48], private, info=header[:40])
    aead = tink_primitive(file_key)
    with aead.new_decrypting_stream(io.BytesIO(body), hashlib.sha256(header).digest()) as stream:
        found = records(stream.read())

    assert [found[0][0], found[-1][0]] == [1, 4]
    assert json.loads(found[0][1])["consent"] == {"mode": "buttons", "parties": 2}
    sound = b"".join(payload[8:] for kind, payload in found if kind == 2)
    assert json.loads(found[-1][1]) == {"samples": len(sound) // 2, "lost": 0, "reason": "stop"}
    assert np.array_equal(np.frombuffer(sound, "<i2"), recorder.sound()[:, 0])
