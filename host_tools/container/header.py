"""The header block: taken apart, its seal checked, its file key opened (docs/format.md section 2).

Parsing believes only magic, version and suite, which say how to read the rest. Everything else counts
only after `seal_is_right`; `flaws` then says where a sealed header is not what docs/format.md allows.
"""

import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from host_tools.container import layout, suites


class NotAContainer(Exception):
    """The block is no header that this program can read; the message says why."""


class KeyDoesNotOpen(Exception):
    """HPKE refused the sealed file key under this private key."""


@dataclass(frozen=True)
class Recipient:
    """One entry: the file key sealed to the public key with this id."""

    key_id: bytes
    enc: bytes
    sealed_file_key: bytes


@dataclass(frozen=True)
class Header:
    """A header block's fields, as they stand there; `block` is all 4096 bytes."""

    block: bytes
    suite: int
    recipient_count: int
    number: int
    recorder_id: bytes
    destroyed_key_id: bytes
    recipients: tuple[Recipient, ...]

    @property
    def seal(self) -> bytes:
        """The recorder's seal, 32 bytes."""
        return self.block[layout.SEAL_OFFSET :]

    @property
    def vouched_seal(self) -> str:
        """The part of the seal that a later container or the recorder names, in hex."""
        return self.seal[: layout.VOUCHED_SEAL_BYTES].hex()


def parse(block: bytes) -> Header:
    """Take a header block apart. Raises NotAContainer with the reason."""
    _check_kind(block)
    suite = block[layout.SUITE_OFFSET]
    count = block[layout.RECIPIENT_COUNT_OFFSET]
    return Header(
        block=bytes(block),
        suite=suite,
        recipient_count=count,
        number=int.from_bytes(block[layout.NUMBER_OFFSET : layout.RECORDER_ID_OFFSET], "big"),
        recorder_id=bytes(block[layout.RECORDER_ID_OFFSET : layout.DESTROYED_KEY_ID_OFFSET]),
        destroyed_key_id=bytes(block[layout.DESTROYED_KEY_ID_OFFSET : layout.RECIPIENTS_OFFSET]),
        recipients=_recipients(block, suite, min(count, layout.RECIPIENTS_AT_MOST)),
    )


def _check_kind(block: bytes) -> None:
    """Refuse what is too short, or has another magic, version or suite."""
    if len(block) == 0:
        raise NotAContainer("the file is empty")
    if len(block) < layout.BLOCK_BYTES:
        raise NotAContainer(f"the file has only {len(block)} bytes, a header alone has {layout.BLOCK_BYTES}")
    if block[: layout.VERSION_OFFSET] != layout.MAGIC:
        raise NotAContainer("it does not begin with the magic CLOISTER")
    version, suite = block[layout.VERSION_OFFSET], block[layout.SUITE_OFFSET]
    if version != layout.VERSION:
        raise NotAContainer(f"it has version {version}, and this program knows version {layout.VERSION}")
    if suite not in layout.SUITES:
        known = ", ".join(str(number) for number in layout.SUITES)
        raise NotAContainer(f"it has suite {suite}, and this program knows suite {known}")


def _recipients(block: bytes, suite: int, count: int) -> tuple[Recipient, ...]:
    """The first `count` entries."""
    entries = []
    offset = layout.RECIPIENTS_OFFSET
    for _ in range(count):
        enc_offset = offset + layout.KEY_ID_BYTES
        sealed_offset = enc_offset + layout.SUITES[suite].enc_bytes
        end = sealed_offset + layout.SEALED_FILE_KEY_BYTES
        entries.append(
            Recipient(
                bytes(block[offset:enc_offset]),
                bytes(block[enc_offset:sealed_offset]),
                bytes(block[sealed_offset:end]),
            )
        )
        offset = end
    return tuple(entries)


def seal_is_right(header: Header, recorder_secret: bytes) -> bool:
    """Whether the recorder with this 32-byte secret sealed the header; compared in constant time."""
    seal_key = HKDF(hashes.SHA256(), 32, salt=None, info=layout.SEAL_LABEL).derive(recorder_secret)
    expected = hmac.digest(seal_key, header.block[: layout.SEAL_OFFSET], "sha256")
    return hmac.compare_digest(expected, header.seal)


def flaws(header: Header) -> list[str]:
    """What a sealed header has that docs/format.md does not allow, in words; empty if nothing."""
    found = []
    if header.recipient_count > layout.RECIPIENTS_AT_MOST:
        found.append(f"the header names {header.recipient_count} recipients")
    if header.block[layout.ZERO_OFFSET] or (header.recipient_count and any(header.destroyed_key_id)):
        found.append("the header has other bytes where zeros belong")
    entry_bytes = layout.KEY_ID_BYTES + layout.SUITES[header.suite].enc_bytes + layout.SEALED_FILE_KEY_BYTES
    end = layout.RECIPIENTS_OFFSET + entry_bytes * len(header.recipients)
    if any(header.block[end : layout.SEAL_OFFSET]):
        found.append("the header has bytes after its last recipient")
    return found


def open_file_key(header: Header, recipient: Recipient, private_key: bytes) -> bytes:
    """The 32-byte file key, by HPKE base mode (RFC 9180). Raises KeyDoesNotOpen.

    Raises CloisterError if the installed `cryptography` does not have the header's suite.
    """
    info = header.block[: layout.RECIPIENTS_OFFSET] + recipient.key_id
    sealed = recipient.enc + recipient.sealed_file_key
    try:
        file_key = suites.unseal(header.suite, sealed, private_key, info)
    except (InvalidTag, ValueError):
        raise KeyDoesNotOpen from None
    if len(file_key) != layout.FILE_KEY_BYTES:
        raise KeyDoesNotOpen
    return file_key
