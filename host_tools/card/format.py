"""Makes a fresh FAT32 file system, in a new image file or over whatever a card holds.

No partition table, data aligned to 4 MiB, clusters of 32 KB where the card is large enough for FAT32 to
allow them, no volume label, no serial number and no time stamp. A new image is sparse: only the few sectors
that are not zero are written. On a card nothing but the file system's own sectors and the root folder is
written: free space stays as it is. `fsck.vfat` finds nothing to say about either.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from host_tools.card.geometry import FAT16_MOST_CLUSTERS, SECTOR_BYTES
from host_tools.errors import CloisterError

ALIGNMENT_SECTORS = 4 * 1024 * 1024 // SECTOR_BYTES
LARGEST_CLUSTER_SECTORS = 64
SMALLEST_BYTES = 64_000_000
LARGEST_BYTES = 2 * 1024**4 - ALIGNMENT_SECTORS * SECTOR_BYTES  # 32-bit sector numbers
FATS = 2
ROOT_CLUSTER = 2
BACKUP_SECTOR = 6
MEDIA = 0xF8
PIECE_SECTORS = 2048


def format_fat32(path: Path, size_bytes: int) -> None:
    """Make `path`, which must not exist, a card image of `size_bytes` (64 MB to 2 TiB, whole sectors).

    Raises CloisterError.
    """
    layout = _layout(size_bytes)
    try:
        with path.open("xb") as file:
            file.truncate(size_bytes)
            for sector, data in layout.contents():
                file.seek(sector * SECTOR_BYTES)
                file.write(data)
    except OSError as error:
        raise CloisterError(f"card image {path} cannot be made: {(error.strerror or '').lower()}") from None


def file_system_bytes(size_bytes: int) -> int:
    """How much of a card `format_card` overwrites. Raises CloisterError if no card has such a size."""
    layout = _layout(size_bytes)
    return (layout.data_sector + layout.per_cluster) * SECTOR_BYTES


def format_card(write_at: Callable[[int, bytes], None], size_bytes: int) -> None:
    """Make the file system on a card that holds anything, by `write_at(offset, data)` of at most 1 MiB.

    Raises CloisterError if no card is so large or so small, and what `write_at` raises.
    """
    layout = _layout(size_bytes)
    end = file_system_bytes(size_bytes) // SECTOR_BYTES
    for sector in range(0, end, PIECE_SECTORS):
        write_at(sector * SECTOR_BYTES, bytes(min(PIECE_SECTORS, end - sector) * SECTOR_BYTES))
    for sector, data in reversed(layout.contents()):  # the one that makes it a file system comes last
        write_at(sector * SECTOR_BYTES, data)


@dataclass(frozen=True)
class _Layout:
    """Where the parts are, in sectors."""

    sectors: int
    per_cluster: int
    reserved: int
    fat_sectors: int

    @property
    def data_sector(self) -> int:
        """Where the root folder begins, and with it the data."""
        return self.reserved + FATS * self.fat_sectors

    def contents(self) -> list[tuple[int, bytes]]:
        """The sectors that are not zero, with their numbers; the boot sector is the first."""
        boot = _boot_sector(self)
        info = _info_sector((self.sectors - self.data_sector) // self.per_cluster)
        chains = struct.pack(
            "<III", 0x0FFFFF00 | MEDIA, 0x0FFFFFFF, 0x0FFFFFFF
        )  # media, clean, the root folder
        table = chains.ljust(SECTOR_BYTES, b"\0")
        head = [(0, boot), (1, info), (BACKUP_SECTOR, boot), (BACKUP_SECTOR + 1, info)]
        return head + [(self.reserved + copy * self.fat_sectors, table) for copy in range(FATS)]


def _layout(size_bytes: int) -> _Layout:
    """The largest clusters that the card has enough of."""
    if not SMALLEST_BYTES <= size_bytes <= LARGEST_BYTES or size_bytes % SECTOR_BYTES:
        raise CloisterError(f"a card cannot have {size_bytes} bytes")
    sectors = size_bytes // SECTOR_BYTES
    per_cluster = LARGEST_CLUSTER_SECTORS
    while True:
        fat_sectors = -(-(sectors // per_cluster + ROOT_CLUSTER) * 4 // SECTOR_BYTES)
        tables = FATS * fat_sectors
        data = -(-(tables + BACKUP_SECTOR + 2) // ALIGNMENT_SECTORS) * ALIGNMENT_SECTORS
        if (sectors - data) // per_cluster > FAT16_MOST_CLUSTERS:
            return _Layout(sectors, per_cluster, data - tables, fat_sectors)
        per_cluster //= 2


def _boot_sector(layout: _Layout) -> bytes:
    """The boot sector with its parameter block; there is nothing to boot."""
    counts = (SECTOR_BYTES, layout.per_cluster, layout.reserved, FATS)
    parameters = struct.pack("<HBHBHHBHHHII", *counts, 0, 0, MEDIA, 0, 63, 255, 0, layout.sectors)
    extended = struct.pack("<IHHIHH12x", layout.fat_sectors, 0, 0, ROOT_CLUSTER, 1, BACKUP_SECTOR)
    identity = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0, b"NO NAME    ", b"FAT32   ")
    start = b"\xeb\x58\x90MSDOS5.0" + parameters + extended + identity
    return start.ljust(SECTOR_BYTES - 2, b"\0") + b"\x55\xaa"


def _info_sector(clusters: int) -> bytes:
    """FSInfo: how many clusters are free, and where to look first."""
    free = struct.pack("<III", 0x61417272, clusters - 1, ROOT_CLUSTER + 1)
    return (b"RRaA" + bytes(480) + free).ljust(SECTOR_BYTES - 4, b"\0") + b"\0\0\x55\xaa"
