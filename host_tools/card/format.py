"""Makes a fresh FAT32 file system in a new image file: as a card comes from the shop, and nothing else in it.

No partition table, data aligned to 4 MiB, clusters of 32 KB where the card is large enough for FAT32 to
allow them, no volume label, no serial number and no time stamp. The file is sparse: only the few sectors
that are not zero are written. `fsck.vfat` finds nothing to say about it.
"""

import struct
from pathlib import Path

from host_tools.card.geometry import FAT16_MOST_CLUSTERS, SECTOR_BYTES
from host_tools.errors import CloisterError

ALIGNMENT_SECTORS = 4 * 1024 * 1024 // SECTOR_BYTES
LARGEST_CLUSTER_SECTORS = 64
SMALLEST_BYTES = 64 * 1024 * 1024
LARGEST_BYTES = 2 * 1024**4 - ALIGNMENT_SECTORS * SECTOR_BYTES  # 32-bit sector numbers
FATS = 2
ROOT_CLUSTER = 2
BACKUP_SECTOR = 6
MEDIA = 0xF8
MOST_RESERVED_SECTORS = 65_535


def format_fat32(path: Path, size_bytes: int) -> None:
    """Make `path`, which must not exist, a card image of `size_bytes` (64 MiB to 2 TiB, whole sectors).

    Raises CloisterError.
    """
    if not SMALLEST_BYTES <= size_bytes <= LARGEST_BYTES or size_bytes % SECTOR_BYTES:
        raise CloisterError(f"a card cannot have {size_bytes} bytes")
    sectors = size_bytes // SECTOR_BYTES
    per_cluster, reserved, fat_sectors = _layout(sectors)
    clusters = (sectors - reserved - FATS * fat_sectors) // per_cluster
    boot = _boot_sector(sectors, per_cluster, reserved, fat_sectors)
    info = _info_sector(clusters)
    chains = struct.pack("<III", 0x0FFFFF00 | MEDIA, 0x0FFFFFFF, 0x0FFFFFFF)  # media, clean, the root folder
    try:
        with path.open("xb") as file:
            file.truncate(size_bytes)
            for sector, data in ((0, boot), (1, info), (BACKUP_SECTOR, boot), (BACKUP_SECTOR + 1, info)):
                file.seek(sector * SECTOR_BYTES)
                file.write(data)
            for copy in range(FATS):
                file.seek((reserved + copy * fat_sectors) * SECTOR_BYTES)
                file.write(chains)
    except OSError as error:
        raise CloisterError(f"card image {path} cannot be made: {(error.strerror or '').lower()}") from None


def _layout(sectors: int) -> tuple[int, int, int]:
    """Sectors in a cluster, before the tables, and in each table."""
    per_cluster = LARGEST_CLUSTER_SECTORS
    while True:
        fat_sectors = -(-(sectors // per_cluster + ROOT_CLUSTER) * 4 // SECTOR_BYTES)
        tables = FATS * fat_sectors
        data = -(-(tables + BACKUP_SECTOR + 2) // ALIGNMENT_SECTORS) * ALIGNMENT_SECTORS
        if (sectors - data) // per_cluster > FAT16_MOST_CLUSTERS:
            return per_cluster, data - tables, fat_sectors
        per_cluster //= 2


def _boot_sector(sectors: int, per_cluster: int, reserved: int, fat_sectors: int) -> bytes:
    """The boot sector with its parameter block; there is nothing to boot."""
    parameters = struct.pack(
        "<HBHBHHBHHHII", SECTOR_BYTES, per_cluster, reserved, FATS, 0, 0, MEDIA, 0, 63, 255, 0, sectors
    )
    extended = struct.pack("<IHHIHH12x", fat_sectors, 0, 0, ROOT_CLUSTER, 1, BACKUP_SECTOR)
    identity = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0, b"NO NAME    ", b"FAT32   ")
    start = b"\xeb\x58\x90MSDOS5.0" + parameters + extended + identity
    return start.ljust(SECTOR_BYTES - 2, b"\0") + b"\x55\xaa"


def _info_sector(clusters: int) -> bytes:
    """FSInfo: how many clusters are free, and where to look first."""
    free = struct.pack("<III", 0x61417272, clusters - 1, ROOT_CLUSTER + 1)
    return (b"RRaA" + bytes(480) + free).ljust(SECTOR_BYTES - 4, b"\0") + b"\0\0\x55\xaa"
