"""Card images: a small sound FAT32 file system with anything in it altered, read through an overlay.

The image is never copied: what is not in the overlay is zeros, or what a pattern says. Every read stays on
the card and is of bounded length, and their number is bounded by the size of the card.
"""

import struct
from collections.abc import Callable
from functools import cache

from host_tools.card.fat32 import Fat32
from host_tools.card.geometry import SECTOR_BYTES
from host_tools.errors import CloisterError
from tests.fuzz.draw import Draw

CLUSTERS = 65_600
RESERVED_SECTORS = 32
FAT_SECTORS = -(-(CLUSTERS + 2) * 4 // SECTOR_BYTES)
DATA_SECTOR = RESERVED_SECTORS + 2 * FAT_SECTORS
CARD_BYTES = (DATA_SECTOR + CLUSTERS) * SECTOR_BYTES
OTHER_SIZES = (512, 1000, 4096, DATA_SECTOR * 512, CARD_BYTES - 1, CARD_BYTES * 4, 1 << 33, 1 << 41)
FAT_OFFSET, DATA_OFFSET = RESERVED_SECTORS * SECTOR_BYTES, DATA_SECTOR * SECTOR_BYTES
END = 0x0FFFFFFF
MBR_START = 2048
MOST_READ_BYTES = 4 * 1024 * 1024
MOST_READS = 400_000
FILES = ((b"R0000001DAT", 10, 6000), (b"S0000002DAT", 40, 30_000), (b"NOTES   TXT", 200, 512))
LINKS = (0, 1, 2, 3, 9, 10, 11, 12, 40, CLUSTERS, CLUSTERS + 1, CLUSTERS + 2, 0x0FFFFFF7, 0x0FFFFFF8, END)
LINKS += (0xF0000000, 0xFFFFFFFF)
BOOT_FIELDS = ("<B", 0), ("<H", 11), ("<B", 13), ("<H", 14), ("<B", 16), ("<H", 17), ("<H", 19), ("<H", 22)
BOOT_FIELDS += ("<I", 32), ("<I", 36), ("<H", 42), ("<I", 44), ("<H", 510), ("<B", 450), ("<I", 454)


def _sound_card() -> bytes:
    """The start of the card, up to the end of its root folder."""
    card = bytearray(DATA_OFFSET + SECTOR_BYTES)
    boot = struct.pack("<HBHBHHBHHHII", SECTOR_BYTES, 1, RESERVED_SECTORS, 2, 0, 0, 0xF8, 0, 63, 255, 0, 0)
    card[: 11 + len(boot)] = b"\xeb\x58\x90MSDOS5.0" + boot
    struct.pack_into("<IIHHI", card, 32, CARD_BYTES // SECTOR_BYTES, FAT_SECTORS, 0, 0, 2)
    card[510:512] = b"\x55\xaa"
    struct.pack_into("<III", card, FAT_OFFSET, 0x0FFFFFF8, END, END)
    for place, (name, first, size_bytes) in enumerate(FILES):
        card[DATA_OFFSET + 32 * place : DATA_OFFSET + 32 * place + 32] = _entry(name, 0x20, first, size_bytes)
        last = first + -(-size_bytes // SECTOR_BYTES) - 1
        for cluster in range(first, last + 1):
            following = END if cluster == last else cluster + 1
            struct.pack_into("<I", card, FAT_OFFSET + 4 * cluster, following)
    return bytes(card)


def _entry(name: bytes, attributes: int, first: int, size_bytes: int) -> bytes:
    return name.ljust(11) + bytes((attributes,)) + bytes(8) + struct.pack(
        "<H4xHI", first >> 16 & 0xFFFF, first & 0xFFFF, size_bytes
    )  # fmt: skip


SOUND_CARD = _sound_card()
BASES = (b"", b"\xeb\x76\x90EXFAT   ", b"\xeb\x52\x90NTFS    ")


class Overlay:
    """The card as `read_at` sees it; counts the reads and holds them to their bounds."""

    def __init__(self, start: bytes, card_bytes: int, links: Callable[[int], bytes] | None = None):
        self._start = start
        self._links = links
        self.size_bytes = card_bytes
        self.reads = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        assert self.reads <= MOST_READS, "there is no end to the reads"
        assert offset >= 0
        assert 0 <= length <= MOST_READ_BYTES
        if offset + length > self.size_bytes:
            raise CloisterError("cut short")
        if self._links and FAT_OFFSET <= offset < DATA_OFFSET and offset % SECTOR_BYTES == 0:
            return self._links(offset)[:length]
        return self._start[offset : offset + length].ljust(length, b"\0")


def fuzz_card_image(data: bytes) -> None:
    """Alter the card, open it, and read a little of its files."""
    draw = Draw(data)
    overlay = _altered_card(draw)
    told = overlay.size_bytes if draw.byte() % 4 else None
    try:
        fat = Fat32(overlay.read_at, told)
        entries = fat.entries()
    except CloisterError as error:
        assert 0 < len(error.message) < 1000
        return
    assert len(entries) <= 65_536
    for entry in entries[: 12 if len(entries) < 100 else 3]:
        assert 0 <= len(entry.name) <= 12
        _read_file(fat, entry, draw)


def _read_file(fat: Fat32, entry, draw: Draw) -> None:
    try:
        chain = fat.open(entry)
        for offset in {0, draw.below(entry.size_bytes + 1)}:
            length = min(entry.size_bytes - offset, draw.pick((1, 512, 513, 70_000)))
            assert len(chain.read_at(offset, length)) == length
    except CloisterError as error:
        assert 0 < len(error.message) < 1000


def _altered_card(draw: Draw) -> Overlay:
    start = bytearray(draw.take(draw.below(1024)).ljust(512, b"\0") if draw.byte() % 16 == 1 else SOUND_CARD)
    foreign = draw.pick(BASES) if draw.byte() % 32 == 1 else b""
    start[: len(foreign)] = foreign
    for _ in range(draw.below(6)):
        draw.pick((_alter_boot, _alter_links, _alter_folder, _alter_folder, _alter_anywhere))(draw, start)
    if draw.byte() % 4 == 1:
        return Overlay(_partition_table(draw) + bytes(start), MBR_START * SECTOR_BYTES + CARD_BYTES)
    card_bytes = CARD_BYTES
    if draw.byte() % 8 == 1:
        card_bytes = draw.pick(OTHER_SIZES)
    return Overlay(bytes(start), card_bytes, _pattern(draw) if draw.byte() % 64 == 1 else None)


def _partition_table(draw: Draw) -> bytes:
    """What stands before the partition."""
    sector = bytearray(SECTOR_BYTES)
    kind = draw.pick((0x0C, 0x0B, 0x0E, 0x07, 0x83, 0xEE, 0))
    struct.pack_into("<B3xB3xII", sector, 446, 0, kind, MBR_START, CARD_BYTES // SECTOR_BYTES)
    sector[510:] = b"\x55\xaa"
    altered = draw.altered(bytes(sector))[:SECTOR_BYTES]
    return altered.ljust(MBR_START * SECTOR_BYTES, b"\0")


def _pattern(draw: Draw) -> Callable[[int], bytes]:
    """A whole table as a rule, for chains that would take long to write down; gives a block of it."""
    step = draw.pick((1, 2, 3, 0, -1, CLUSTERS // 2))

    @cache
    def block(offset: int) -> bytes:
        first = (offset - FAT_OFFSET) // 4
        links = ((place + step) % (CLUSTERS + 2) for place in range(first, first + 1024))
        return struct.pack("<1024I", *links)

    return block


def _alter_boot(draw: Draw, start: bytearray) -> None:
    form, offset = draw.pick(BOOT_FIELDS)
    struct.pack_into(form, start, offset, draw.number(8 * struct.calcsize(form)))


def _alter_links(draw: Draw, start: bytearray) -> None:
    cluster = draw.below(256)
    for place in range(cluster, min(256, cluster + draw.pick((1, 1, 2, 30)))):
        at = FAT_OFFSET + 4 * place
        start[at : at + 4] = struct.pack("<I", draw.pick(LINKS) if draw.flag() else draw.below(256))


def _alter_folder(draw: Draw, start: bytearray) -> None:
    """Write an entry at one place, or at many."""
    size_bytes = draw.number(32)
    first = draw.pick(LINKS) & END if draw.flag() else draw.below(256)
    attributes = draw.pick((0x20, 0x20, 0, 0x10, 0x08, 0x0F, 0xFF))
    entry = _entry(draw.take(11) or b"X", attributes, first, size_bytes)
    place, times = draw.below(16), draw.pick((1, 1, 1, 16))
    at = DATA_OFFSET + 32 * place
    start[at : at + 32 * times] = entry * times


def _alter_anywhere(draw: Draw, start: bytearray) -> None:
    at = draw.pick((0, FAT_OFFSET, DATA_OFFSET)) + draw.below(512)
    piece = draw.take(draw.below(16))
    start[at : at + len(piece)] = piece
