"""Makes a fresh, empty FAT32 file system on a whole card; the port's own mkfs makes FAT16 on small ones.

An overlay. As a card comes from the shop, but without a partition table: two allocation tables, data aligned
to 4 MiB, clusters of 32 KB where the card is large enough to have so many; no label, serial number or time.
Source: Microsoft's "FAT: General Overview of On-Disk Format" 1.03.
"""

import struct

from crypto.words import wipe
from micropython import const

_SECTOR_BYTES = const(512)
_ALIGNMENT_SECTORS = const(8192)
_LARGEST_CLUSTER_SECTORS = const(64)
_LEAST_CLUSTERS = const(65_541)  # readers differ by a few on where FAT16 ends
_LEAST_SECTORS = const(66_591)
_FATS = const(2)
_FIRST_CLUSTER = const(2)  # which is the root folder's
_BACKUP_SECTOR = const(6)
_COUNT = const(4)  # of sectors: the block device protocol's ioctl
_END = b"\x55\xaa"


def sectors(device):
    """Return how many sectors of a card can be used: the format has 32 bits for that. Raises OSError."""
    count = device.ioctl(_COUNT, 0)
    if count is None or count < _LEAST_SECTORS:
        raise OSError("no card, or one too small for FAT32")
    return min(count, 0xFFFFFFFF)


def make(device, block, tick):
    """Write the file system onto `device`. block: a bytearray of 4096 to work in.

    tick: called often, while this may take minutes. Raises OSError.
    """
    count = sectors(device)
    per_cluster, reserved, fat_sectors = _layout(count)
    wipe(block)
    tables = reserved
    for first, end in ((0, _BACKUP_SECTOR + 2), (tables, tables + _FATS * fat_sectors + per_cluster)):
        while first < end:
            step = min(end - first, len(block) // _SECTOR_BYTES)
            device.writeblocks(first, memoryview(block)[: step * _SECTOR_BYTES])
            first += step
            tick()
    chains = struct.pack("<III", 0x0FFFFFF8, 0x0FFFFFFF, 0x0FFFFFFF)  # the medium, clean, the root folder
    for copy in range(_FATS):
        _write(device, tables + copy * fat_sectors, block, chains, b"")
    clusters = (count - reserved - _FATS * fat_sectors) // per_cluster
    free = struct.pack("<III", 0x61417272, clusters - 1, _FIRST_CLUSTER + 1)
    boot = _boot(count, per_cluster, reserved, fat_sectors)
    for sector in (_BACKUP_SECTOR, 0):  # the one that makes it a file system comes last
        _write(device, sector + 1, block, b"RRaA" + bytes(480) + free, _END)
        _write(device, sector, block, boot, _END)


def _layout(count):
    """Return the sectors in a cluster, those before the tables, and those of each table."""
    for alignment in (_ALIGNMENT_SECTORS, 1):  # the smallest cards have no room for it
        per_cluster = _LARGEST_CLUSTER_SECTORS
        while per_cluster:
            fat_sectors = -(-(count // per_cluster + _FIRST_CLUSTER) * 4 // _SECTOR_BYTES)
            tables = _FATS * fat_sectors
            data = -(-(tables + _BACKUP_SECTOR + 2) // alignment) * alignment
            if (count - data) // per_cluster >= _LEAST_CLUSTERS:
                return per_cluster, data - tables, fat_sectors
            per_cluster //= 2
    raise OSError("too small for FAT32")


def _boot(count, per_cluster, reserved, fat_sectors):
    """The boot sector but for its end; there is nothing to boot."""
    head = b"\xeb\x58\x90MSDOS5.0"
    head += struct.pack(
        "<HBHBHHBHHHII", _SECTOR_BYTES, per_cluster, reserved, _FATS, 0, 0, 0xF8, 0, 63, 255, 0, count
    )
    head += struct.pack("<IHHIHH", fat_sectors, 0, 0, _FIRST_CLUSTER, 1, _BACKUP_SECTOR) + bytes(12)
    return head + b"\x80\x00\x29\x00\x00\x00\x00NO NAME    FAT32   "


def _write(device, sector, block, start, end):
    """Write a sector that begins and ends so, with zeros between; `block` is zeros before and after."""
    view = memoryview(block)[:_SECTOR_BYTES]
    view[: len(start)] = start
    view[_SECTOR_BYTES - len(end) :] = end
    device.writeblocks(sector, view)
    wipe(view)
