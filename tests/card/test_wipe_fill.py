"""The free space of a mounted card is filled, read back and given back; cut off, it goes on."""

import errno
import os
from pathlib import Path

import pytest

from host_tools.card.wipe_fill import Fill
from host_tools.card.wipe_folder import FolderCard
from host_tools.card.wiping import WipeStopped
from host_tools.errors import CloisterError
from tests.card.fake_cards import MIB
from tests.card.test_wipe_files import secret
from tests.card.test_wipe_folder import NAMES
from tests.card.test_wipe_space import Places

ROOM = 5 * MIB + 12_345


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    for number, name in enumerate(NAMES, 1):
        (folder / name).write_bytes(secret(number * 1_000_001))
    return folder


def test_this_computers_own_disk_is_not_filled(folder):
    with pytest.raises(CloisterError, match="filling it would fill this computer's disk"):
        FolderCard(folder).wipe_free_space()
    with pytest.raises(CloisterError, match="filling it would fill this computer's disk"):
        FolderCard(Path("/")).wipe_free_space()


@pytest.fixture
def mounted(folder, monkeypatch) -> Path:
    """The folder as that of a card with room for a few MB more."""
    real_write = os.write

    def write(handle: int, data: bytes) -> int:
        used = sum(path.stat().st_size for path in folder.glob("WIPE*.TMP"))
        if len(data) > ROOM - used and (len(data) > 4096 or used == ROOM):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(handle, data[: ROOM - used])

    monkeypatch.setattr("host_tools.card.mounted.is_cards_folder", lambda path: path == folder)
    monkeypatch.setattr("host_tools.card.wipe_fill.os.write", write)
    monkeypatch.setattr("host_tools.card.wipe_fill.FILE_BYTES", 2 * MIB)
    monkeypatch.setattr("host_tools.card.wipe_fill.SYNC_BYTES", MIB)
    return folder


def filled(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("WIPE*.TMP")))


def test_free_space_is_filled_to_the_last_byte_read_back_and_given_back(mounted, monkeypatch):
    seen = []
    monkeypatch.setattr("host_tools.card.wipe_fill.Fill.remove", lambda fill: seen.append(filled(mounted)))
    report = FolderCard(mounted).wipe_free_space()
    assert report.verified and report.bytes == report.verified_bytes == ROOM == len(seen[0])
    assert len({seen[0][at : at + 16] for at in range(0, ROOM - 16, 16)}) == (ROOM - 1) // 16
    assert any("behind the ends of files" in words for words in report.not_achieved)


def test_afterwards_only_the_files_are_there(mounted):
    FolderCard(mounted).wipe_free_space()
    assert sorted(path.name for path in mounted.iterdir()) == NAMES
    assert (mounted / NAMES[2]).read_bytes() == secret(3_000_003)


class StoppingPlaces(Places):
    """Somebody presses Ctrl-C at the place of this number."""

    def __init__(self, number: int):
        super().__init__()
        self._number = number

    def __call__(self, unfinished) -> None:
        super().__call__(unfinished)
        if len(self.all) == self._number:
            raise KeyboardInterrupt


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7, 8])
def test_cut_off_anywhere_it_goes_on_where_it_stopped(mounted, monkeypatch, number):
    places = StoppingPlaces(number)
    card = FolderCard(mounted)
    with pytest.raises(KeyboardInterrupt):
        card.wipe_free_space(keep=places)
    assert card.report is not None and not card.report.verified
    if places.last.place:
        with max(mounted.glob("WIPE*.TMP")).open("ab") as file:
            file.write(b"what came after the last place that was kept")
    before, written = filled(mounted), []
    fill_file = os.write
    monkeypatch.setattr(
        "host_tools.card.wipe_fill.os.write", lambda *w: written.append(fill_file(*w)) or written[-1]
    )
    goes_on = card.recognises(places.last)
    assert goes_on is (number > 1)  # at the first of them nothing is filled yet
    report = card.wipe_free_space(resume=places.last if goes_on else None)
    assert report.verified and report.bytes == ROOM
    assert sum(written) == (0 if places.last.is_read_back else ROOM - places.last.place)
    assert len(before) >= places.last.place
    assert sorted(path.name for path in mounted.iterdir()) == NAMES


def test_files_that_are_not_what_was_filled_are_not_gone_on_with(mounted):
    places = StoppingPlaces(4)
    card = FolderCard(mounted)
    with pytest.raises(KeyboardInterrupt):
        card.wipe_free_space(keep=places)
    assert places.last.place >= 2 * MIB
    path = mounted / "WIPE0000.TMP"
    with path.open("r+b") as file:
        file.write(b"x")
    assert not card.recognises(places.last)
    with pytest.raises(CloisterError, match="is not the card of that wipe"):
        card.wipe_free_space(resume=places.last)
    path.unlink()
    assert not card.recognises(places.last)
    report = card.wipe_free_space()  # from the start: what is left of the other is in the way of nothing
    assert report.verified and sorted(path.name for path in mounted.iterdir()) == NAMES


def test_what_was_filled_and_does_not_read_back_is_not_called_verified(mounted):
    places = Places()

    def spoil(unfinished) -> None:
        places(unfinished)
        if unfinished.place == ROOM and not unfinished.is_read_back:
            with (mounted / "WIPE0001.TMP").open("r+b") as file:
                file.seek(10_000)
                file.write(b"x")

    report = FolderCard(mounted).wipe_free_space(keep=spoil)
    assert not report.verified and report.verified_bytes == ROOM - 4096
    assert any("1 block of 4096 bytes did not hold" in words for words in report.not_achieved)
    assert not places.last.is_read_back


def test_a_card_taken_out_while_it_is_filled_is_said(mounted, monkeypatch):
    def write(handle: int, data: bytes) -> int:
        raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr("host_tools.card.wipe_fill.os.write", write)
    with pytest.raises(WipeStopped, match="is no longer there: was the card taken out") as caught:
        FolderCard(mounted).wipe_free_space()
    assert "0 bytes were filled" in caught.value.message and not caught.value.report.verified


def test_the_command_says_that_a_card_is_full_until_it_goes_on(cloister, mounted, monkeypatch):
    real_fill = Fill.fill

    def fill(filling: Fill, on_synced) -> None:
        real_fill(filling, on_synced)
        raise KeyboardInterrupt

    monkeypatch.setattr(Fill, "fill", fill)
    command = ("card", "wipe", "--free", "--yes", mounted)
    assert cloister(*command) == 130
    assert "files called WIPE….TMP fill it" in cloister.err
    assert (mounted / "WIPE0002.TMP").exists()
    monkeypatch.setattr(Fill, "fill", real_fill)
    assert cloister(*command) == 0
    assert "a wipe that was cut off goes on where it stopped" in cloister.err
    assert "of free space were overwritten with random bytes and read back" in cloister.out
    assert sorted(path.name for path in mounted.iterdir()) == NAMES
