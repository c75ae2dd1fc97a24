"""Destroys containers on the card: their headers at once, with `erase` their contents and files, too.

An overlay. A header is rewritten without recipients, its first sector first, and read back; with it the
sealed file key is gone. What is to be done is in the journal before the card is touched and until it is done,
so a power cut or a card that is not there only puts it off. A file that is not ours is never touched.
"""

import os
from binascii import hexlify, unhexlify
from hashlib import sha256

from micropython import const
from recorder import format as layout
from recorder import header
from recorder.errors import CardFault
from recorder.struck import Struck

_SECTOR_BYTES = const(512)
_FEED_BLOCKS = const(64)
_MOST_WAITING = const(8)  # on cards that are not in the slot


def begin(parts, entries):
    """Have `entries` (as Journal.striking) destroyed: from here on nothing takes that back."""
    sector = bytearray(header.SECTOR_BYTES)
    seals = {}
    for entry in entries:
        seal = _destroyed(parts, sector, entry).seal
        seals[entry["number"]] = hexlify(seal[: layout.PREVIOUS_SEAL_BYTES]).decode()
    parts.journal.strike(entries, seals)


def finish(parts):
    """Destroy what the journal says, as far as it is on this card. Raises CardFault."""
    journal = parts.journal
    struck = Struck(parts.store)
    waiting = 0
    for entry in reversed(journal.striking):  # the newest first, should power fail again
        struck.tell(entry["number"], entry["key"])
        try:
            done = _strike(parts, entry)
        except OSError:
            raise CardFault("the card fails while a recording is destroyed")
        waiting += not done
        if done or waiting > _MOST_WAITING:
            journal.struck_now(entry["number"])
        parts.feed()


def _destroyed(parts, sector, entry):
    key_id = unhexlify(entry["key"])
    destroyed = header.Header(parts.store, parts.identity, entry["number"], entry["suite"], 0, key_id)
    destroyed.finish(sector)
    return destroyed


def _strike(parts, entry):
    """Destroy one container; False if it is not on this card."""
    card, name = parts.card, entry["name"]
    if not card.exists(name) or card.is_folder(name):
        return False
    sector = bytearray(header.SECTOR_BYTES)
    file = card.open(name, "r+b")
    try:
        file.readinto(sector)
        if not header.is_ours(sector, parts.identity, entry["number"]):
            return False
        _write_header(card, file, _destroyed(parts, sector, entry), sector)
    finally:
        card.close(file)
    if entry["erase"]:
        _overwrite(parts, name)
        card.remove(name)
    return True


def _write_header(card, file, destroyed, sector):
    """Write a header, its first sector first, and read it back. Raises CardFault."""
    for number in range(header.SECTORS):
        file.seek(number * header.SECTOR_BYTES)
        file.write(destroyed.fill(sector, number))
        if number in (0, header.SECTORS - 1):
            card.flush(file)
    file.seek(0)
    sum = sha256()
    for _ in range(header.SECTORS):
        file.readinto(sector)
        sum.update(sector)
    if sum.digest() != destroyed.digest:
        raise CardFault("a destroyed recording's header is not what was written")


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
