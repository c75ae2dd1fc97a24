"""Where the parts of a FAT32 file system are: read from its boot sector, nothing in it believed unchecked.

Source: Microsoft's "FAT: General Overview of On-Disk Format" 1.03, whose field names are in the comments.
Everything that is not one sound FAT32 file system is refused with the reason: empty, foreign, FAT12 or
FAT16, or larger than what there is of it.
"""

import struct
from dataclasses import dataclass

from host_tools.errors import CloisterError

CUT_SHORT_HINT = (
    "read the card again; cloister card recover finds what there is in an image that was cut short"
)
SECTOR_BYTES = 512
FIRST_CLUSTER = 2
FAT12_MOST_CLUSTERS = 4084
FAT16_MOST_CLUSTERS = 65524
FAT32_MOST_CLUSTERS = 0x0FFFFFF5
HINT = "format the card as FAT32; that erases it"
MBR_TABLE_OFFSET = 446
MBR_GUID_TYPE = 0xEE
NOT_MIRRORED = 0x80


@dataclass(frozen=True)
class Geometry:
    """A FAT32 file system; places in bytes from the start of the card.

    fats: how many allocation tables there are, each of fat_bytes; is_mirrored if all are kept alike.
    info_offset: of FSInfo, 0 if there is none. It goes from start_offset to before end_offset.
    """

    fat_offset: int
    data_offset: int
    cluster_bytes: int
    clusters: int
    root_cluster: int
    fats: int
    fat_bytes: int
    is_mirrored: bool
    info_offset: int
    start_offset: int
    end_offset: int

    def cluster_offset(self, cluster: int) -> int:
        """Where that cluster's data begins."""
        return self.data_offset + (cluster - FIRST_CLUSTER) * self.cluster_bytes

    def holds(self, cluster: int) -> bool:
        """Whether there is a cluster of that number."""
        return FIRST_CLUSTER <= cluster < FIRST_CLUSTER + self.clusters


def partition_start(sector: bytes) -> int | None:
    """First sector of an MBR's first partition; None if `sector` is a file system's own boot sector.

    Raises CloisterError if it is neither, or if the partition is none of FAT.
    """
    refuse_foreign(sector)
    if sector[510:512] != b"\x55\xaa":
        raise CloisterError("no file system: the boot signature is missing")
    if _looks_like_fat(sector):
        return None
    kind = sector[MBR_TABLE_OFFSET + 4]
    start: int = struct.unpack_from("<I", sector, MBR_TABLE_OFFSET + 8)[0]
    if kind == MBR_GUID_TYPE:
        raise CloisterError("a GUID partition table; a card has one FAT32 partition, or none")
    if kind == 0 or start == 0:
        raise CloisterError("no file system")
    return start


def partition_count(sector: bytes) -> int:
    """How many partitions an MBR names; 0 if `sector` is no MBR with a FAT partition first, or GPT's."""
    try:
        if partition_start(sector) is None:
            return 0
    except CloisterError:
        return 0
    return sum(kind != 0 for kind in sector[MBR_TABLE_OFFSET + 4 : MBR_TABLE_OFFSET + 64 : 16])


def refuse_foreign(sector: bytes) -> None:
    """Raise CloisterError if this is the boot sector of exFAT or NTFS."""
    for mark, name in ((b"EXFAT   ", "exFAT"), (b"NTFS    ", "NTFS")):
        if sector[3:11] == mark:
            raise CloisterError(f"the file system is {name}; cards are FAT32", HINT)


def parse_boot_sector(sector: bytes, start: int, card_bytes: int | None) -> Geometry:
    """The geometry of the file system at sector `start` of a card; `card_bytes` is None if unknown.

    Raises CloisterError.
    """
    refuse_foreign(sector)
    if sector[510:512] != b"\x55\xaa" or not _looks_like_fat(sector):
        raise CloisterError("no FAT file system")
    # BPB_SecPerClus, RsvdSecCnt, NumFATs, RootEntCnt, TotSec16, FATSz16
    per_cluster, reserved, fats, root_entries, sectors16, fat16 = struct.unpack_from("<BHBHHxH", sector, 13)
    # BPB_TotSec32, FATSz32, ExtFlags, FSVer, RootClus, FSInfo
    sectors32, fat32, flags, version, root, info = struct.unpack_from("<IIHHIH", sector, 32)
    sectors = sectors16 or sectors32
    data = reserved + fats * (fat16 or fat32) + (root_entries * 32 + SECTOR_BYTES - 1) // SECTOR_BYTES
    clusters = (sectors - data) // per_cluster
    _refuse_small_fat(clusters, sectors > data)
    if fat16 or root_entries or sectors16 or version or clusters > FAT32_MOST_CLUSTERS:
        raise CloisterError("damaged file system: the boot sector is no FAT32's")
    if fat32 * (SECTOR_BYTES // 4) < clusters + FIRST_CLUSTER:
        raise CloisterError("damaged file system: its allocation table is too short")
    offset = start * SECTOR_BYTES
    geometry = Geometry(
        fat_offset=offset + reserved * SECTOR_BYTES,
        data_offset=offset + data * SECTOR_BYTES,
        cluster_bytes=per_cluster * SECTOR_BYTES,
        clusters=clusters,
        root_cluster=root,
        fats=fats,
        fat_bytes=fat32 * SECTOR_BYTES,
        is_mirrored=not flags & NOT_MIRRORED,
        info_offset=offset + info * SECTOR_BYTES if 0 < info < reserved else 0,
        start_offset=offset,
        end_offset=offset + sectors * SECTOR_BYTES,
    )
    if not geometry.holds(root):
        raise CloisterError("damaged file system: its root folder is outside")
    if card_bytes is not None and geometry.end_offset > card_bytes:
        raise CloisterError(f"cut short: {card_bytes} bytes of {geometry.end_offset}", CUT_SHORT_HINT)
    return geometry


def _looks_like_fat(sector: bytes) -> bool:
    """Whether the fields that every FAT boot sector has make sense."""
    sector_bytes, per_cluster, reserved, fats = struct.unpack_from("<HBHB", sector, 11)
    return (
        sector[0] in (0xEB, 0xE9)
        and sector_bytes == SECTOR_BYTES
        and per_cluster in (1, 2, 4, 8, 16, 32, 64, 128)
        and reserved > 0
        and fats in (1, 2)
    )


def _refuse_small_fat(clusters: int, has_data: bool) -> None:
    if not has_data or clusters <= 0:
        raise CloisterError("damaged file system: it has no room for data")
    if clusters <= FAT16_MOST_CLUSTERS:
        kind = "FAT12" if clusters <= FAT12_MOST_CLUSTERS else "FAT16"
        raise CloisterError(f"the file system is {kind}; cards are FAT32", HINT)
