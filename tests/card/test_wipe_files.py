"""A file that is wiped on an image or device leaves nothing of itself, and all else stays as it was."""

import struct
from pathlib import Path

import pytest

from host_tools.card import open_card
from host_tools.card.fat32_tree import Item
from host_tools.card.wipe_device import DeviceCard
from host_tools.card.wiping import open_for_wiping
from host_tools.errors import CloisterError
from tests.card.fake_cards import BadSectorsCard, FailingCard, HonestCard, StaleCard
from tests.card.wiped_cards import MemoryTarget, card_of, opened, put
from tests.recovery.cards import LARGER_BYTES, MIB, SECTOR, SMALL_BYTES, CardImage, pcm

VFS_SCRIPT = Path(__file__).parents[1] / "unit" / "scripts" / "write_card.py"
SIZE = 1_234_567
OTHERS = {"R0000001.DAT": pcm(50_000, 1), "R0000003.DAT": pcm(70_001, 3)}
SPOKEN = b"what was said in the room"


def secret(size_bytes: int = SIZE) -> bytes:
    return (SPOKEN * (size_bytes // len(SPOKEN) + 1))[:size_bytes]


@pytest.fixture
def card(tmp_path: Path) -> CardImage:
    """Three files, the second of them what is to be wiped."""
    image = CardImage(tmp_path / "card.img")
    image.add("R0000001.DAT", OTHERS["R0000001.DAT"])
    image.add("R0000002.DAT", secret())
    image.add("R0000003.DAT", OTHERS["R0000003.DAT"])
    return image


def wiped(path: Path, *names: str):
    with open_for_wiping(str(path)) as card:
        counted: list[int] = []
        work = card.work_of_files(names)
        report = card.wipe_files(names, counted.append)
    assert sum(counted) == work
    return report


def files_on(path: Path) -> dict[str, bytes]:
    with open_card(path) as card:
        return {file.name: file.read_at(0, file.size_bytes) for file in card.files()}


def is_nowhere(path: Path, name: str, size_bytes: int) -> None:
    """Nothing of the file is in the raw image: not its contents, its name, or its size."""
    content = path.read_bytes()
    stem, _, extension = name.partition(".")
    assert SPOKEN not in content
    assert f"{stem:8}{extension:3}".encode()[1:] not in content
    assert struct.pack("<I", size_bytes) not in content[: 5 * MIB]  # tables and the top folder


def test_nothing_of_a_wiped_file_is_left(card, fsck_vfat):
    report = wiped(card.path, "R0000002.DAT")
    assert (report.what, report.files, report.verified) == ("file", ["R0000002.DAT"], True)
    assert report.bytes == report.verified_bytes == -(-SIZE // SECTOR) * SECTOR
    is_nowhere(card.path, "R0000002.DAT", SIZE)
    assert files_on(card.path) == OTHERS
    fsck_vfat(card.path)


def test_its_entry_is_a_mark_of_deletion_and_zeros_and_its_chain_is_free(card):
    clusters = card.next_cluster
    wiped(card.path, "R0000002.DAT")
    content = card.path.read_bytes()
    root = card.geometry.cluster_offset(card.geometry.root_cluster)
    assert content[root + 32 : root + 64] == b"\xe5" + bytes(31)
    first = 3 + -(-len(OTHERS["R0000001.DAT"]) // SECTOR)
    until = first + -(-SIZE // SECTOR)
    for copy in range(2):
        table = card.geometry.fat_offset + copy * card.geometry.fat_bytes
        assert not any(content[table + 4 * first : table + 4 * until])
        links = content[table + 4 * until : table + 4 * clusters]
        assert all(any(links[at : at + 4]) for at in range(0, len(links), 4))


def test_the_count_of_free_clusters_is_right(card):
    wiped(card.path, "R0000002.DAT")
    with open_for_wiping(str(card.path)) as opened_card:
        free = opened_card._tree().free_clusters()
    info = card.path.read_bytes()[SECTOR : 2 * SECTOR]
    assert struct.unpack_from("<I", info, 488)[0] == free


@pytest.mark.parametrize("size_bytes", [SMALL_BYTES, LARGER_BYTES])
def test_a_file_in_pieces_is_overwritten_to_the_end_of_its_last_cluster(tmp_path, fsck_vfat, size_bytes):
    card = CardImage(tmp_path / "card.img", size_bytes)
    clusters = card.clusters(SIZE)[::2] + card.clusters(SIZE)[::-3]
    needed = -(-300_001 // card.geometry.cluster_bytes)
    card.add("R0000002.DAT", secret(300_001), clusters[:needed])
    last = card.geometry.cluster_offset(clusters[needed - 1])
    card.write_at(last + 300_001 % card.geometry.cluster_bytes, b"behind its end")
    card.add("R0000003.DAT", OTHERS["R0000003.DAT"])
    assert wiped(card.path, "R0000002.DAT").verified
    is_nowhere(card.path, "R0000002.DAT", 300_001)
    assert b"behind its end" not in card.path.read_bytes()
    assert files_on(card.path) == {"R0000003.DAT": OTHERS["R0000003.DAT"]}
    fsck_vfat(card.path)


def test_clusters_behind_the_size_of_a_file_are_wiped_with_it(card, fsck_vfat):
    """As power that was cut while the recorder prepared a container leaves it."""
    root = card.geometry.cluster_offset(card.geometry.root_cluster)
    card.write_at(root + 32 + 28, struct.pack("<I", 5000))
    assert wiped(card.path, "R0000002.DAT").bytes > SIZE
    is_nowhere(card.path, "R0000002.DAT", 5000)
    fsck_vfat(card.path)


def test_in_a_partition_the_same(card, fsck_vfat, tmp_path):
    card.put_behind_partition_table(2048)
    assert wiped(card.path, "R0000002.DAT").verified
    is_nowhere(card.path, "R0000002.DAT", SIZE)
    assert files_on(card.path) == OTHERS
    (tmp_path / "partition.img").write_bytes(card.path.read_bytes()[2048 * SECTOR :])
    fsck_vfat(tmp_path / "partition.img")


def test_several_files_and_empty_ones_are_wiped(card, fsck_vfat):
    root = card.geometry.cluster_offset(card.geometry.root_cluster)
    card.write_at(root + 3 * 32, b"R0000004DAT\x20" + bytes(20))
    report = wiped(card.path, "r0000003.dat", "R0000004.DAT", "R0000002.DAT")
    assert report.what == "files" and report.verified
    assert set(report.files) == {"r0000003.dat", "R0000004.DAT", "R0000002.DAT"}
    assert list(files_on(card.path)) == ["R0000001.DAT"]
    is_nowhere(card.path, "R0000002.DAT", SIZE)
    fsck_vfat(card.path)


def test_files_that_the_recorders_own_driver_wrote_are_wiped(micropython, image, fsck_vfat):
    """Interleaved clusters, long names, a folder and deleted entries among them."""
    micropython.output(VFS_SCRIPT, image)
    before = files_on(image)
    content, name = before["A.DAT"], "a long name to pass over 7.txt"
    (item,) = [item for item in items_of(image) if item.long_name == name]
    report = wiped(image, "A.DAT", name, "LAST")
    assert report.verified and report.files == ["A.DAT", name, "LAST"]
    after = files_on(image)
    assert len(after) == len(before) - 3 and all(before[name] == after[name] for name in after)
    assert content[-600:] not in image.read_bytes()
    raw = image.read_bytes()
    assert len(item.long_offsets) == 3
    for offset in (*item.long_offsets, item.offset):
        assert raw[offset : offset + 32] == b"\xe5" + bytes(31)
    fsck_vfat(image)


def items_of(image: Path) -> list[Item]:
    with open_for_wiping(str(image)) as card:
        return card._tree().items


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("loop", "goes round in a loop"),
        ("early", "ends early"),
        ("outside", "leads outside the card"),
        ("bad", "leads to a bad cluster"),
        ("shared", "shares clusters with another file"),
        ("free", "ends early"),
        ("root", "shares clusters with another file"),
    ],
)
def test_a_file_whose_chain_is_damaged_is_refused_with_nothing_changed(card, damage, reason):
    first = 3 + -(-len(OTHERS["R0000001.DAT"]) // SECTOR)
    links = {
        "loop": first + 2,
        "early": 0x0FFFFFFF,
        "outside": 0x0ABCDEF0,
        "bad": 0x0FFFFFF7,
        "shared": 5,
        "free": card.next_cluster + 10,
        "root": 2,
    }
    card._set_chain(first + 7, links[damage])
    before = card.path.read_bytes()
    with pytest.raises(CloisterError, match=reason) as caught:
        wiped(card.path, "R0000003.DAT", "R0000002.DAT")
    assert "R0000002.DAT" in caught.value.message and "nothing was wiped" in caught.value.message
    assert card.path.read_bytes() == before


def test_whom_it_shares_its_clusters_with_is_refused_too(card):
    card._set_chain(3 + 7, card.next_cluster - 20)
    for name, reason in (("R0000001.DAT", "ends early"), ("R0000003.DAT", "shares clusters")):
        with pytest.raises(CloisterError, match=f"{name} {reason}"):
            wiped(card.path, name)
    assert wiped(card.path, "R0000002.DAT").verified
    with open_card(card.path) as opened_card:
        third = opened_card.files()[1]
        assert third.read_at(0, third.size_bytes) == OTHERS["R0000003.DAT"]


def test_a_name_that_is_not_there_changes_nothing(card):
    before = card.path.read_bytes()
    with pytest.raises(CloisterError, match="there is no R0000009.DAT on the card: nothing was wiped"):
        wiped(card.path, "R0000002.DAT", "R0000009.DAT")
    assert card.path.read_bytes() == before


def test_tables_that_are_kept_apart_are_left_alone(card):
    card.write_at(40, b"\x81")
    before = card.path.read_bytes()
    with pytest.raises(CloisterError, match="keeps its allocation tables apart"):
        wiped(card.path, "R0000002.DAT")
    assert card.path.read_bytes() == before


def offset_of(card: CardImage, inside: int) -> int:
    """Where a byte of the second file is on the card."""
    first = 3 + -(-len(OTHERS["R0000001.DAT"]) // SECTOR)
    return card.geometry.cluster_offset(first) + inside // SECTOR * SECTOR


@pytest.mark.parametrize("fault", ["stale", "stuck"])
def test_what_does_not_read_back_stays_and_is_not_called_verified(card, fault, fsck_vfat, tmp_path):
    place = offset_of(card, 400_000)
    if fault == "stale":
        bad = card_of(card.path, StaleCard, range(place, place + 2 * SECTOR))
    else:
        bad = card_of(card.path, BadSectorsCard, {place})
    report = opened(bad).wipe_files(["R0000002.DAT", "R0000003.DAT"])
    assert not report.verified
    assert report.files == ["R0000003.DAT"] and [left.file for left in report.left] == ["R0000002.DAT"]
    assert "not read back as written" in report.left[0].why
    assert any("R0000002.DAT was not wiped" in words for words in report.not_achieved)
    assert report.verified_bytes == -(-len(OTHERS["R0000003.DAT"]) // SECTOR) * SECTOR
    put(tmp_path / "after.img", bad.content)
    assert set(files_on(tmp_path / "after.img")) == {"R0000001.DAT", "R0000002.DAT"}
    fsck_vfat(tmp_path / "after.img")


def test_many_bad_blocks_in_one_file_hide_none_in_the_next(card):
    """Where too much is bad the reading of a file ends early, and only of that file."""
    place = offset_of(card, 1000)
    clusters = card.add("R0000004.DAT", secret(3 * MIB))
    last = card.geometry.cluster_offset(clusters[-1])
    stale = card_of(card.path, StaleCard, (*range(place, place + 100 * 4096, SECTOR), last))
    report = opened(stale).wipe_files(["R0000002.DAT", "R0000004.DAT", "R0000003.DAT"])
    assert [left.file for left in report.left] == ["R0000002.DAT", "R0000004.DAT"]
    assert report.left[1].why == "1 block of 4096 bytes does not read back as written"
    assert report.files == ["R0000003.DAT"] and not report.verified


def test_a_few_blocks_that_cannot_be_written_do_not_keep_the_rest_from_it(card):
    place = offset_of(card, 400_000)
    bad = card_of(card.path, FailingCard, (), {place})
    report = opened(bad).wipe_files(["R0000002.DAT"])
    assert not report.verified and report.files == []
    assert bytes(bad.content).count(SPOKEN) <= 4096 // len(SPOKEN) + 1


def test_the_first_block_is_overwritten_last(card):
    """So that what was cut off is still known by its header."""
    healthy = card_of(card.path)
    opened(healthy).wipe_files(["R0000002.DAT"])
    start = offset_of(card, 0)
    assert [place for place, _ in healthy.writes[:4]] == [start + MIB, start + MIB, start, start]


def test_the_whole_file_is_read_back_after_all_of_it_was_written(card):
    class Watched(HonestCard):
        def read_at(self, offset: int, length: int) -> bytes:
            if self.writes and offset >= start:
                seen.append(len(self.writes))
            return super().read_at(offset, length)

    start, seen = offset_of(card, 0), []
    opened(card_of(card.path, Watched)).wipe_files(["R0000002.DAT"])
    assert seen[:2] == [4, 4]


def test_each_place_gets_the_complement_of_the_pattern_and_then_the_pattern(card):
    class Watched(HonestCard):
        def write_at(self, offset: int, data: bytes) -> None:
            written.setdefault(offset, []).append(bytes(data))
            super().write_at(offset, data)

    written: dict[int, list[bytes]] = {}
    report = opened(card_of(card.path, Watched)).wipe_files(["R0000002.DAT"])
    first, second = written[offset_of(card, 0)]
    assert bytes(byte ^ 0xFF for byte in first[:4096]) == second[:4096]
    assert report.passes == 2
    written.clear()
    report = DeviceCard(MemoryTarget(card_of(card.path, Watched)), 1).wipe_files(["R0000002.DAT"])
    assert report.passes == 1 and len(written[offset_of(card, 0)]) == 1
    assert any("asks for two passes" in words for words in report.not_achieved)
