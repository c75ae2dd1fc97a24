"""A mounted card is wiped by ordinary file calls: contents first, then the name; and what stays is said."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from host_tools.card import disks
from host_tools.card.device import RawDevice
from host_tools.card.disks import Disk
from host_tools.card.wipe_folder import NEUTRAL_TIME_S, FolderCard
from host_tools.card.wiping import WipeStopped, open_for_wiping
from host_tools.errors import CloisterError
from tests.card.test_raw_device import Failing
from tests.card.test_wipe_files import SPOKEN, secret

NAMES = ["R0000001.DAT", "R0000002.DAT", "R0000003.DAT"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    for number, name in enumerate(NAMES, 1):
        (folder / name).write_bytes(secret(number * 1_000_001))
    return folder


@pytest.fixture
def last_seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What was in each file just before it was removed."""
    seen: dict[str, bytes] = {}
    remove = FolderCard._remove

    def look(card: FolderCard, path: Path) -> None:
        seen[path.name] = path.read_bytes()
        remove(card, path)

    monkeypatch.setattr(FolderCard, "_remove", look)
    return seen


def wiped(folder: Path, *names: str):
    with open_for_wiping(str(folder)) as card:
        counted: list[int] = []
        work = card.work_of_files(names)
        report = card.wipe_files(names, counted.append)
    assert sum(counted) == work
    return report


def test_files_are_overwritten_to_the_end_of_their_last_block_and_removed(folder, last_seen):
    report = wiped(folder, "r0000001.dat", "R0000003.DAT")
    assert report.verified and report.files == ["r0000001.dat", "R0000003.DAT"]
    assert [path.name for path in folder.iterdir()] == ["R0000002.DAT"]
    assert (folder / "R0000002.DAT").read_bytes() == secret(2_000_002)
    for number in (1, 3):
        content = last_seen[f"R000000{number}.DAT"]
        assert len(content) == -(-number * 1_000_001 // 4096) * 4096
        assert SPOKEN[:8] not in content and len({content[at : at + 16] for at in range(0, 8192, 16)}) == 512
    assert report.bytes == report.verified_bytes == sum(map(len, last_seen.values()))


def test_what_stays_in_the_cards_folder_is_said(folder):
    report = wiped(folder, NAMES[0])
    assert any("names of the files may stay" in words for words in report.not_achieved)
    assert any("Free space was not overwritten" in words for words in report.not_achieved)
    assert any("spare blocks" in words for words in report.not_achieved)


def test_it_is_cut_to_nothing_and_gets_a_neutral_time_and_name_before_it_goes(folder, monkeypatch):
    states = []
    unlink = Path.unlink

    def note(path: Path, *arguments: object) -> None:
        status = path.stat()
        states.append((path.name, status.st_size, status.st_mtime))
        unlink(path, *arguments)

    monkeypatch.setattr(Path, "unlink", note)
    wiped(folder, NAMES[1])
    assert states == [("00000000.TMP", 0, NEUTRAL_TIME_S)]
    assert sorted(path.name for path in folder.iterdir()) == ["R0000001.DAT", "R0000003.DAT"]


def test_a_neutral_name_that_is_taken_is_left_alone(folder):
    (folder / "00000000.TMP").write_bytes(b"somebody's")
    assert wiped(folder, NAMES[1]).verified
    assert (folder / "00000000.TMP").read_bytes() == b"somebody's"


def test_an_empty_file_is_removed(folder):
    (folder / "R0000009.DAT").touch()
    report = wiped(folder, "R0000009.DAT")
    assert report.verified and report.bytes == 0 and not (folder / "R0000009.DAT").exists()


def test_a_missing_name_changes_nothing(folder):
    with pytest.raises(CloisterError, match="there is no R0000009.DAT on the card"):
        wiped(folder, NAMES[0], "R0000009.DAT")
    assert (folder / NAMES[0]).read_bytes() == secret(1_000_001)


def test_a_link_is_no_file_of_the_card(folder, tmp_path):
    (tmp_path / "letter").write_bytes(b"precious")
    (folder / "R0000009.DAT").symlink_to(tmp_path / "letter")
    with pytest.raises(CloisterError, match="there is no R0000009.DAT"):
        wiped(folder, "R0000009.DAT")
    assert (tmp_path / "letter").read_bytes() == b"precious"


def test_what_does_not_read_back_stays(folder, monkeypatch):
    class Stale(RawDevice):
        def read_at(self, offset: int, length: int) -> bytes:
            found = super().read_at(offset, length)
            return found if offset else found[:100] + bytes([found[100] ^ 1]) + found[101:]

    monkeypatch.setattr("host_tools.card.wipe_folder.RawDevice", Stale)
    report = wiped(folder, NAMES[0])
    assert not report.verified and report.files == [] and report.verified_bytes == 0
    assert report.left[0].file == NAMES[0] and "1 blocks" not in report.left[0].why
    assert (folder / NAMES[0]).exists()
    assert any("R0000001.DAT was not wiped" in words for words in report.not_achieved)


def test_a_card_taken_out_is_said_with_what_is_done(folder):
    def advance(count: int) -> None:
        if not (folder / NAMES[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)

    with pytest.raises(WipeStopped) as caught:
        FolderCard(folder).wipe_files(NAMES, advance)
    assert caught.value.message == (
        f"{folder} is no longer there: was the card taken out?; wiped: R0000001.DAT; "
        "cut off in the middle of: R0000002.DAT; not touched: R0000003.DAT"
    )
    assert caught.value.report.files == ["R0000001.DAT"] and not caught.value.report.verified
    assert "put the card back" in caught.value.hint


def test_a_card_that_takes_nothing_is_told_from_one_that_is_gone(folder, monkeypatch):
    class Worn(RawDevice):
        def __init__(self, path: str, size_bytes: int):
            super().__init__(path, size_bytes)
            self._file = Failing(self._file, errno.EIO)

    monkeypatch.setattr("host_tools.card.wipe_folder.RawDevice", Worn)
    with pytest.raises(WipeStopped, match="cannot be written: input/output error") as caught:
        FolderCard(folder).wipe_files(NAMES[:1])
    assert caught.value.report.files == [] and (folder / NAMES[0]).exists()


def test_a_folder_that_cannot_be_written_is_refused(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # a superuser may write everything
    with pytest.raises(CloisterError, match="is the card write-protected"):
        open_for_wiping(str(folder))


def test_a_folder_is_not_wiped_as_a_whole(folder, monkeypatch):
    with pytest.raises(CloisterError, match="is a folder: name the card's device"):
        FolderCard(folder).wipe_all()
    monkeypatch.setattr(disks, "device_mounted_at", lambda path: "/dev/sdx")
    monkeypatch.setattr(disks, "disk_of_device", lambda path: Disk(path, path, 1, "Reader", serial="0x12"))
    card = FolderCard(folder)
    with pytest.raises(CloisterError) as caught:
        card.work_of_all()
    assert caught.value.hint == "unmount it, then: cloister card wipe /dev/sdx"
    assert (card.medium.model, card.medium.serial) == ("Reader", "0x12")


def test_without_a_way_past_the_systems_memory_that_is_said(folder, monkeypatch):
    monkeypatch.setattr("host_tools.card.mounted.IS_READ_FROM_CARD", False)
    report = wiped(folder, NAMES[0])
    assert any("may have come from this computer's memory" in words for words in report.not_achieved)
