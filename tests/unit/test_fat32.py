"""The card reader agrees with the real VfsFat, names what is no card, and no image can lead it astray."""

import contextlib
import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.card import format_fat32, open_card
from host_tools.card.fat32 import Fat32
from host_tools.card.geometry import parse_boot_sector
from host_tools.errors import CloisterError

MIB = 1024 * 1024
SECTOR = 512

SCRIPT = Path(__file__).parent / "scripts" / "write_card.py"


def content(number: int) -> bytes:
    return b"".join(bytes([turn * 4 + number]) * (700 * number + 1) for turn in range(40))


@pytest.fixture(scope="module")
def image(micropython, tmp_path_factory) -> Path:
    """A card of 64 MiB that the interpreter's own VfsFat has written."""
    path = tmp_path_factory.mktemp("card") / "card.img"
    format_fat32(path, 64 * MIB)
    micropython.output(SCRIPT, path)
    return path


def test_files_written_by_vfsfat_are_read_back(image, fsck_vfat):
    fsck_vfat(image)
    with open_card(image) as card:
        files = {file.name: file for file in card.files()}
        for number, name in enumerate(["A.DAT", "B", "LONG~1X.BIN", "R0000001.DAT"]):
            assert files[name].size_bytes == len(content(number))
            assert files[name].read_at(0, 10**6) == content(number)
        assert files["LAST"].read_at(0, 4) == b"last"
        assert len(files) == 5 + 120
        assert not {"FOLDER", "GONE"} & set(files)


def test_read_at_is_right_at_any_place(image):
    expected = content(3)
    with open_card(image) as card:
        file = next(file for file in card.files() if file.name == "R0000001.DAT")
        for offset in (0, 1, 511, 512, 4095, 30_000, len(expected) - 1, len(expected), len(expected) + 9):
            for length in (0, 1, 513, 5000, 10**6):
                assert file.read_at(offset, length) == expected[offset : offset + length]


def test_a_partition_in_an_mbr_is_found(image, tmp_path):
    mbr = bytearray(SECTOR)
    struct.pack_into("<B3xB3xII", mbr, 446, 0, 0x0C, 2048, 64 * MIB // SECTOR)
    mbr[510:] = b"\x55\xaa"
    path = tmp_path / "partitioned.img"
    with path.open("wb") as file:
        file.write(mbr)
        file.seek(2048 * SECTOR)
        file.write(image.read_bytes())
    with open_card(path) as card:
        assert next(file for file in card.files() if file.name == "A.DAT").read_at(0, 100) == content(0)


def test_a_folder_is_a_card_with_its_files_only(tmp_path):
    (tmp_path / "R0000001.DAT").write_bytes(b"0123456789")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc/passwd")
    with open_card(tmp_path) as card:
        (file,) = card.files()
    assert (file.name, file.size_bytes) == ("R0000001.DAT", 10)
    assert file.read_at(4, 3) == b"456"
    assert file.read_at(8, 10) == b"89"


@pytest.mark.parametrize("size_mib", [64, 300, 2048, 4096, 32 * 1024, 256 * 1024])
def test_fresh_cards_are_clean_sparse_and_empty(tmp_path, fsck_vfat, size_mib):
    size_bytes = size_mib * MIB
    path = tmp_path / "card.img"
    format_fat32(path, size_bytes)
    assert path.stat().st_size == size_bytes
    assert path.stat().st_blocks * 512 < 200_000
    fsck_vfat(path)
    with path.open("rb") as device:
        geometry = parse_boot_sector(device.read(SECTOR), 0, size_bytes)
    assert geometry.data_offset % (4 * MIB) == 0
    assert geometry.cluster_bytes == 32_768 or size_bytes <= 2048 * MIB
    with open_card(path) as card:
        assert card.files() == []


def test_formatting_never_overwrites(tmp_path):
    path = tmp_path / "precious"
    path.write_bytes(b"precious")
    with pytest.raises(CloisterError, match="exists"):
        format_fat32(path, 64 * MIB)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("size_bytes", [0, MIB, 64 * MIB + 1, 3 * 1024**4])
def test_impossible_sizes_are_refused(tmp_path, size_bytes):
    with pytest.raises(CloisterError, match="cannot have"):
        format_fat32(tmp_path / "card", size_bytes)


def boot_sector(**fields) -> bytearray:
    """A fresh card's boot sector with some fields (offset, format) changed."""
    sector = bytearray(FRESH[:SECTOR])
    for place, (form, value) in fields.items():
        struct.pack_into(form, sector, int(place.split("_")[1]), value)
    return sector


def _fresh() -> bytes:
    """The start of a fresh card of 64 MiB, up to and with its first cluster; the rest is zeros."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card.img"
        format_fat32(path, 64 * MIB)
        with path.open("rb") as file:
            return file.read(4 * MIB + SECTOR)


FRESH = _fresh()


def write_card(path: Path, start: bytes) -> None:
    """A card image of 64 MiB that starts so."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(64 * MIB)


def foreign(name: bytes) -> bytes:
    return (b"\xeb\x76\x90" + name.ljust(8)).ljust(510, b"\0") + b"\x55\xaa"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"", "it is empty"),
        (lambda: b"short", "cut short"),
        (lambda: bytes(MIB), "no file system"),
        (lambda: b"text " * 1000, "no file system"),
        (lambda: bytes(510) + b"\x55\xaa", "no file system"),
        (lambda: foreign(b"EXFAT"), "exFAT; cards are FAT32"),
        (lambda: foreign(b"NTFS"), "NTFS; cards are FAT32"),
        (lambda: boot_sector(at_32=("<I", 8192 + 4000)) + FRESH[512:], "FAT12; cards are FAT32"),
        (lambda: boot_sector(at_32=("<I", 8192 + 60_000)) + FRESH[512:], "FAT16; cards are FAT32"),
        (lambda: boot_sector(at_32=("<I", 5)) + FRESH[512:], "no room for data"),
        (lambda: FRESH, "cut short"),
        (lambda: boot_sector(at_32=("<I", 0xFFFFFFFF)) + FRESH[512:], "no FAT32's"),
        (lambda: boot_sector(at_36=("<I", 3)) + FRESH[512:], "too short"),
        (lambda: boot_sector(at_44=("<I", 0x0FFFFFF0)) + FRESH[512:], "outside"),
        (lambda: boot_sector(at_44=("<I", 0)) + FRESH[512:], "outside"),
        (lambda: boot_sector(at_11=("<H", 4096)) + FRESH[512:], "no file system"),
        (lambda: mbr_of(0xEE), "GUID"),
        (lambda: mbr_of(0x0C), "cut short"),
        (lambda: mbr_of(0x07) + bytes(2047 * SECTOR) + foreign(b"EXFAT"), "exFAT"),
        (lambda: mbr_of(0x83) + bytes(3000 * SECTOR), "no FAT file system"),
    ],
)
def test_what_is_no_fat32_card_is_named(tmp_path, make, reason):
    path = tmp_path / "image"
    path.write_bytes(make())
    with pytest.raises(CloisterError) as caught:
        open_card(path)
    assert reason in caught.value.message
    assert str(path) in caught.value.message


def mbr_of(kind: int) -> bytes:
    sector = bytearray(SECTOR)
    struct.pack_into("<B3xB3xII", sector, 446, 0, kind, 2048, 100_000)
    sector[510:] = b"\x55\xaa"
    return bytes(sector)


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(CloisterError, match="no such file"):
        open_card(tmp_path / "missing")


def test_windows_device_names_reach_the_platform_unchanged():
    for name in (r"\\.\E:", r"\\.\PhysicalDrive2"):
        with pytest.raises(CloisterError) as caught:
            open_card(name)
        assert caught.value.message.startswith(f"card {name} cannot be read")


def chained(*links: tuple[int, int], first: int, size_bytes: int) -> bytes:
    """A fresh card with one file X, and these entries in its first allocation table."""
    card = bytearray(FRESH)
    reserved, fat_sectors = struct.unpack_from("<H", card, 14)[0], struct.unpack_from("<I", card, 36)[0]
    for cluster, following in links:
        struct.pack_into("<I", card, reserved * SECTOR + cluster * 4, following)
    entry = b"X".ljust(11) + bytes(9) + struct.pack("<H4xHI", first >> 16, first & 0xFFFF, size_bytes)
    data = (reserved + 2 * fat_sectors) * SECTOR
    card[data : data + 32] = entry
    return bytes(card)


@pytest.mark.parametrize(
    ("links", "first", "size_bytes", "reason"),
    [
        ([(5, 6), (6, 5)], 5, 2000, "loop"),
        ([(5, 5)], 5, 2000, "loop"),
        ([(5, 0x0FFFFFFF)], 5, 2000, "ends early"),
        ([], 5, 2000, "ends early"),
        ([], 0, 2000, "ends early"),
        ([(5, 0x0FFFFFF7)], 5, 2000, "outside"),
        ([(5, 0x0F000000)], 5, 2000, "outside"),
        ([], 5, 0xFFFFFFFF, "larger than the card"),
    ],
)
def test_a_bad_chain_is_an_error_when_it_is_read(tmp_path, links, first, size_bytes, reason):
    path = tmp_path / "card"
    write_card(path, chained(*links, first=first, size_bytes=size_bytes))
    with open_card(path) as card:
        (file,) = card.files()
        with pytest.raises(CloisterError, match=reason):
            file.read_at(0, 100)


def test_clusters_beyond_16_bits_and_reserved_bits_of_the_table_are_read_right(tmp_path):
    path = tmp_path / "card"
    links = ((70_000, 0xF0000000 | 5), (5, 0xFFFFFFFF))
    write_card(path, chained(*links, first=70_000, size_bytes=SECTOR + 100))
    with path.open("r+b") as file:
        file.seek(4 * MIB + (70_000 - 2) * SECTOR)
        file.write(b"first".ljust(SECTOR))
        file.seek(4 * MIB + (5 - 2) * SECTOR)
        file.write(b"second")
    with open_card(path) as card:
        assert card.files()[0].read_at(0, SECTOR + 6) == b"first".ljust(SECTOR) + b"second"


def test_a_root_folder_that_loops_is_an_error(tmp_path):
    full = b"X".ljust(11) + bytes(9) + struct.pack("<H4xHI", 0, 0, 0)
    card = bytearray(chained((2, 2), first=0, size_bytes=0))
    data = card.index(full)
    card[data : data + SECTOR] = full * (SECTOR // 32)
    path = tmp_path / "card"
    write_card(path, card)
    with pytest.raises(CloisterError, match="root folder goes round"):
        open_card(path)


def read_everything(data: bytes, damage: dict[int, int]) -> None:
    """Open the image, of which some bytes are replaced, and read a little of each file."""

    def read_at(offset: int, length: int) -> bytes:
        assert offset >= 0
        assert 0 <= length <= 4 * MIB
        found = bytearray(data[offset : offset + length])
        if len(found) < length:
            raise CloisterError("cut short")
        for place, value in damage.items():
            if offset <= place < offset + length:
                found[place - offset] = value
        return bytes(found)

    fat = Fat32(read_at, len(data))
    for entry in fat.entries()[:50]:
        with contextlib.suppress(CloisterError):
            fat.open(entry).read_at(0, min(entry.size_bytes, 5000))


@pytest.fixture(scope="module")
def image_bytes(image) -> bytes:
    """The start of the written card, with everything that is on it; its boot sector says so."""
    data = bytearray(image.read_bytes()[: 40 * MIB])
    struct.pack_into("<I", data, 32, 40 * MIB // SECTOR)
    return bytes(data)


@settings(max_examples=300)
@given(data=st.data())
def test_damaged_images_give_files_or_an_error(image_bytes, data):
    reserved = struct.unpack_from("<H", image_bytes, 14)[0] * SECTOR
    places = st.one_of(
        st.integers(0, 90), st.integers(440, 511), st.integers(reserved, reserved + 2000),
        st.integers(4 * MIB, 4 * MIB + 4096),
    )  # fmt: skip
    damage = data.draw(st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=12))
    with contextlib.suppress(CloisterError):
        read_everything(image_bytes, damage)


@given(st.binary(max_size=2048))
def test_rubbish_is_an_error(data):
    with pytest.raises(CloisterError):
        read_everything(data, {})
