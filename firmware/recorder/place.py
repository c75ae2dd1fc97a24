"""Finds the next container its number, its keys and its place on the card (docs/format.md, section 1).

An overlay. Number and key are in the journal before the card is touched. A name that is taken by anything but
our own unused container is left alone, and another letter stands in front.
"""

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder import keys
from recorder.errors import CardFull, NoKeys, StoreDamaged

_BLOCK_SECTORS = const(8)
_BEGINNING_BYTES = const(2 * 4096)  # header and block 1
_LETTERS = "RSTUVWXYZ"
_FEW_KEYS = const(10)


def _may_be_ours(header_sector, identity, number):
    """True if a file's first sector is our own container's, or that of one cut short while it was sealed.

    That has zeros where we write something; the journal has to vouch for the file's name.
    """
    ours = layout.MAGIC + bytes(header_sector[8:12]) + number.to_bytes(4, "big") + identity.recorder_id
    return all(there in (0, own) for there, own in zip(header_sector, ours))


class Place:
    """What find() found; the journal's `prepared` tells the rest.

    had_bytes: what the container's file has. blocks: what it is to have. recipients: (key id, name in the
    store, where in that) of each recipient's key. few_keys: True if few one-time keys are left. is_damaged:
    True if a key failed its check. sector: 512 bytes to work in.
    """

    def __init__(self, parts, sector):
        self._card = parts.card
        self._identity = parts.identity
        self._journal = parts.journal
        self._keys = keys.ring(parts)
        self._sector = sector
        self.is_damaged = False

    def find(self, wanted_blocks, least_blocks):
        """Find all of it: as many blocks as are wanted, or as the card has room for.

        Raises CardFull with room for fewer than `least_blocks`, NoKeys, StoreDamaged, OSError.
        """
        self._enter()
        self._settle_name()
        self.had_bytes, self.blocks = self._room(wanted_blocks, least_blocks)
        prepared = self._journal.prepared
        suite = prepared["suite"]
        self.recipients = [self._recipient(suite, prepared["index"])]
        if self._keys.has(suite, keys.RECOVERY):
            self.recipients.append(self._recipient(suite, keys.RECOVERY))
        elif self._keys.is_stored(suite, keys.RECOVERY):
            self.is_damaged = True  # a recording without it is better than none
        chosen = self._keys.choose()
        self.few_keys = chosen is None or chosen[0] < suite or self._keys.left(suite) <= _FEW_KEYS

    def _recipient(self, suite, place):
        return (self._keys.id(suite, place),) + self._keys.where(suite, place)

    def _enter(self):
        """See that the journal says what is to be prepared."""
        prepared = self._journal.prepared
        chosen = self._keys.choose()
        if self._keys.damaged:
            self.is_damaged = True
            self._journal.pass_over(self._keys.passed)
        if prepared is None:
            if chosen is None:
                if self._keys.damaged:
                    raise StoreDamaged("no public key passes its check")
                raise NoKeys("no key was ever loaded")
            number = self._journal.next_container
            name = layout.file_name(number)
            if self._card.exists(name):
                name = self._free_name(number)
            self._journal.prepare(chosen[0], chosen[1], name)
        elif chosen is not None and self._is_better(chosen, prepared):
            self._journal.give_key(*chosen)  # nothing is recorded under the other yet

    def _is_better(self, chosen, prepared):
        """True if a key is to take the place of the one that a container was given."""
        suite, place = prepared["suite"], prepared["index"]
        if chosen[0] > suite or not self._keys.has(suite, place):
            return True
        return chosen[0] == suite and place is None and chosen[1] is not None

    def _settle_name(self):
        """See that the name is free on this card, or our own container's."""
        prepared = self._journal.prepared
        name, number = prepared["name"], prepared["number"]
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
        if size < _BEGINNING_BYTES:
            return size == 0
        sector = self._sector
        file = self._card.open(name, "rb")
        try:
            file.readinto(sector)
            if not _may_be_ours(sector, self._identity, number):
                return False
            file.seek(layout.BLOCK_BYTES)
            for _ in range(_BLOCK_SECTORS):
                file.readinto(sector)
                if any(sector):
                    return False
        finally:
            self._card.close(file)
        return True

    def _room(self, wanted_blocks, least_blocks):
        """Make the file if need be; return (bytes it has, blocks it is to have)."""
        name = self._journal.prepared["name"]
        had = self._card.size(name) if self._card.exists(name) else 0
        room_blocks = (self._card.free_bytes() + had) // layout.BLOCK_BYTES - 16
        blocks = max(min(wanted_blocks, room_blocks), had // layout.BLOCK_BYTES)
        if blocks < min(least_blocks, wanted_blocks):
            raise CardFull("the card has no room for a container")
        if had < _BEGINNING_BYTES:
            self._begin(name)
            had = _BEGINNING_BYTES
        return had, blocks

    def _begin(self, name):
        """Make the file with header and block 1 as zeros, before it grows over what the card held earlier."""
        wipe(self._sector)
        file = self._card.open(name, "w+b")
        try:
            for _ in range(2 * _BLOCK_SECTORS):
                file.write(self._sector)
        finally:
            self._card.close(file)
