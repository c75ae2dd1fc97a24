"""Mends what a power cut in a sector of the card's tables may have left, before anything follows it.

An overlay. A link of which only some bytes were written leads into somebody else's clusters; a container that
grew along it, or was removed, would take theirs. FatFs writes each sector of its table twice, one copy after
the other, so the one that was cut short differs from its copy: there the chain is ended. An entry of the root
folder that names clusters which are free, or has none of its own, is cut short as well. Only looked at while
a container was being prepared, when power failed; where more than that differs nothing is touched.
"""

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder.errors import CardFault

_SECTOR_BYTES = const(512)
_AT_A_TIME = const(4)  # sectors of each copy
_COPIES = const(2)
_ENTRY_BYTES = const(32)
_FIRST_CLUSTER = const(2)
_NO_FILE = const(0x18)  # attributes: a folder, or a label, or a part of a long name
_REMOVED = const(0xE5)
_END = b"\xff\xff\xff\x0f"


def finish(parts):
    """Mend the card that is mounted, if a container's preparation was cut short on it; raises CardFault."""
    entry = parts.journal.prepared
    try:
        if entry is not None and _is_cut_short(parts.card, entry["name"], parts.stream.block):
            volume = _Volume(parts.card.raw(), parts.stream.block, parts.feed)
            volume.mend_table()
            volume.mend_folder()
            parts.card.mount()
    except OSError:
        raise CardFault("the card fails while its tables are looked at")


def _is_cut_short(card, name, block):
    """True if there is a container of that name without a header: its header is written last."""
    if not card.exists(name) or card.is_folder(name):
        return False
    wipe(block)
    file = card.open(name, "rb")
    try:
        file.readinto(block)
    finally:
        card.close(file)
    return block[:8] != layout.MAGIC


def _number(view, at, size):
    return int.from_bytes(view[at : at + size], "little")


class _Volume:
    """A FAT32 file system on a block device that is not mounted. block: a bytearray of 4096 to work in."""

    def __init__(self, device, block, feed):
        self._device = device
        self._feed = feed
        self._views = [memoryview(block)[i * 2048 : (i + 1) * 2048] for i in range(_COPIES)]
        boot = self._sector(0)
        base = 0
        if boot[0] not in (0xEB, 0xE9):  # no boot sector: a partition table
            base = _number(boot, 454, 4)
            self._sector(base)
        self._per_cluster = boot[13]
        self._fats = boot[16]
        self._fat_sectors = _number(boot, 36, 4)
        self._root = _number(boot, 44, 4)
        self._table = base + _number(boot, 14, 2)

    def _sector(self, number):
        view = self._views[0][:_SECTOR_BYTES]
        self._device.readblocks(number, view)
        return view

    def mend_table(self):
        """End the chain at the one link that may have been cut short."""
        odd = None
        for first in range(0, self._fat_sectors if self._fats == _COPIES else 0, _AT_A_TIME):
            self._feed()
            count = min(_AT_A_TIME, self._fat_sectors - first)
            one, other = self._both(first, count)
            for at in range(count if one != other else 0):
                place = at * _SECTOR_BYTES
                if one[place : place + _SECTOR_BYTES] != other[place : place + _SECTOR_BYTES]:
                    if odd is not None:
                        return
                    odd = first + at
        if odd is not None:
            self._end_chain(odd)

    def _both(self, first, count):
        views = [view[: count * _SECTOR_BYTES] for view in self._views]
        for copy in range(_COPIES):
            self._device.readblocks(self._table + copy * self._fat_sectors + first, views[copy])
        return views

    def _end_chain(self, number):
        """The last link that differs in this sector is the one: what is before it was written."""
        one, other = self._both(number, 1)
        at = _SECTOR_BYTES - 4
        while one[at : at + 4] == other[at : at + 4]:
            at -= 4
        if any(one[at : at + 4]):
            one[at : at + 4] = _END
        for copy in range(_COPIES):
            self._device.writeblocks(self._table + copy * self._fat_sectors + number, one)

    def _link(self, cluster):
        """Where a cluster's chain goes on: 0 if it is free. Overwrites the sector in hand."""
        sector = self._sector(self._table + cluster // 128)
        return _number(sector, cluster % 128 * 4, 4) & 0x0FFFFFFF

    def mend_folder(self):
        """Remove files of the root folder whose clusters are free, and free empty ones of clusters."""
        cluster = self._root
        while _FIRST_CLUSTER <= cluster < self._fat_sectors * 128:
            self._feed()
            first = self._table + self._fats * self._fat_sectors + (cluster - 2) * self._per_cluster
            for number in range(first, first + self._per_cluster):
                if not self._mend_entries(number):
                    return
            cluster = self._link(cluster)

    def _mend_entries(self, number):
        """One sector of the folder; False if the folder ends in it."""
        for at in range(0, _SECTOR_BYTES, _ENTRY_BYTES):
            entry = bytearray(self._sector(number)[at : at + _ENTRY_BYTES])
            if not entry[0]:
                return False
            cluster = _number(entry, 26, 2) | _number(entry, 20, 2) << 16
            if entry[0] == _REMOVED or entry[11] & _NO_FILE or not cluster:
                continue
            if not any(entry[28:]):
                entry[20:22] = entry[26:28] = bytes(2)
            elif cluster // 128 < self._fat_sectors and not self._link(cluster):
                entry[0] = _REMOVED
            else:
                continue
            self._sector(number)[at : at + _ENTRY_BYTES] = entry
            self._device.writeblocks(number, self._views[0][:_SECTOR_BYTES])
        return True
