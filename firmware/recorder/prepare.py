"""Makes the next container ready before anyone wants to record (docs/format.md, sections 1 and 2).

An overlay. Preallocated, block 1 zeroed, header written; its number and key are journalled before. Then all
that is read back, and what was left at the very end of the file: of a worn card, or one that has less room
than it says, nobody is to learn only after the session. The work is cut into steps, so that it can be done
beside a recording, and a slow card does not starve the watchdog.
"""

import os
from binascii import hexlify
from hashlib import sha256

from crypto import suites
from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder import header
from recorder.container import Container
from recorder.errors import CardFault, CardFull

_STEP_BYTES = const(1024 * 1024)  # preallocated at a time: a dozen writes, while sound waits
_SECTOR_BYTES = const(512)
_LETTERS = "RSTUVWXYZ"


def capacity_blocks(rate_hz, channels, minutes):
    """Return how many 4096-byte blocks a container of `minutes` takes, header and events included."""
    frames = layout.PCM_BYTES_PER_SEGMENT // (layout.SAMPLE_BYTES * channels)
    return 80 + minutes * 60 * rate_hz // frames


def _may_be_ours(header_sector, identity, number):
    """True if a file's first sector is our own container's, or that of one cut short while it was sealed.

    That has zeros where we write something; the journal has to vouch for the file's name.
    """
    ours = layout.MAGIC + header_sector[8:12] + number.to_bytes(4, "big") + identity.recorder_id
    return all(there in (0, own) for there, own in zip(header_sector, ours))


class Preparation:
    """One container on its way; `container` is set after the last step of `steps()`; None without any key.

    parts: card, identity, keys, journal, entropy, feed. block: a bytearray of 4096 to work in.
    """

    def __init__(self, parts, block):
        self._parts = parts
        self._card = parts.card
        self._journal = parts.journal
        self._block = block
        self.container = None

    def steps(self, wanted_blocks, least_blocks):
        """A generator of the work; it has `wanted_blocks`, or as many as the card has room for.

        Raises CardFull with room for fewer than `least_blocks`, CardFault.
        """
        try:
            yield from self._steps(wanted_blocks, least_blocks)
        except OSError:
            raise CardFault("the card fails while a container is prepared")

    def _steps(self, wanted_blocks, least_blocks):
        entry = self._entry()
        if entry is None:
            return
        self._settle_name(entry)
        entry = self._journal.prepared
        yield
        name = entry["name"]
        had, blocks = self._room(name, wanted_blocks, least_blocks)
        file = self._card.open(name, "r+b")
        try:
            at = had
            if at < blocks * layout.BLOCK_BYTES:  # while it grows it has no header: mend.py has to know
                self._write_at(file, 0, bytes(_SECTOR_BYTES))
            while at < blocks * layout.BLOCK_BYTES:
                at = min(at + _STEP_BYTES, blocks * layout.BLOCK_BYTES)
                if file.seek(at) != at:
                    raise CardFull("the card has no room for a container")
                self._card.flush(file)
                self._parts.feed()
                yield
            stamp = os.urandom(_SECTOR_BYTES)
            stamp_at = blocks * layout.BLOCK_BYTES - _SECTOR_BYTES
            self._write_at(file, stamp_at, stamp)
            yield
            container = self._seal(file, entry, blocks)
            yield  # sealing takes a third of a second, and a card that is busy then comes on top
            self._write_header(file)
            yield
            self._look_again(file, container.header_hash, stamp_at, stamp)
        except BaseException:  # GeneratorExit too: whatever ends this, the file must not stay open
            self._card.close(file)
            raise
        self.container = container

    def _seal(self, file, entry, blocks):
        parts = self._parts
        suite = entry["suite"]
        parts.entropy.refresh()
        recipients = [parts.keys.key(suite, entry["index"])]
        recovery = parts.keys.recovery(suite)
        if recovery is not None:
            recipients.append(recovery)
        key_id = hexlify(suites.key_id(recipients[0])).decode()
        container = Container(self._card, file, entry, key_id, blocks)
        container.file_key = parts.entropy.draw(layout.FILE_KEY_BYTES)
        container.seal, container.header_hash = header.build(
            self._block,
            parts.identity,
            container.number,
            suite,
            recipients,
            container.file_key,
            parts.entropy.draw,
        )
        return container

    def _write_header(self, file):
        """Write it so that at any moment it is no header or the whole one, torn sectors included.

        The magic comes last, in a write that changes nothing else.
        """
        whole = memoryview(self._block)
        wipe(whole[: len(layout.MAGIC)])
        self._write_at(file, 0, whole[:_SECTOR_BYTES])
        self._write_at(file, _SECTOR_BYTES, whole[_SECTOR_BYTES:])
        whole[: len(layout.MAGIC)] = layout.MAGIC
        self._write_at(file, 0, whole[:_SECTOR_BYTES])

    def _write_at(self, file, offset, data):
        file.seek(offset)
        file.write(data)
        self._card.flush(file)

    def _look_again(self, file, header_hash, stamp_at, stamp):
        """Read back what was written, and leave the file at block 1; raises CardFault."""
        block = self._block
        file.seek(stamp_at)
        kept = file.read(_SECTOR_BYTES) == stamp
        file.seek(0)
        file.readinto(block)
        kept = kept and sha256(block).digest() == header_hash
        file.readinto(block)
        if not kept or any(block):
            raise CardFault("the card does not keep what is written")
        file.seek(layout.BLOCK_BYTES)

    def _entry(self):
        """Return what the journal says of the container to prepare; None without keys."""
        prepared = self._journal.prepared
        chosen = self._parts.keys.choose()
        if prepared is None:
            if chosen is None:
                return None
            number = self._journal.next_container
            name = layout.file_name(number)
            if self._card.exists(name):
                name = self._free_name(number)
            self._journal.prepare(chosen[0], chosen[1], name)
        elif prepared["index"] is None and chosen is not None and chosen[1] is not None:
            # One-time keys have come, and nothing is recorded under the other yet.
            self._journal.give_key(*chosen)
        return self._journal.prepared

    def _settle_name(self, entry):
        name, number = entry["name"], entry["number"]
        if self._card.exists(name) and not self._ours(name, number):
            self._journal.rename(self._free_name(number))

    def _free_name(self, number):
        for letter in _LETTERS:
            name = layout.file_name(number, letter)
            if not self._card.exists(name):
                return name
        raise CardFull("every name for this container is taken on the card")

    def _ours(self, name, number):
        """True if the file is our own unused container, or one whose preparation power cut short."""
        if self._card.is_folder(name):
            return False
        size = self._card.size(name)
        if size < 2 * layout.BLOCK_BYTES:
            return size == 0
        block = self._block
        file = self._card.open(name, "rb")
        try:
            file.readinto(block)
            first = bytes(block[:_SECTOR_BYTES])
            file.readinto(block)
        finally:
            self._card.close(file)
        return not any(block) and _may_be_ours(first, self._parts.identity, number)

    def _room(self, name, wanted_blocks, least_blocks):
        """Make the file if need be; return (bytes it has, blocks it is to have)."""
        had = self._card.size(name) if self._card.exists(name) else 0
        room_blocks = (self._card.free_bytes() + had) // layout.BLOCK_BYTES - 16
        blocks = max(min(wanted_blocks, room_blocks), had // layout.BLOCK_BYTES)
        if blocks < min(least_blocks, wanted_blocks):
            raise CardFull("the card has no room for a container")
        if had < 2 * layout.BLOCK_BYTES:
            had = self._begin(name)
        return had, blocks

    def _begin(self, name):
        """Make the file with header and block 1 as zeros, before it grows over what the card held earlier."""
        wipe(self._block)
        file = self._card.open(name, "w+b")
        try:
            file.write(self._block)
            file.write(self._block)
        finally:
            self._card.close(file)
        return 2 * layout.BLOCK_BYTES
