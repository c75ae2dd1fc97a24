"""Destroys containers on the card: their headers at once, with `erase` their contents and files, too.

An overlay. A header is rewritten without recipients, its first sector first, and read back; with it the
sealed file key is gone. What is to be done is in the journal before the card is touched and until it is done,
so a power cut or a card that is not there only puts it off. A file that is not ours is never touched.
"""

import os
from binascii import hexlify, unhexlify
from hashlib import sha256

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder import header
from recorder.errors import CardFault

_SECTOR_BYTES = const(512)
_FEED_BLOCKS = const(64)
_MOST_WAITING = const(8)  # on cards that are not in the slot


def begin(parts, entries):
    """Have `entries` (as Journal.striking) destroyed: from here on nothing takes that back."""
    block = bytearray(layout.BLOCK_BYTES)
    seals = {}
    for entry in entries:
        seal = _destroyed(parts, block, entry)
        seals[entry["number"]] = hexlify(seal[: layout.PREVIOUS_SEAL_BYTES]).decode()
    parts.journal.strike(entries, seals)


def finish(parts):
    """Destroy what the journal says, as far as it is on this card. Raises CardFault."""
    journal = parts.journal
    waiting = 0
    for entry in reversed(journal.striking):  # the newest first, should power fail again
        journal.tell_struck(entry["number"], entry["key"])
        try:
            done = _strike(parts, entry)
        except OSError:
            raise CardFault("the card fails while a recording is destroyed")
        waiting += not done
        if done or waiting > _MOST_WAITING:
            journal.struck_now(entry["number"])
        parts.feed()


def _destroyed(parts, block, entry):
    key_id = unhexlify(entry["key"])
    return header.destroyed(block, parts.identity, entry["number"], entry["suite"], key_id)


def _strike(parts, entry):
    """Destroy one container; False if it is not on this card."""
    card, name = parts.card, entry["name"]
    block = parts.stream.block
    if not card.exists(name) or card.is_folder(name):
        return False
    if not header.is_ours(_read(card, name, block), parts.identity, entry["number"]):
        return False
    _destroyed(parts, block, entry)
    digest = sha256(block).digest()
    _write_header(card, name, memoryview(block))
    if sha256(_read(card, name, block)).digest() != digest:
        raise CardFault("a destroyed recording's header is not what was written")
    if entry["erase"]:
        _overwrite(parts, name)
        card.remove(name)
    return True


def _read(card, name, block):
    """Fill `block` with the file's header, and return it."""
    wipe(block)
    file = card.open(name, "rb")
    try:
        file.readinto(block)
    finally:
        card.close(file)
    return block


def _write_header(card, name, header_block):
    file = card.open(name, "r+b")
    try:
        for first, end in ((0, _SECTOR_BYTES), (_SECTOR_BYTES, layout.BLOCK_BYTES)):
            file.seek(first)
            file.write(header_block[first:end])
            card.flush(file)
    finally:
        card.close(file)


def _overwrite(parts, name):
    """Overwrite the body with random bytes."""
    card, block = parts.card, parts.stream.block
    blocks = card.size(name) // layout.BLOCK_BYTES
    file = card.open(name, "r+b")
    try:
        file.seek(layout.BLOCK_BYTES)
        for at in range(1, blocks):
            if at % _FEED_BLOCKS == 1:
                parts.feed()
                parts.laptop.poll()  # this may take minutes
                for part in range(0, layout.BLOCK_BYTES, _SECTOR_BYTES):
                    block[part : part + _SECTOR_BYTES] = os.urandom(_SECTOR_BYTES)
            file.write(block)
    finally:
        card.close(file)
