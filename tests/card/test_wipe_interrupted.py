"""A wipe that is cut off at any write loses nothing else, claims nothing, and is finished by the next one."""

import struct
from pathlib import Path

import pytest

from host_tools.card.fat32_tree import Tree
from host_tools.card.wipe_device import DeviceCard
from host_tools.card.wiping import WipeStopped
from tests.card.fake_cards import MIB, HonestCard
from tests.card.test_wipe_files import OTHERS, SIZE, SPOKEN, files_on, is_nowhere, secret
from tests.card.wiped_cards import CutOffCard, again, card_of, opened, put, writes_of
from tests.recovery.cards import SECTOR, CardImage

NAME = "R0000002.DAT"
WRITES = 12  # four of contents, one of its long name, two of its entry, two tables of two spans, FSInfo
HOW = [(0.0, False), (0.5, False), (1.0, False), (0.5, True)]


@pytest.fixture
def card(tmp_path: Path) -> CardImage:
    """The second file is in two places of the tables, has a long name, and shares tables with the others."""
    image = CardImage(tmp_path / "card.img")
    image.add("R0000001.DAT", OTHERS["R0000001.DAT"])
    root = image.geometry.cluster_offset(image.geometry.root_cluster)
    image.write_at(root + 32, long_name("Recording.dat", b"R0000002DAT"))
    image._entries += 1
    clusters = image.clusters(SIZE // 2) + image.clusters(SIZE, skip=60_000)
    image.add(NAME, secret(), clusters[: -(-SIZE // SECTOR)])
    image.add("R0000003.DAT", OTHERS["R0000003.DAT"])
    for sector in (1, 7):  # what is said of free clusters is right, so that fsck.vfat looks at it
        free = image.geometry.clusters - 1 - sum(-(-size // SECTOR) for size in (SIZE, 100_000, 140_002))
        image.write_at(sector * SECTOR + 488, free.to_bytes(4, "little"))
    return image


def long_name(name: str, short: bytes) -> bytes:
    """The one entry of a long name of 13 letters, as Linux and Windows write it."""
    checksum = 0
    for byte in short:
        checksum = ((checksum & 1) << 7 | checksum >> 1) + byte & 0xFF
    units = name.encode("utf-16-le")
    return b"\x41" + units[:10] + bytes([0x0F, 0, checksum]) + units[10:22] + bytes(2) + units[22:]


def tree_of(card: DeviceCard) -> Tree:
    return card._tree()


def wipe_what_is_left(card: HonestCard) -> None:
    """What a user does: the same again, if it still is on the card."""
    with opened(card) as there:
        names = [file.name for file in there.files() if file.name == NAME]
        assert there.wipe_files(names).verified


def test_a_wipe_takes_as_many_writes_as_are_tried_here(card):
    assert len(writes_of(card.path, lambda there: there.wipe_files([NAME]))) == WRITES


@pytest.mark.parametrize(("done", "forgets"), HOW)
@pytest.mark.parametrize("at_write", range(WRITES))
def test_cut_off_at_any_write_it_is_finished_by_the_next(card, tmp_path, fsck_vfat, at_write, done, forgets):
    broken = card_of(card.path, CutOffCard, at_write, done=done, forgets=forgets)
    with pytest.raises(WipeStopped, match="is no longer there") as caught:
        opened(broken).wipe_files([NAME])
    assert not caught.value.report.verified and caught.value.report.files == []
    assert f"cut off in the middle of: {NAME}" in caught.value.message
    card_again = again(broken)
    tree = tree_of(opened(card_again))
    assert [item.fault for item in tree.items if item.fault] == []  # no entry leads to what is free
    after = tmp_path / "after.img"
    put(after, card_again.content)
    left = files_on(after)
    assert {name: left[name] for name in OTHERS} == OTHERS
    wipe_what_is_left(card_again)
    put(after, card_again.content)
    assert files_on(after) == OTHERS
    is_nowhere(after, NAME, SIZE)
    assert b"CLOISTER" not in after.read_bytes()
    fsck_vfat(after)


@pytest.mark.parametrize("first", range(WRITES))
def test_cut_off_again_while_it_is_finished(card, tmp_path, fsck_vfat, first):
    """The mark says what is to be done until all of it is done, however often that is cut off."""
    broken = card_of(card.path, CutOffCard, 8, done=0.5)
    with pytest.raises(WipeStopped):
        opened(broken).wipe_files([NAME])
    broken_again = CutOffCard(first, done=0.5, size_bytes=broken.size_bytes)
    broken_again.content[:] = broken.content
    try:
        opened(broken_again).wipe_files([])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said
        assert "is no longer there" in str(error)
    card_again = again(broken_again)
    wipe_what_is_left(card_again)
    after = tmp_path / "after.img"
    put(after, card_again.content)
    assert files_on(after) == OTHERS
    fsck_vfat(after)


def test_until_the_contents_read_back_the_file_keeps_its_name(card):
    for at_write in range(2):
        broken = card_of(card.path, CutOffCard, at_write)
        with pytest.raises(WipeStopped):
            opened(broken).wipe_files([NAME])
        there = [item.name for item in tree_of(opened(again(broken))).items]
        assert there == ["R0000001.DAT", NAME, "R0000003.DAT"]
        assert SPOKEN in bytes(broken.content)


def test_clusters_that_got_a_new_owner_meanwhile_are_not_freed(card, tmp_path):
    """The card was cut off, and then used by somebody who knows nothing of marks."""
    broken = card_of(card.path, CutOffCard, 6, done=0.0)  # the tables are as they were, the entry is a mark
    with pytest.raises(WipeStopped):
        opened(broken).wipe_files([NAME])
    after = tmp_path / "after.img"
    put(after, broken.content)
    (mark,) = tree_of(opened(again(broken))).marks
    used = CardImage.__new__(CardImage)
    used.path, used.geometry, used.next_cluster, used._entries = after, card.geometry, mark[1], 4
    used.add("R0000004.DAT", b"new" * 3000)
    card_again = card_of(after)
    opened(card_again).wipe_files([])
    put(after, card_again.content)
    assert files_on(after) == OTHERS | {"R0000004.DAT": b"new" * 3000}
    assert tree_of(opened(card_again)).marks == []


def test_a_chain_that_a_repair_made_a_file_of_meanwhile_is_left_alone(card, tmp_path, fsck_vfat):
    """A computer checks the card, finds clusters that belong to nothing, and keeps them as FSCK0000.REC."""
    broken = card_of(card.path, CutOffCard, 6, done=0.0)
    with pytest.raises(WipeStopped):
        opened(broken).wipe_files([NAME])
    card_again = again(broken)
    ((_, first, clusters),) = tree_of(opened(card_again)).marks
    entry = b"FSCK0000REC\x20" + bytes(8) + struct.pack("<H4xHI", first >> 16, first, clusters * SECTOR)
    root = card.geometry.cluster_offset(card.geometry.root_cluster)
    card_again.content[root + 4 * 32 : root + 5 * 32] = entry
    opened(card_again).wipe_files([])
    after = tmp_path / "after.img"
    put(after, card_again.content)
    assert set(files_on(after)) == {*OTHERS, "FSCK0000.REC"}
    fsck_vfat(after)


def test_a_card_taken_out_says_what_is_wiped_and_what_is_not(card):
    names = ["R0000001.DAT", NAME, "R0000003.DAT"]
    first = len(writes_of(card.path, lambda there: there.wipe_files(names[:1])))
    broken = card_of(card.path, CutOffCard, first + 1)
    with pytest.raises(WipeStopped) as caught:
        opened(broken).wipe_files(names)
    assert caught.value.message == (
        "/dev/fake is no longer there: was the card taken out?; wiped: R0000001.DAT; "
        f"cut off in the middle of: {NAME}; not touched: R0000003.DAT"
    )
    assert caught.value.report.files == ["R0000001.DAT"]
    assert not caught.value.report.verified
    assert caught.value.report.verified_bytes == -(-len(OTHERS["R0000001.DAT"]) // SECTOR) * SECTOR
    assert caught.value.report.ended


def test_a_card_that_takes_nothing_is_given_up(card):
    class ReadOnly(HonestCard):
        def write_sector(self, offset: int, data: bytes) -> None:
            raise OSError(30, "Read-only file system")

    with pytest.raises(WipeStopped, match="cannot be written: read-only file system") as caught:
        opened(card_of(card.path, ReadOnly)).wipe_files([NAME])
    assert caught.value.report.files == [] and caught.value.report.verified_bytes == 0


def test_a_file_system_that_does_not_take_its_change_is_no_success(card):
    class KeepsItsTables(HonestCard):
        def write_sector(self, offset: int, data: bytes) -> None:
            if offset > 4 * MIB:  # behind the tables and the top folder
                super().write_sector(offset, data)

    with pytest.raises(WipeStopped, match="what was written at byte .* is not there") as caught:
        opened(card_of(card.path, KeepsItsTables)).wipe_files([NAME])
    assert caught.value.report.files == [] and not caught.value.report.verified
