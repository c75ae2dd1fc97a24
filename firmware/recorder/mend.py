"""Mends what a power cut may have left of a container that was being prepared, before anything follows it.

An overlay. A link of which only some bytes were written leads into somebody else's clusters; a container
that grew along it, or was removed, would take theirs. The table is on the card before the size that counts on
it, so what the file's size covers is whole: its chain is ended there. Where the file's own entry cannot be
believed it is left without clusters. No other file is touched; at worst some clusters are lost to the card.
"""

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder.errors import CardFault

_SECTOR_BYTES = const(512)
_ENTRY_BYTES = const(32)
_FIRST_CLUSTER = const(2)
_MOST_FOLDER_SECTORS = const(4096)  # 65 536 entries
_FEED_LINKS = const(256)
_CHAIN_ENDS = const(0x0FFFFFF8)
_END = b"\xff\xff\xff\x0f"


def finish(parts):
    """Mend the card that is mounted, if a container's preparation was cut short on it; raises CardFault."""
    entry = parts.journal.prepared
    try:
        if entry is None or not parts.card.exists(entry["name"]) or parts.card.is_folder(entry["name"]):
            return
        first = _first_sector(parts.card, entry["name"], parts.stream.block)
        if _is_header(first, entry["number"], parts.identity):
            return
        begun = _may_be_begun(first, entry["number"], parts.identity)
        _Volume(parts.card.raw(), first, parts.feed).mend(entry["name"], begun)
        parts.card.mount()
    except OSError:
        raise CardFault("the card fails while its tables are looked at")


def _first_sector(card, name, block):
    wipe(block)
    file = card.open(name, "rb")
    try:
        first = memoryview(block)[:_SECTOR_BYTES]
        file.readinto(first)
    finally:
        card.close(file)
    return first


def _is_header(first, number, identity):
    """True if a file begins with our own header of that number: its magic is written last."""
    return first[:8] == layout.MAGIC and first[12:24] == number.to_bytes(4, "big") + identity.recorder_id


def _may_be_begun(first, number, identity):
    """True if a file begins as a container of that number does that has no header yet."""
    ours = number.to_bytes(4, "big") + identity.recorder_id
    return not any(first[:8]) and all(there in (0, own) for there, own in zip(first[12:24], ours))


def _number(view, at, size):
    return int.from_bytes(view[at : at + size], "little")


class _Volume:
    """A FAT32 file system on a block device that is not mounted. sector: a bytearray of 512 to work in."""

    def __init__(self, device, sector, feed):
        self._device = device
        self._sector = sector
        self._feed = feed
        base = 0
        self._read(0)
        if sector[0] not in (0xEB, 0xE9):  # no boot sector: a partition table
            base = _number(sector, 454, 4)
            self._read(base)
        self._per_cluster = sector[13]
        self._fats = sector[16]
        self._fat_sectors = _number(sector, 36, 4)
        self._root = _number(sector, 44, 4)
        self._table = base + _number(sector, 14, 2)

    def _read(self, number):
        self._device.readblocks(number, self._sector)

    def mend(self, name, begun):
        """End a file's chain where its size ends. `begun`: what it holds can be a container's beginning.

        If not, it is somebody else's, or its entry a removed file's, torn: then its clusters are free.
        """
        number, at = self._find((name[:8] + name[9:]).encode())
        if number is None:
            return
        sector = self._sector
        first = _number(sector, at + 26, 2) | _number(sector, at + 20, 2) << 16
        size = _number(sector, at + 28, 4)
        if begun:
            clusters = -(-size // (self._per_cluster * _SECTOR_BYTES))
            believed = self._end_after(first, clusters) if first and size else not first and not size
        else:
            believed = not self._holds(first) or self._link(first)
        if believed:
            return
        self._read(number)
        sector[at + 20 : at + 22] = sector[at + 26 : at + 28] = bytes(2)
        sector[at + 28 : at + 32] = bytes(4)
        self._device.writeblocks(number, sector)

    def _find(self, name):
        """The sector of the root folder that has this entry, which is then in hand, and where in it."""
        cluster, left = self._root, _MOST_FOLDER_SECTORS
        while self._holds(cluster) and left > 0:
            self._feed()
            first = self._table + self._fats * self._fat_sectors + (cluster - 2) * self._per_cluster
            for number in range(first, first + self._per_cluster):
                self._read(number)
                for at in range(0, _SECTOR_BYTES, _ENTRY_BYTES):
                    if self._sector[at : at + 11] == name:
                        return number, at
            left -= self._per_cluster
            cluster = self._link(cluster)
        return None, 0

    def _holds(self, cluster):
        return _FIRST_CLUSTER <= cluster < self._fat_sectors * 128

    def _link(self, cluster):
        """Where a cluster's chain goes on; its sector of the table is then in hand."""
        self._read(self._table + cluster // 128)
        return _number(self._sector, cluster % 128 * 4, 4) & 0x0FFFFFFF

    def _end_after(self, cluster, clusters):
        """End a chain after so many clusters; False if it has fewer."""
        for done in range(1, clusters):
            if not done % _FEED_LINKS:
                self._feed()
            if not self._holds(cluster):
                return False
            cluster = self._link(cluster)
        if not self._holds(cluster) or not self._link(cluster):
            return False
        if self._link(cluster) < _CHAIN_ENDS:
            at = cluster % 128 * 4
            for copy in range(self._fats):
                number = self._table + copy * self._fat_sectors + cluster // 128
                self._read(number)
                self._sector[at : at + 4] = _END
                self._device.writeblocks(number, self._sector)
        return True
