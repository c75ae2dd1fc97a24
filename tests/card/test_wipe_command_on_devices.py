"""`cloister card wipe` on a device: doubtful disks, cards that are taken out, and wipes that go on."""

import json
import stat

import pytest

from host_tools.card import disks
from host_tools.card.disks import Disk
from host_tools.card.target import find_target
from host_tools.errors import CloisterError
from tests.card.conftest import Cloister
from tests.card.fake_cards import StaleCard
from tests.card.wiped_cards import CutOffCard, again, card_of, put
from tests.recovery.cards import MIB, SECTOR, CardImage
from tests.typed_command import errors

WIPE, PREPARE = ("card", "wipe"), ("card", "prepare")


@pytest.fixture
def card(recorders_card: CardImage) -> CardImage:
    return recorders_card


def papers(cloister: Cloister) -> list[dict]:
    with cloister.made.open() as vault:
        return [paper for _, paper in vault.papers.all("wipe")]


def audited(cloister: Cloister):
    with cloister.made.open() as vault:
        return vault.audit.entries()[-1]


@pytest.mark.parametrize("doubt", [{"is_built_in": True}, {"untold": "nothing is told"}])
@pytest.mark.parametrize("arguments", [[], ["--free"], ["R0000001.DAT"]])
def test_yes_does_not_cover_a_disk_that_may_be_no_card(cloister, card, device, typing, doubt, arguments):
    memory = card_of(card.path)
    device(memory, **doubt)
    assert cloister(*WIPE, "/dev/sdx", "--yes", *arguments) == 1
    assert len(typing["asked"]) == 1 and typing["asked"][0].startswith("Type sdx to ")
    assert memory.writes == []


@pytest.mark.parametrize("arguments", [["--free"], []])
def test_a_wipe_that_was_cut_off_goes_on(cloister, card, device, fsck_vfat, tmp_path, arguments, nobody):
    cloister("import", card.path)
    broken = card_of(card.path, CutOffCard, 40)
    device(broken)
    assert cloister(*WIPE, "/dev/sdx", "--yes", *arguments) == 1
    assert len(errors(cloister.err)) == 1 and "is no longer there: was the card taken out?" in cloister.err
    assert "the same command goes on where it stopped" in cloister.err and cloister.out == ""
    (paper,) = papers(cloister)
    assert paper["unfinished"] and not paper["verified"] and paper["recordings"] == []
    assert audited(cloister).outcome == "failed"
    memory = again(broken)
    device(memory)
    assert cloister(*WIPE, "/dev/sdx", "--yes", "--json", *arguments) == 0
    assert "goes on where it stopped" in cloister.err
    told = json.loads(cloister.out)
    assert told["verified"] and told["recordings"] == ([] if arguments else [1, 2, 3])
    assert told["started"] == paper["started"]
    (paper,) = papers(cloister)
    assert "unfinished" not in paper and "key" not in paper
    after = tmp_path / "after.img"
    put(after, memory.content)
    fsck_vfat(after)


def test_what_wiping_began_preparing_ends(cloister, card, device, nobody):
    cloister("import", card.path)
    broken = card_of(card.path, CutOffCard, 40)
    device(broken)
    assert cloister(*WIPE, "/dev/sdx", "--yes") == 1
    device(again(broken))
    assert cloister(*PREPARE, "/dev/sdx", "--yes") == 0


def test_another_card_of_random_bytes_is_not_taken_for_it(cloister, card, device, typing):
    cloister("import", card.path)
    broken = card_of(card.path, CutOffCard, 40)
    device(broken)
    assert cloister(*WIPE, "/dev/sdx", "--yes") == 1
    other = again(broken)
    other.content[0:SECTOR] = bytes(byte ^ 0x5A for byte in other.content[0:SECTOR])
    device(other)
    assert cloister(*WIPE, "/dev/sdx", "--yes") == 1
    assert "is no recorder's card: no file system" in cloister.err and other.writes == []


def test_files_that_were_cut_off_are_kept_as_such(cloister, card, device, nobody):
    device(card_of(card.path, CutOffCard, 9))
    assert cloister(*WIPE, "/dev/sdx", "--yes", "R0000001.DAT", "R0000002.DAT") == 1
    assert "wiped: R0000001.DAT; cut off in the middle of: R0000002.DAT" in cloister.err
    (paper,) = papers(cloister)
    assert paper["files"] == ["R0000001.DAT"] and not paper["verified"]
    assert (paper["recordings"], paper["left_recordings"]) == ([1], [2])


@pytest.mark.parametrize("arguments", [["R0000001.DAT"], ["--free"], []])
def test_what_does_not_read_back_is_a_failure(cloister, card, device, nobody, arguments):
    cloister("import", card.path)
    place = card.geometry.cluster_offset(3) if arguments == ["R0000001.DAT"] else 40 * MIB
    device(card_of(card.path, StaleCard, range(place, place + SECTOR)))
    assert cloister(*WIPE, "/dev/sdx", "--yes", *arguments) == 1
    (line,) = errors(cloister.err)
    assert "/dev/sdx is not wiped: what was written does not read back" in line
    assert "destroy the card" in cloister.err
    assert "overwritten with random bytes and read back" not in cloister.out
    (paper,) = papers(cloister)
    assert not paper["verified"] and paper["recordings"] == []
    assert audited(cloister).outcome == "failed"


def test_a_card_that_is_changed_while_it_is_asked_is_left_alone(
    cloister, card, device, monkeypatch, answering
):
    def ask(text: str, **options: object) -> bool:
        memory.content[2 * SECTOR] ^= 1
        return True

    memory = card_of(card.path)
    device(memory)
    monkeypatch.setattr("click.confirm", ask)
    assert cloister(*WIPE, "/dev/sdx", "R0000001.DAT") == 1
    assert "was changed meanwhile: nothing was done" in cloister.err and memory.writes == []


def test_ending_it_says_how_the_card_is_left(cloister, card, device, monkeypatch, nobody):
    class Interrupted(CutOffCard):
        def _check_there(self) -> None:
            if self.is_gone:
                raise KeyboardInterrupt

    cloister("import", card.path)
    memory = card_of(card.path, Interrupted, 40)
    device(memory)
    assert cloister(*WIPE, "/dev/sdx", "--yes") == 130
    assert "it cannot be used until it is: the same command goes on where it stopped" in cloister.err
    assert errors(cloister.err) == ["cloister: error: interrupted"]
    assert papers(cloister)[0]["unfinished"]


def test_files_on_a_part_of_a_card_are_wiped_and_the_whole_is_not(monkeypatch, tmp_path):
    """A card with a partition table is named by its partition, as it is for an import."""
    (tmp_path / "sdx1").touch()
    part = Disk(str(tmp_path / "sdx1"), "io", 32_000_000_000, serial="0x12", part_of="/dev/sdx")
    monkeypatch.setattr(stat, "S_ISREG", lambda mode: False)
    monkeypatch.setattr(stat, "S_ISBLK", lambda mode: True)
    monkeypatch.setattr(disks, "disk_of_device", lambda asked: part)
    target = find_target(str(tmp_path / "sdx1"), "cloister card wipe", parts=True)
    assert (target.part_of, target.serial) == ("/dev/sdx", "0x12")
    with pytest.raises(CloisterError) as caught:
        find_target(str(tmp_path / "sdx1"), "cloister card wipe")
    assert caught.value.hint == "for the whole card: cloister card wipe /dev/sdx"
