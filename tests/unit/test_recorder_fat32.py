"""The recorder's formatter: what it makes is clean, and what the laptop makes, whatever was there before."""

import random
from pathlib import Path

import pytest

from host_tools.card import format_fat32, open_card
from host_tools.card.format import LARGEST_BYTES
from host_tools.card.geometry import FAT16_MOST_CLUSTERS, parse_boot_sector

BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "make_fat32.py"
SECTOR_BYTES = 512
SMALLEST_SECTORS = 66_591
MIB = 1024 * 1024


def described(micropython, sectors: int) -> tuple[dict[int, bytes], list[tuple[int, int]]]:
    """Sectors that were written and are not zeros, and the runs of those that are."""
    data, zeros = {}, []
    for line in micropython.output(SCRIPT, "describe", str(sectors), path=[BENCH]).splitlines():
        kind, first, second = line.split()
        if kind == "data":
            data[int(first)] = bytes.fromhex(second)
        else:
            zeros.append((int(first), int(second)))
    return data, zeros


@pytest.mark.parametrize("sectors", [SMALLEST_SECTORS, 34 * MIB // 512, 64 * MIB // 512, 100_000_007 // 512])
def test_a_small_card_full_of_noise_becomes_a_clean_fat32(micropython, tmp_path, fsck_vfat, sectors):
    image = tmp_path / "card.img"
    image.write_bytes(random.Random(sectors).randbytes(sectors * SECTOR_BYTES))
    micropython.output(SCRIPT, "image", image, path=[BENCH])
    fsck_vfat(image)
    with open_card(str(image)) as card:
        files = {file.name: file.read_at(0, 1 << 20) for file in card.files()}
    assert files == {"HELLO.TXT": b"hello" * 9000}


@pytest.mark.parametrize(
    "size_bytes", [64 * MIB, 2_147_483_648, 4 * 1024 * MIB + 512, 32_010_928_128, 256 * 10**9]
)
def test_a_card_gets_what_the_laptop_would_give_it(micropython, tmp_path, size_bytes):
    size_bytes -= size_bytes % SECTOR_BYTES
    image = tmp_path / "card.img"
    format_fat32(image, size_bytes)
    data, zeros = described(micropython, size_bytes // SECTOR_BYTES)
    with image.open("r+b") as file:
        for sector, content in data.items():
            file.seek(sector * SECTOR_BYTES)
            assert file.read(SECTOR_BYTES) == content, sector
        geometry = parse_boot_sector(data[0], 0, size_bytes)
    assert sorted(data) == sorted(written_by_the_laptop(geometry, zeros))
    # Both tables and the root folder are zeroed, so that it does not matter what was there.
    assert any(
        first <= geometry.fat_offset // SECTOR_BYTES
        and end >= (geometry.data_offset + geometry.cluster_bytes) // SECTOR_BYTES
        for first, end in zeros
    )


def written_by_the_laptop(geometry, zeros) -> list[int]:
    """The sectors that are not zeros: boot sector, FSInfo, their copies, and the beginning of each table."""
    tables = geometry.fat_offset // SECTOR_BYTES
    return [0, 1, 6, 7, tables, (tables + geometry.data_offset // SECTOR_BYTES) // 2]


@pytest.mark.parametrize("sectors", [LARGEST_BYTES // SECTOR_BYTES, 1 << 33])
def test_the_largest_cards_are_used_as_far_as_32_bits_reach(micropython, sectors):
    data, _ = described(micropython, sectors)
    geometry = parse_boot_sector(data[0], 0, sectors * SECTOR_BYTES)
    assert FAT16_MOST_CLUSTERS < geometry.clusters < 1 << 28
    end = geometry.data_offset + geometry.clusters * geometry.cluster_bytes
    assert min(sectors, (1 << 32) - 1) * SECTOR_BYTES - end < geometry.cluster_bytes


@pytest.mark.parametrize("sectors", [-1, 0, 1, 65_536, SMALLEST_SECTORS - 1])
def test_a_card_too_small_for_fat32_is_refused(micropython, sectors):
    assert micropython.output(SCRIPT, "refuse", str(sectors), path=[BENCH]) == "refused\n"
