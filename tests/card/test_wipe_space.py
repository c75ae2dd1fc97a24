"""Free space that is wiped says nothing any more; no file is touched; it goes on where it was cut off."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.card.wipe_report import Unfinished
from host_tools.card.wiping import WipeStopped, open_for_wiping
from host_tools.errors import CloisterError
from tests.card.fake_cards import FailingCard, HonestCard, StaleCard
from tests.card.test_wipe_files import OTHERS, SPOKEN, VFS_SCRIPT, files_on, secret
from tests.card.wiped_cards import CutOffCard, again, card_of, opened, put
from tests.recovery.cards import LARGER_BYTES, MIB, SECTOR, CardImage

FOLDER_SCRIPT = Path(__file__).parent / "scripts" / "write_folder.py"


@pytest.fixture
def card(tmp_path: Path) -> CardImage:
    """Two files, and all over the rest what an earlier one has left."""
    return used_card(tmp_path / "card.img", 68_000_256)


def used_card(path: Path, size_bytes: int) -> CardImage:
    image = CardImage(path, size_bytes)
    start = image.geometry.cluster_offset(3)
    image.write_at(start, secret(size_bytes - start))
    image.add("R0000001.DAT", OTHERS["R0000001.DAT"])
    image.add("R0000003.DAT", OTHERS["R0000003.DAT"], image.clusters(len(OTHERS["R0000003.DAT"]), 5)[::-1])
    return image


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is kept every 8 MiB, not every 64."""
    monkeypatch.setattr("host_tools.card.overwrite.SYNC_BYTES", 8 * MIB)


def root_of(card: CardImage) -> int:
    return card.geometry.cluster_offset(card.geometry.root_cluster)


def wiped(path: Path):
    with open_for_wiping(str(path)) as card:
        counted: list[int] = []
        work = card.work_of_free_space()
        report = card.wipe_free_space(counted.append)
    assert sum(counted) == work
    return report


def repeats(content: bytes) -> bool:
    """Whether any sector of it is there twice, as zeros would be."""
    sectors = {content[place : place + SECTOR] for place in range(0, len(content), SECTOR)}
    return len(sectors) < len(content) // SECTOR


@pytest.mark.parametrize("size_bytes", [68_000_256, LARGER_BYTES])
def test_nothing_of_what_was_there_is_left(tmp_path, fsck_vfat, size_bytes):
    card = used_card(tmp_path / "card.img", size_bytes)
    report = wiped(card.path)
    assert (report.what, report.verified, report.files) == ("free space", True, [])
    assert report.bytes == report.verified_bytes
    content = card.path.read_bytes()
    assert SPOKEN not in content
    assert not repeats(content[root_of(card) + card.geometry.cluster_bytes :])
    assert files_on(card.path) == OTHERS
    fsck_vfat(card.path)


def test_to_the_last_sector_of_the_file_system(tmp_path):
    """Behind the last whole cluster too."""
    card = used_card(tmp_path / "card.img", LARGER_BYTES + 3 * SECTOR)
    end = card.geometry.cluster_offset(2 + card.geometry.clusters)
    assert card.geometry.end_offset == end + 3 * SECTOR
    wiped(card.path)
    assert not repeats(card.path.read_bytes()[end - SECTOR :])
    assert SPOKEN not in card.path.read_bytes()[end:]


def test_what_is_behind_the_ends_of_files_goes_and_the_files_stay(tmp_path):
    """Within their last sector, and in whole sectors behind it."""
    card = used_card(tmp_path / "card.img", LARGER_BYTES)  # clusters of 4096 bytes
    content = card.path.read_bytes()
    last = content.rindex(OTHERS["R0000003.DAT"][-100:]) + 100
    card.write_at(last, secret(-last % 4096))
    wiped(card.path)
    assert SPOKEN not in card.path.read_bytes()
    assert files_on(card.path) == OTHERS


def test_what_deleted_files_left_in_the_folder_goes(card, fsck_vfat):
    root = root_of(card)
    card.write_at(root + 64, b"\xe5ECRET  DAT\x20" + bytes(8) + struct.pack("<H4xHI", 0, 77, 123_456))
    card.write_at(root + 96, b"\xe5ECRET2 DAT" + bytes(21))
    card.write_at(root + 160, b"BEHIND  END" + bytes(21))  # after the entry that ends the folder
    wiped(card.path)
    folder = card.path.read_bytes()[root : root + card.geometry.cluster_bytes]
    assert b"ECRET" not in folder and b"BEHIND" not in folder
    assert folder[64:96] == folder[96:128] == b"\xe5" + bytes(31)
    assert not any(folder[128:])
    assert files_on(card.path) == OTHERS
    fsck_vfat(card.path)


def test_clusters_that_belong_to_nothing_are_overwritten_and_freed(card, fsck_vfat):
    """A power cut leaves such; fsck.vfat finds fault with them."""
    lost = card.clusters(9 * SECTOR, 40)
    for cluster, following in zip(lost, [*lost[1:], 0x0FFFFFFF], strict=True):
        card._set_chain(cluster, following)
    with pytest.raises(AssertionError):
        fsck_vfat(card.path)
    assert wiped(card.path).verified
    assert SPOKEN not in card.path.read_bytes()
    fsck_vfat(card.path)


def test_on_a_damaged_file_system_only_what_is_surely_free_is_overwritten(card):
    lost = card.clusters(9 * SECTOR, 40)
    for cluster, following in zip(lost, [*lost[1:], 0x0FFFFFFF], strict=True):
        card._set_chain(cluster, following)
    card._set_chain(5, 5)
    report = wiped(card.path)
    assert report.verified
    assert any("R0000001.DAT goes round in a loop" in words for words in report.not_achieved)
    content = card.path.read_bytes()
    place = card.geometry.cluster_offset(lost[0])
    left = content[place : place + 9 * SECTOR]
    assert left.count(SPOKEN) >= 9 * SECTOR // len(SPOKEN) - 1
    behind_the_damaged_file = SECTOR // len(SPOKEN)
    assert content.count(SPOKEN) <= left.count(SPOKEN) + behind_the_damaged_file


def test_files_in_folders_are_files_too(micropython, image, fsck_vfat):
    """The recorder's own driver has no folders; a computer makes them."""
    micropython.output(FOLDER_SCRIPT, image, path=[VFS_SCRIPT.parent])
    before = files_on(image)
    assert wiped(image).verified
    content = image.read_bytes()
    assert content.count(b"inside" * 50) and b"was there" not in content
    assert b"\xe5ONE    TXT" not in content  # of the folder that is not the top one
    assert files_on(image) == before
    fsck_vfat(image)


def test_what_is_outside_of_the_file_system_is_said_to_be_left(card):
    card.put_behind_partition_table(2048)
    report = wiped(card.path)
    assert any("1048576 bytes of the card are outside" in words for words in report.not_achieved)


class Places:
    """Keeps every place that is told."""

    def __init__(self) -> None:
        self.all: list[Unfinished] = []

    def __call__(self, unfinished: Unfinished) -> None:
        self.all.append(Unfinished.from_dict(unfinished.as_dict()))

    @property
    def last(self) -> Unfinished:
        return self.all[-1]


@pytest.mark.parametrize("at_write", [0, 1, 3, 4, 5, 6, 40, 66, 67, 68, 69, 70, 100, 127, 128])
def test_cut_off_anywhere_it_goes_on_where_it_stopped(card, tmp_path, fsck_vfat, at_write):
    places = Places()
    broken = card_of(card.path, CutOffCard, at_write, done=0.5)
    with pytest.raises(WipeStopped, match="are overwritten") as caught:
        opened(broken).wipe_free_space(keep=places)
    assert not caught.value.report.verified
    put(tmp_path / "between.img", broken.content)
    assert files_on(tmp_path / "between.img") == OTHERS
    card_again = again(broken)
    with opened(card_again) as there:
        kept = places.all[-1] if places.all else None
        resume = kept if kept and there.recognises(kept) else None
        assert resume is not None or kept is None or kept.place == 0
        report = there.wipe_free_space(resume=resume)
    assert report.verified and report.bytes == report.verified_bytes
    begun = card.geometry.cluster_offset(card.next_cluster)
    if kept and kept.place > begun:  # what was written is written again only in the passes that were left
        passes_left = kept.passes - kept.passes_done - 1
        assert [place for place, _ in card_again.writes].count(begun) == passes_left
    after = tmp_path / "after.img"
    put(after, card_again.content)
    assert SPOKEN not in after.read_bytes() and files_on(after) == OTHERS
    fsck_vfat(after)


def test_another_card_or_one_that_was_used_since_is_not_taken_for_it(card):
    places = Places()
    broken = card_of(card.path, CutOffCard, 40)
    with pytest.raises(WipeStopped):
        opened(broken).wipe_free_space(keep=places)
    assert opened(again(broken)).recognises(places.last)
    named = replace(places.last, serial="0x1234abcd")
    assert opened(again(broken), serial="0x1234abcd").recognises(named)
    assert not opened(again(broken), serial="0x00000001").recognises(named)
    assert not opened(card_of(card.path)).recognises(places.last)
    other = again(broken)
    other.content[root_of(card) + 32] = 0xE5  # a file was deleted meanwhile: its clusters are not done
    assert not opened(other).recognises(places.last)
    with pytest.raises(CloisterError, match="is not the card of that wipe, or was changed since"):
        opened(other).wipe_free_space(resume=places.last)


def test_what_does_not_read_back_is_said_and_not_called_verified(card):
    stale = card_of(card.path, StaleCard, range(20 * MIB, 20 * MIB + 3 * 4096))
    report = opened(stale).wipe_free_space()
    assert not report.verified and report.verified_bytes < report.bytes
    assert any("4 blocks of 4096 bytes did not hold" in words for words in report.not_achieved)


def test_what_cannot_be_read_back_is_not_called_verified(card):
    failing = card_of(card.path, FailingCard, {20 * MIB})
    report = opened(failing).wipe_free_space()
    assert not report.verified
    assert any("1 block of 4096 bytes did not hold" in words for words in report.not_achieved)


def test_a_card_that_fails_all_over_is_given_up(card):
    failing = card_of(card.path, FailingCard, (), range(20 * MIB, 60 * MIB))
    with pytest.raises(WipeStopped, match="cannot be written: input/output error"):
        opened(failing).wipe_free_space()
    assert files_in(failing, card) == OTHERS


def files_in(memory: HonestCard, card: CardImage) -> dict[str, bytes]:
    after = card.path.with_suffix(".after")
    put(after, memory.content)
    return files_on(after)
