"""A whole card that is wiped is random to its last sector, read back, and formatted; cut off, it goes on."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.card import discard, open_card
from host_tools.card.format import file_system_bytes
from host_tools.card.wiping import WipeStopped, open_for_wiping
from host_tools.errors import CloisterError
from tests.card.fake_cards import MIB, BadSectorsCard, HonestCard, LosingCard, StaleCard, WrappingCard
from tests.card.test_wipe_files import SPOKEN, files_on, secret
from tests.card.test_wipe_space import Places
from tests.card.wiped_cards import CutOffCard, again, card_of, opened, put
from tests.recovery.cards import SECTOR, CardImage

SIZE = 68_000_256
WRITES = 141  # twice 65 of random bytes, 5 of zeros, 6 that make a file system


@pytest.fixture
def image_of_words(tmp_path: Path) -> Path:
    """A card with a file, and full of words to its last sector."""
    path = tmp_path / "words.img"
    card = CardImage(path, SIZE)
    card.add("R0000001.DAT", secret(9_000))
    card.write_at(5 * MIB, secret(SIZE - 5 * MIB))
    return path


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is kept every 8 MiB, not every 64."""
    monkeypatch.setattr("host_tools.card.overwrite.SYNC_BYTES", 8 * MIB)


def is_random(content: bytes) -> bool:
    sectors = {content[place : place + SECTOR] for place in range(0, len(content), SECTOR)}
    return len(sectors) == len(content) // SECTOR


def test_all_of_it_is_random_and_a_fresh_file_system(image_of_words, fsck_vfat):
    with open_for_wiping(str(image_of_words)) as card:
        counted: list[int] = []
        report = card.wipe_all(counted.append)
        assert sum(counted) == card.work_of_all()
    assert (report.what, report.verified, report.formatted) == ("card", True, True)
    assert report.bytes == report.verified_bytes == SIZE
    content = image_of_words.read_bytes()
    assert len(content) == SIZE and SPOKEN not in content and b"R0000001" not in content
    assert is_random(content[file_system_bytes(SIZE) :])
    assert files_on(image_of_words) == {}
    fsck_vfat(image_of_words)


@pytest.mark.parametrize("at_write", [0, 1, 2, 10, 40, 64, 65, 66, 67, 90, 129, 130, 131, 135, 138, 140])
def test_cut_off_anywhere_it_goes_on_where_it_stopped(image_of_words, tmp_path, fsck_vfat, at_write):
    places = Places()
    broken = card_of(image_of_words, CutOffCard, at_write, done=0.5)
    with pytest.raises(WipeStopped, match="are overwritten") as caught:
        opened(broken).wipe_all(keep=places)
    assert not caught.value.report.verified and not caught.value.report.formatted
    card_again = again(broken)
    with opened(card_again) as there:
        assert there.recognises(places.last)  # by its first sector, if nothing else
        report = there.wipe_all(resume=places.last)
    assert report.verified and report.formatted and report.verified_bytes == SIZE
    assert report.started == places.last.started
    kept = places.last
    written = [place for place, _ in card_again.writes]
    passes_left = max(0, kept.passes - kept.passes_done - 1)
    for place in range(8 * MIB, kept.place, MIB):
        assert written.count(place) == passes_left
    after = tmp_path / "after.img"
    put(after, card_again.content)
    assert SPOKEN not in after.read_bytes()
    assert is_random(after.read_bytes()[file_system_bytes(SIZE) :])
    fsck_vfat(after)


def test_it_takes_as_many_writes_as_are_tried_here(image_of_words):
    card = card_of(image_of_words)
    opened(card).wipe_all()
    assert len(card.writes) == WRITES


def test_once_it_was_read_back_only_the_file_system_is_made(image_of_words):
    places = Places()
    broken = card_of(image_of_words, CutOffCard, 137)
    with pytest.raises(WipeStopped):
        opened(broken).wipe_all(keep=places)
    assert places.last.is_read_back
    card_again = again(broken)
    report = opened(card_again).wipe_all(resume=places.last)
    assert report.verified and report.verified_bytes == SIZE
    assert sum(length for _, length in card_again.writes) < 5 * MIB


def test_only_the_same_card_is_gone_on_with(image_of_words):
    places = Places()
    broken = card_of(image_of_words, CutOffCard, 30)
    with pytest.raises(WipeStopped):
        opened(broken).wipe_all(keep=places)
    kept = places.last
    assert kept.place == 25 * MIB
    assert opened(again(broken)).recognises(kept)
    assert not opened(card_of(image_of_words)).recognises(kept)
    assert not opened(again(broken)).recognises(replace(kept, size_bytes=SIZE - SECTOR))
    assert not opened(again(broken)).recognises(replace(kept, key=os.urandom(32)))
    changed = again(broken)
    changed.content[kept.place - 1] ^= 1
    assert not opened(changed).recognises(kept)
    with pytest.raises(CloisterError, match="is not the card of that wipe"):
        opened(changed).wipe_all(resume=kept)
    with pytest.raises(CloisterError, match="is not the card of that wipe"):
        opened(card_of(image_of_words)).wipe_free_space(resume=kept)


def test_what_was_changed_between_two_runs_does_not_read_back(image_of_words):
    """The look at some places does not see it; the reading at the end does."""
    places = Places()
    broken = card_of(image_of_words, CutOffCard, 120)
    with pytest.raises(WipeStopped):
        opened(broken).wipe_all(keep=places)
    card_again = again(broken)
    card_again.content[20 * MIB + 3 * SECTOR] ^= 1
    report = opened(card_again).wipe_all(resume=places.last)
    assert not report.verified and not report.formatted
    assert any("1 block of 4096 bytes did not hold" in words for words in report.not_achieved)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (WrappingCard, [SIZE // 4 // SECTOR * SECTOR]),
        (LosingCard, [SIZE // 2 // SECTOR * SECTOR]),
        (StaleCard, [range(30 * MIB, 30 * MIB + SECTOR)]),
        (BadSectorsCard, [{SIZE - SECTOR}]),
    ],
)
def test_a_card_that_gives_back_something_else_is_not_called_wiped(image_of_words, kind, arguments):
    card = card_of(image_of_words, kind, *arguments)
    report = opened(card).wipe_all(discard=True)
    assert not report.verified and not report.formatted and report.method == "overwrite"
    assert report.verified_bytes < report.bytes == SIZE
    assert any("what was there before may still be there" in words for words in report.not_achieved)


def test_a_new_file_system_that_is_not_there_is_no_success(image_of_words):
    class KeepsRandomBytes(HonestCard):
        def write_sector(self, offset: int, data: bytes) -> None:
            if any(data) and data[:4] != b"\xeb\x58\x90M":
                super().write_sector(offset, data)

    with pytest.raises(WipeStopped, match="its new file system is not what was written") as caught:
        opened(card_of(image_of_words, KeepsRandomBytes)).wipe_all()
    assert not caught.value.report.verified


def test_a_part_of_a_card_is_not_wiped_as_a_whole(image_of_words):
    card = card_of(image_of_words)
    with pytest.raises(CloisterError, match="is only a part of a disk"):
        opened(card, part_of="/dev/sdx").wipe_all()
    assert card.writes == []


@pytest.mark.parametrize(
    ("offered", "word"),
    [
        ((discard.BLKSECDISCARD, discard.BLKDISCARD), discard.SECURE),
        ((discard.BLKDISCARD,), discard.PLAIN),
        ((), discard.NOT_OFFERED),
    ],
)
def test_a_device_is_told_to_discard_what_it_offers_to(offered, word):
    asked = []

    def ioctl(handle: int, request: int, argument: bytes) -> None:
        if request not in offered:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        asked.append((handle, request, *(int.from_bytes(argument[at : at + 8], "little") for at in (0, 8))))

    size = 5 * (1 << 30) // 2
    assert discard.discard(7, size, ioctl) == word
    if offered:
        assert {entry[:2] for entry in asked} == {(7, offered[0])}
        assert [entry[2:] for entry in asked] == [(0, 1 << 30), (1 << 30, 1 << 30), (2 << 30, 1 << 29)]
    else:
        assert asked == []


def test_it_is_discarded_after_it_was_read_back_and_before_it_is_formatted(image_of_words, monkeypatch):
    class Watched(HonestCard):
        def fileno(self) -> int:
            return 7

    def note(handle: int, size_bytes: int) -> str:
        at.append((handle, size_bytes, len(card.writes), len(card.reads)))
        return discard.PLAIN

    at, card = [], card_of(image_of_words, Watched)
    monkeypatch.setattr("host_tools.card.discard.discard", note)
    report = opened(card).wipe_all(discard=True)
    assert report.method == "overwrite and discard" and report.formatted
    assert [entry[:3] for entry in at] == [(7, SIZE, 130)] and at[0][3] >= 65


def test_what_is_not_offered_is_said(image_of_words, monkeypatch):
    monkeypatch.setattr("host_tools.card.discard.discard", lambda *about: discard.NOT_OFFERED)
    card = card_of(image_of_words)
    card.fileno = lambda: 7
    report = opened(card).wipe_all(discard=True)
    assert report.verified and report.method == "overwrite"
    assert any("could not be told to discard" in words for words in report.not_achieved)


def test_an_ordinary_file_takes_no_discard(image_of_words):
    """The system's own call, where there is one: it refuses, and nothing is changed."""
    before = image_of_words.read_bytes()
    with image_of_words.open("r+b") as file:
        assert discard.discard(file.fileno(), SIZE) == discard.NOT_OFFERED
    assert image_of_words.read_bytes() == before
    with open_for_wiping(str(image_of_words)) as card:
        report = card.wipe_all(discard=True)
    assert report.method == "overwrite" and not any("discard" in words for words in report.not_achieved)
    with open_card(image_of_words) as card:
        assert card.files() == []
