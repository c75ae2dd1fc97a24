"""One container on the card from its preparation to its last block (docs/format.md, sections 1 and 2).

Prepared: preallocated, block 1 zeroed, header written; its number and key were journalled before. Used:
marked so in the journal before its first segment is encrypted. While segments are written the file
neither grows nor shrinks and no FAT entry changes; a write that failed is repeated with the same bytes.
"""

from binascii import hexlify

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder import header
from recorder.errors import CardFault, CardFull

_WRITE_TRIES = const(3)
_STEP_BYTES = const(4 * 1024 * 1024)  # preallocated at a time: a slow card must not starve the watchdog
_SECTOR_BYTES = const(512)
_LEAST_BLOCKS = const(4880)  # ten minutes at 16 kHz mono: with less room there is no sense in starting
_LETTERS = "RSTUVWXYZ"


def capacity_blocks(rate_hz, channels, minutes):
    """Return how many 4096-byte blocks a container of `minutes` takes, header and events included."""
    frames = layout.PCM_BYTES_PER_SEGMENT // (layout.SAMPLE_BYTES * channels)
    return 80 + minutes * 60 * rate_hz // frames


class Container:
    """A prepared container: `number`, `name`, `seal` and `header_hash` (32 bytes), `file_key` until used."""

    def __init__(self, card, file, number, name, blocks):
        self._card = card
        self._file = file
        self.number = number
        self.name = name
        self.file_key = bytearray(0)
        self.blocks = blocks  # header included
        self._at = 1  # next block to be written

    @property
    def segments_left(self):
        """How many segments still fit."""
        return self.blocks - self._at

    @property
    def seal_hex(self):
        """What `previous` and `status` quote of the seal."""
        return hexlify(self.seal[: layout.PREVIOUS_SEAL_BYTES]).decode()

    def write_header(self, block, identity, suite, public_keys, draw):
        """Draw the file key, seal the header and write it so that a torn one shows (first sector last)."""
        self.file_key = draw(layout.FILE_KEY_BYTES)
        self.seal, self.header_hash = header.build(
            block, identity, self.number, suite, public_keys, self.file_key, draw
        )
        whole = memoryview(block)
        self._write_at(0, bytes(_SECTOR_BYTES))
        self._write_at(_SECTOR_BYTES, whole[_SECTOR_BYTES:])
        self._write_at(0, whole[:_SECTOR_BYTES])
        self._file.seek(layout.BLOCK_BYTES)

    def _write_at(self, offset, data):
        self._file.seek(offset)
        self._write(offset, data)
        self._card.flush(self._file)

    def write(self, block):
        """Write the next segment; raises CardFault when the card refuses it repeatedly."""
        self._write(self._at * layout.BLOCK_BYTES, block)
        self._at += 1

    def _write(self, offset, data):
        # The file stands at `offset`. A write that failed is repeated with the same bytes.
        for attempt in range(_WRITE_TRIES):
            try:
                if attempt:
                    # FatFs may have gone on to the next cluster before it failed; from 0 it counts them anew.
                    self._file.seek(0)
                    self._file.seek(offset)
                self._file.write(data)
                return
            except OSError:
                continue
        raise CardFault("the card refuses to be written")

    def drop_key(self):
        """Zero the file key."""
        wipe(self.file_key)

    def close(self):
        """Close the file and zero the key; a card that is gone does not keep it from that."""
        self.drop_key()
        try:
            self._card.close(self._file)
        except OSError:
            raise CardFault("the card refuses to be closed")


class Preparer:
    """Makes the next container ready before anyone wants to record."""

    def __init__(self, card, identity, keys, journal, entropy):
        self._card = card
        self._identity = identity
        self._keys = keys
        self._journal = journal
        self._entropy = entropy

    def prepare(self, block, wanted_blocks, feed):
        """Return the next Container, ready to be used; None if no key was ever loaded.

        block: a bytearray of 4096 to work in. wanted_blocks: its capacity, cut to what the card has room
        for. feed: called between steps that may take seconds. Raises CardFull, CardFault.
        """
        try:
            return self._prepare(block, wanted_blocks, feed)
        except OSError:
            raise CardFault("the card fails while a container is prepared")

    def _prepare(self, block, wanted_blocks, feed):
        entry = self._entry()
        if entry is None:
            return None
        number, suite, name = entry["number"], entry["suite"], entry["name"]
        if self._card.exists(name) and not self._ours(name, number, block):
            name = self._free_name(number)
            self._journal.rename(name)
        file, blocks = self._allocate(name, wanted_blocks, block, feed)
        container = Container(self._card, file, number, name, blocks)
        try:
            self._seal(container, suite, entry["index"], block, feed)
        except Exception:
            container.close()
            raise
        return container

    def _seal(self, container, suite, index, block, feed):
        self._entropy.refresh()
        feed()
        recipients = [self._keys.key(suite, index)]
        recovery = self._keys.recovery(suite)
        if recovery is not None:
            recipients.append(recovery)
        container.write_header(block, self._identity, suite, recipients, self._entropy.draw)

    def _entry(self):
        """Return what the journal says of the container to prepare; None without keys."""
        prepared = self._journal.prepared
        chosen = self._keys.choose()
        if prepared is None:
            return None if chosen is None else self._assign(chosen)
        if prepared["index"] is None and chosen is not None and chosen[1] is not None:
            # One-time keys have come, and nothing is recorded under the other yet.
            self._journal.give_key(*chosen)
        return self._journal.prepared

    def _assign(self, chosen):
        number = self._journal.next_container
        name = layout.file_name(number)
        if self._card.exists(name):
            name = self._free_name(number)
        self._journal.prepare(chosen[0], chosen[1], name)
        return self._journal.prepared

    def _free_name(self, number):
        for letter in _LETTERS:
            name = layout.file_name(number, letter)
            if not self._card.exists(name):
                return name
        raise CardFull("every name for this container is taken on the card")

    def _ours(self, name, number, block):
        """True if the file is our own unused container, or one whose preparation power cut short."""
        if self._card.is_folder(name):
            return False
        size = self._card.size(name)
        if size < 2 * layout.BLOCK_BYTES:
            return size == 0
        file = self._card.open(name, "rb")
        try:
            file.readinto(block)
            first = bytes(block[:_SECTOR_BYTES])
            file.readinto(block)
        finally:
            self._card.close(file)
        return header.is_ours_unused(first, block, self._identity, number)

    def _allocate(self, name, wanted_blocks, block, feed):
        """Open the file at its full size; return (file, blocks)."""
        had = self._card.size(name) if self._card.exists(name) else 0
        room_blocks = (self._card.free_bytes() + had) // layout.BLOCK_BYTES - 16
        blocks = max(min(wanted_blocks, room_blocks), had // layout.BLOCK_BYTES)
        if blocks < min(_LEAST_BLOCKS, wanted_blocks):
            raise CardFull("the card has no room for a container")
        if had < 2 * layout.BLOCK_BYTES:
            had = self._begin(name, block)
        file = self._card.open(name, "r+b")
        try:
            self._grow(file, had, blocks * layout.BLOCK_BYTES, feed)
        except Exception:
            self._card.close(file)
            raise
        return file, blocks

    def _grow(self, file, at, end, feed):
        while at < end:
            at = min(at + _STEP_BYTES, end)
            if file.seek(at) != at:
                raise CardFull("the card has no room for a container")
            self._card.flush(file)
            feed()

    def _begin(self, name, block):
        """Make the file with header and block 1 as zeros, before it grows over what the card held earlier."""
        wipe(block)
        file = self._card.open(name, "w+b")
        try:
            file.write(block)
            file.write(block)
        finally:
            self._card.close(file)
        return 2 * layout.BLOCK_BYTES
