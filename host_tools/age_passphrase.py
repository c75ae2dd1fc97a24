"""age files under a passphrase, read and written piece by piece (age-encryption.org/v1).

pyrage does this for age1… recipients, but with a passphrase it holds the whole file in memory, and 256 MB for
scrypt besides. The format is the public one: `age -d` opens what is written here. Nothing is handed out
before it is authentic; a file that was cut short is refused at its end. The primitives are `cryptography`'s.
"""

import base64
import binascii
import hmac
import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

INTRO = b"age-encryption.org/v1\n"
SCRYPT_STANZA = b"-> scrypt "
SCRYPT_LABEL = b"age-encryption.org/v1/scrypt"
# 64 MB of memory for each guess: a command may use 150. age itself takes 256, and opens either.
WORK_FACTOR = 16
MOST_WORK_FACTOR = 18
FILE_KEY_BYTES, SALT_BYTES, NONCE_BYTES = 16, 16, 16
CHUNK_BYTES, TAG_BYTES = 64 * 1024, 16
LONGEST_LINE = 128


class AgeRefused(Exception):
    """The file is no age file under a passphrase, or it is not authentic: altered, or cut short."""


class WrongPassphrase(AgeRefused):
    """The passphrase does not open the file."""


class Reader(Protocol):
    """Where bytes come from; fewer than asked for only at the end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""


class Writer(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """All of them."""


def encrypt(reader: Reader, writer: Writer, passphrase: str, work_factor: int = WORK_FACTOR) -> None:
    """Seal everything that the reader gives. A smaller work factor is for tests only."""
    file_key, salt = os.urandom(FILE_KEY_BYTES), os.urandom(SALT_BYTES)
    body = _wrap(passphrase, salt, work_factor).encrypt(bytes(12), file_key, None)
    header = INTRO + SCRYPT_STANZA + b"%s %d\n%s\n---" % (_text(salt), work_factor, _text(body))
    nonce = os.urandom(NONCE_BYTES)
    writer.write(header + b" " + _text(_mac(file_key, header)) + b"\n" + nonce)
    aead = _payload(file_key, nonce)
    for number, chunk, last in _chunks(reader, CHUNK_BYTES):
        writer.write(aead.encrypt(_stream_nonce(number, last), chunk, None))


def decrypt(reader: BinaryIO, writer: Writer, passphrase: str) -> None:
    """Open a file that was sealed so, from its beginning. Raises AgeRefused, WrongPassphrase.

    What was written until then is authentic, and not all of it.
    """
    file_key = _opened_header(reader, passphrase)
    nonce = reader.read(NONCE_BYTES)
    aead = _payload(file_key, nonce)
    for number, chunk, last in _chunks(reader, CHUNK_BYTES + TAG_BYTES):
        try:
            plain = aead.decrypt(_stream_nonce(number, last), chunk, None)
        except (InvalidTag, ValueError):
            raise AgeRefused("it was altered, or cut short") from None
        if not plain and number:
            raise AgeRefused("it has an empty last piece")
        writer.write(plain)


def is_under_passphrase(start: bytes) -> bool:
    """Whether an age file that starts so is under a passphrase. Raises AgeRefused if it is no age file."""
    if not start.startswith(INTRO):
        raise AgeRefused("it is no age file")
    return start[len(INTRO) :].startswith(SCRYPT_STANZA)


def _opened_header(reader: BinaryIO, passphrase: str) -> bytes:
    """The file key, out of a header with the one stanza that a passphrase has."""
    lines = [reader.readline(LONGEST_LINE) for _ in range(4)]
    words = lines[1].split()
    if lines[0] != INTRO or not lines[1].startswith(SCRYPT_STANZA) or len(words) != 4:
        raise AgeRefused("it is no age file under a passphrase")
    salt, body, mac = _bytes(words[2]), _bytes(lines[2][:-1]), _bytes(lines[3][4:-1])
    if lines[3] != b"--- %s\n" % _text(mac):
        raise AgeRefused("its header is malformed")
    if len(salt) != SALT_BYTES or not words[3].isdigit() or words[3].startswith(b"0") or len(words[3]) > 2:
        raise AgeRefused("its header is malformed")
    if int(words[3]) > MOST_WORK_FACTOR:
        raise AgeRefused(f"its passphrase asks for more memory than is allowed (work factor {int(words[3])})")
    try:
        file_key = _wrap(passphrase, salt, int(words[3])).decrypt(bytes(12), body, None)
    except (InvalidTag, ValueError):
        raise WrongPassphrase("the passphrase does not open it") from None
    header = b"".join(lines[:3]) + lines[3][:3]
    if len(file_key) != FILE_KEY_BYTES or not hmac.compare_digest(mac, _mac(file_key, header)):
        raise AgeRefused("its header was altered")
    return file_key


def _chunks(reader: Reader, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes, and whether it is the last; there is always one, perhaps an empty one."""
    chunk, number = reader.read(size), 0
    while True:
        following = reader.read(size) if len(chunk) == size else b""
        yield number, chunk, not following
        if not following:
            return
        chunk, number = following, number + 1


def _wrap(passphrase: str, salt: bytes, work_factor: int) -> ChaCha20Poly1305:
    kdf = Scrypt(salt=SCRYPT_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1)
    return ChaCha20Poly1305(kdf.derive(passphrase.encode()))


def _payload(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_hkdf(file_key, b"", b"header"), header, "sha256")


def _hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


def _stream_nonce(number: int, last: bool) -> bytes:
    return bytes(3) + struct.pack(">QB", number, last)


def _text(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    """Canonical base64 without padding. Raises AgeRefused."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        data = b""
    if not data or _text(data) != text:
        raise AgeRefused("its header is malformed")
    return data
