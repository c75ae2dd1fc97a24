"""A container writer made from docs/format.md alone, for tests: plain Python and `cryptography`.

It shares no code with the firmware or the laptop tools, so that what it writes can tell on either. It
writes sound containers and, where a test asks, faulty ones: every piece can be replaced by the caller.
"""

import hashlib
import hmac
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BLOCK = 4096
SESSION, AUDIO, EVENT, END = 1, 2, 3, 4


def hkdf(ikm: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


def key_id(public: bytes) -> bytes:
    return hashlib.sha256(public).digest()[:8]


def make_pair(suite: int) -> tuple[bytes, bytes]:
    """A key pair of that suite, raw: (private, public)."""
    curve = X25519PrivateKey.generate()
    private, public = curve.private_bytes_raw(), curve.public_key().public_bytes_raw()
    if suite == 1:
        return private, public
    kem = MLKEM768PrivateKey.generate()
    return kem.private_bytes_raw() + private, kem.public_key().public_bytes_raw() + public


def seal(suite: int, secret: bytes, public: bytes, info: bytes) -> bytes:
    """enc ‖ ciphertext in suite 2, and in any other as in suite 1."""
    kem = hpke.KEM.MLKEM768_X25519 if suite == 2 else hpke.KEM.X25519
    suited = hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    curve = X25519PublicKey.from_public_bytes(public[-32:])
    if suite != 2:
        return suited.encrypt(secret, curve, info)
    mlkem = MLKEM768PublicKey.from_public_bytes(public[:1184])
    return suited.encrypt(secret, hpke.MLKEM768X25519PublicKey(mlkem, curve), info)


def sealed(block: bytes, secret: bytes) -> bytes:
    """The first 4064 bytes with the recorder's seal behind them."""
    key = hkdf(secret, None, b"cloister/1 header seal", 32)
    return block[:4064] + hmac.new(key, block[:4064], hashlib.sha256).digest()


def header(
    recorder_id: bytes,
    secret: bytes,
    number: int,
    publics: list[bytes],
    file_key: bytes,
    count: int | None = None,
    version: int = 1,
    suite: int = 1,
    destroyed_id: bytes = bytes(8),
) -> bytes:
    """A sealed header block for these recipients (raw public keys of the suite)."""
    start = b"CLOISTER" + bytes([version, suite, len(publics) if count is None else count, 0])
    start += struct.pack(">I", number) + recorder_id + destroyed_id
    block = start
    for public in publics:
        info = start + key_id(public)
        block += key_id(public) + seal(suite, file_key, public, info)
    return sealed(block.ljust(4064, b"\0"), secret)


def destroyed_header(recorder_id: bytes, secret: bytes, number: int, first_key_id: bytes) -> bytes:
    return header(recorder_id, secret, number, [], bytes(32), destroyed_id=first_key_id)


def record(kind: int, payload: bytes | dict[str, Any], flags: int = 0) -> bytes:
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return struct.pack(">BBH", kind, flags, len(payload)) + payload


def audio_record(index: int, pcm: bytes) -> bytes:
    return record(AUDIO, struct.pack(">Q", index) + pcm)


def segments(records: list[bytes]) -> list[bytes]:
    """Whole records packed into plaintexts of 4024 and then 4064 bytes."""
    packed: list[bytes] = []
    current = b""
    for one in records:
        room = 4064 if packed else 4024
        if len(current) + len(one) > room:
            packed.append(current.ljust(room, b"\0"))
            current = b""
        current += one
    return [*packed, current.ljust(4064 if packed else 4024, b"\0")]


def body(
    file_key: bytes,
    header_block: bytes,
    plaintexts: list[bytes],
    last: bool = True,
    salt: bytes | None = None,
    prefix: bytes | None = None,
) -> list[bytes]:
    """The blocks of the body: Tink's AES256_CTR_HMAC_SHA256_4KB."""
    salt, prefix = salt or os.urandom(32), prefix or os.urandom(7)
    keys = hkdf(file_key, salt, hashlib.sha256(header_block).digest(), 64)
    blocks = []
    for index, plaintext in enumerate(plaintexts):
        flag = 1 if last and index == len(plaintexts) - 1 else 0
        nonce = prefix + struct.pack(">IB", index, flag) + bytes(4)
        ciphertext = Cipher(algorithms.AES(keys[:32]), modes.CTR(nonce)).encryptor().update(plaintext)
        tag = hmac.new(keys[32:], nonce + ciphertext, hashlib.sha256).digest()
        head = b"\x28" + salt + prefix if index == 0 else b""
        blocks.append(head + ciphertext + tag)
        assert len(blocks[-1]) == BLOCK
    return blocks


@dataclass
class Writer:
    """One pretended recorder; `public` is the first recipient of what it writes."""

    public: bytes
    recorder_id: bytes = field(default_factory=lambda: os.urandom(8))
    secret: bytes = field(default_factory=lambda: os.urandom(32))
    rate: int = 8000
    channels: int = 1
    suite: int = 1

    def session(self, **changes: Any) -> dict[str, Any]:
        """A SESSION object."""
        return {
            "rate": self.rate,
            "channels": self.channels,
            "format": "s16le",
            "gain_db": 24,
            "started": "2025-07-14T09:00:00Z",
            "clock": "rtc",
            "firmware": "1.0.0",
            "retention_days": 0,
            "consent": {"mode": "buttons", "parties": 2},
            "part": 0,
            "previous": None,
        } | changes

    def records(
        self,
        pcm: bytes,
        start: int = 0,
        events: list[dict[str, Any]] | None = None,
        gap: tuple[int, int] | None = None,
        end: bool = True,
        session: dict[str, Any] | None = None,
    ) -> list[bytes]:
        """The records of a recording; `gap` = (index, samples): that many are missing before that index."""
        frame, index, lost = 2 * self.channels, start, 0
        found = [record(SESSION, self.session(**(session or {})))]
        found += [record(EVENT, event) for event in events or []]
        for offset in range(0, len(pcm), 1000 * frame):
            piece = pcm[offset : offset + 1000 * frame]
            if gap and lost == 0 and index >= gap[0]:
                index, lost = index + gap[1], gap[1]
                found.append(record(EVENT, {"at": index, "event": "gap", "lost": lost}))
            found.append(audio_record(index, piece))
            index += len(piece) // frame
        if end:
            found.append(record(END, {"samples": index, "lost": lost, "reason": "stop"}))
        return found

    def container(
        self,
        number: int,
        records: list[bytes] | None = None,
        pcm: bytes = b"",
        last: bool = True,
        capacity: int = 0,
        publics: list[bytes] | None = None,
        file_key: bytes | None = None,
        plaintexts: list[bytes] | None = None,
        **details: Any,
    ) -> bytes:
        """A whole container, filled up with zero blocks to `capacity` blocks."""
        file_key = file_key or os.urandom(32)
        head = header(
            self.recorder_id, self.secret, number, publics or [self.public], file_key, suite=self.suite
        )
        if plaintexts is None:
            plaintexts = segments(records or self.records(pcm, **details))
        whole = head + b"".join(body(file_key, head, plaintexts, last))
        return whole.ljust(capacity * BLOCK, b"\0")

    def prepared(self, number: int, capacity: int = 8) -> bytes:
        """A container that was never used."""
        head = header(self.recorder_id, self.secret, number, [self.public], os.urandom(32), suite=self.suite)
        return head.ljust(capacity * BLOCK, b"\0")


def seal_of(container: bytes) -> str:
    """What a later `previous` says of a container's seal."""
    return container[4064:4080].hex()
