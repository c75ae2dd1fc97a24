"""Card images for the tests of recovery: FAT32 file systems with files in whatever clusters a test wants."""

import random
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from host_tools.card import format_fat32
from host_tools.card.geometry import parse_boot_sector
from tests.reference_writer import BLOCK

MIB = 1024 * 1024
SECTOR = 512
SMALL_BYTES = 64 * MIB  # clusters of 512 bytes
LARGER_BYTES = 280 * MIB  # clusters of 4096 bytes


def pcm(samples: int, seed: int = 1) -> bytes:
    """Noise, so that no two blocks are alike."""
    return np.random.default_rng(seed).integers(-9000, 9000, samples, np.int16).tobytes()


def scattered(data: bytes, cluster_bytes: int, seed: int) -> list[bytes]:
    """The clusters of a file in another order, the last one filled up."""
    data = data.ljust(-(-len(data) // cluster_bytes) * cluster_bytes, b"\0")
    pieces = [data[place : place + cluster_bytes] for place in range(0, len(data), cluster_bytes)]
    random.Random(seed).shuffle(pieces)
    return pieces


class CardImage:
    """A FAT32 card image that a test writes files to."""

    def __init__(self, path: Path, size_bytes: int = SMALL_BYTES):
        self.path = path
        format_fat32(path, size_bytes)
        with path.open("rb") as file:
            self.geometry = parse_boot_sector(file.read(SECTOR), 0, size_bytes)
        for sector in (1, 7):  # how many clusters are free: not known
            self.write_at(sector * SECTOR + 488, b"\xff" * 4)
        self.next_cluster = 3
        self._entries = 0

    def write_at(self, offset: int, data: bytes) -> None:
        """Bytes at a place of the image."""
        with self.path.open("r+b") as file:
            file.seek(offset)
            file.write(data)

    def clusters(self, size_bytes: int, skip: int = 0) -> list[int]:
        """Free clusters in a row for so many bytes, after leaving out `skip`."""
        count = -(-size_bytes // self.geometry.cluster_bytes)
        first = self.next_cluster + skip
        self.next_cluster = first + count
        return list(range(first, first + count))

    def add(self, name: str, data: bytes, clusters: Sequence[int] | None = None) -> list[int]:
        """A file in these clusters, in a row unless told otherwise; gives the clusters."""
        geometry = self.geometry
        clusters = self.clusters(len(data)) if clusters is None else list(clusters)
        step = geometry.cluster_bytes
        for number, (cluster, following) in enumerate(
            zip(clusters, [*clusters[1:], 0x0FFFFFFF], strict=True)
        ):
            self._set_chain(cluster, following)
            self.write_at(geometry.cluster_offset(cluster), data[number * step : (number + 1) * step])
        stem, _, extension = name.partition(".")
        raw = f"{stem:8}{extension:3}".encode() + b"\x20" + bytes(8)
        raw += struct.pack("<H4xHI", clusters[0] >> 16, clusters[0] & 0xFFFF, len(data))
        self.write_at(geometry.cluster_offset(geometry.root_cluster) + 32 * self._entries, raw)
        self._entries += 1
        return clusters

    def delete_all(self, clusters: Sequence[int]) -> None:
        """Delete every file, as a system does: the names are marked, the chains freed."""
        for entry in range(self._entries):
            self.write_at(self.geometry.cluster_offset(self.geometry.root_cluster) + 32 * entry, b"\xe5")
        for cluster in clusters:
            self._set_chain(cluster, 0)

    def destroy_tables(self) -> None:
        """Noise over everything before the data, and over the root folder."""
        end = self.geometry.cluster_offset(self.geometry.root_cluster + 1)
        self.write_at(0, np.random.default_rng(3).bytes(end))

    def format_anew(self, size_bytes: int) -> None:
        """A new file system of another size, and so with other clusters, over this one."""
        fresh = self.path.with_suffix(".fresh")
        format_fat32(fresh, size_bytes)
        with fresh.open("rb") as file:
            geometry = parse_boot_sector(file.read(SECTOR), 0, size_bytes)
            file.seek(0)
            self.write_at(0, file.read(geometry.cluster_offset(geometry.root_cluster + 1)))
        self.geometry = geometry

    def put_behind_partition_table(self, sectors: int) -> None:
        """Shift the file system to a partition that begins at this sector."""
        table = bytearray(SECTOR)
        size = self.path.stat().st_size
        struct.pack_into("<B3xB3xII", table, 446, 0, 0x0C, sectors, size // SECTOR)
        table[510:] = b"\x55\xaa"
        shifted = self.path.with_suffix(".shifted")
        with shifted.open("wb") as target, self.path.open("rb") as source:
            target.write(table)
            target.seek(sectors * SECTOR)
            while piece := source.read(MIB):
                target.write(piece) if any(piece) else target.seek(len(piece), 1)
            target.truncate(sectors * SECTOR + size)
        shifted.replace(self.path)

    def _set_chain(self, cluster: int, following: int) -> None:
        table_bytes = (self.geometry.data_offset - self.geometry.fat_offset) // 2
        for copy in range(2):
            self.write_at(
                self.geometry.fat_offset + copy * table_bytes + 4 * cluster, struct.pack("<I", following)
            )


def write(image: Path, *pieces: bytes) -> None:
    """An image of these pieces, from sector 5 on."""
    image.write_bytes(bytes(SECTOR * 5) + b"".join(pieces) + bytes(BLOCK))
