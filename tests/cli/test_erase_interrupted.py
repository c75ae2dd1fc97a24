"""`cloister import --erase` cut off anywhere: the next run finishes it, nothing is lost or there twice."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from host_tools.card import wiping
from host_tools.card.device import RawDevice
from host_tools.vault import erasure, recordings
from host_tools.vault.database import Database
from host_tools.vault.papers import Papers
from host_tools.vault.recordings import RecordingShelf
from host_tools.vault.state import StateShelf
from tests.cli.media import Folder, Image
from tests.cli.test_destroyed import container_under_the_last_resort_key
from tests.conftest import WORD_SIZES
from tests.reference_writer import BLOCK
from tests.typed_command import Cloister, everything

once = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)


class Cut(Exception):
    """Power is lost."""


def fill(cloister: Cloister, medium: Folder) -> None:
    """A complete, an interrupted and an empty one, and somebody else's file."""
    medium.put("R0000001.DAT", cloister.container(1))
    medium.put("R0000002.DAT", cloister.container(2)[: 4 * BLOCK])
    cloister.made.next_key()
    medium.put("R0000003.DAT", cloister.made.writer.prepared(3))
    medium.put("LETTER.TXT", b"nothing to do with us" * 500)
    medium.finish()


def check_nothing_is_lost(cloister: Cloister) -> None:
    assert cloister("verify", "--json") == 3
    found = json.loads(cloister.out)["containers"]
    assert [(entry["finding"], entry["segments"]) for entry in found] == [
        ("complete", 11),
        ("interrupted", 3),
    ]


def check_the_next_run_finishes_it(cloister: Cloister, medium: Folder) -> None:
    check_nothing_is_lost(cloister)
    assert cloister("import", medium.path, "--erase") in (0, 3)
    # Cut off before the very last step on a mounted card, an empty file without a name of ours is left.
    assert [name for name in medium.names() if not name.endswith(".TMP")] == ["LETTER.TXT"]
    check_nothing_is_lost(cloister)
    assert cloister("import", medium.path, "--erase") == 0
    with cloister.made.open() as vault:
        assert len(vault.recordings()) == 2


@once
@pytest.mark.parametrize("failure", [OSError(errno.ENODEV, "No such device"), KeyboardInterrupt()])
def test_a_card_that_goes_away_in_any_write(
    cloister: Cloister, card: Path, micropython, fsck_vfat, monkeypatch, failure
) -> None:
    medium = Image(card, micropython, fsck_vfat)
    fill(cloister, medium)
    assert cloister("import", medium.path) == 3
    pristine = medium.path.read_bytes(), cloister.made.folder.with_name("pristine")
    shutil.copytree(cloister.made.folder, pristine[1])
    plain, left, ends = RawDevice.write_at, [0], []

    def write_at(self, offset: int, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise failure
        plain(self, offset, data)

    monkeypatch.setattr(RawDevice, "write_at", write_at)
    writes = 0
    while not ends or ends[-1] != 3:
        medium.path.write_bytes(pristine[0])
        shutil.rmtree(cloister.made.folder)
        shutil.copytree(pristine[1], cloister.made.folder)
        left[0], writes = writes, writes + 1
        ends.append(cloister("import", medium.path, "--erase"))
        left[0] = 1 << 30
        check_the_next_run_finishes_it(cloister, medium)
    assert len(ends) > 10
    assert set(ends[:-1]) == ({130} if isinstance(failure, KeyboardInterrupt) else {1})


@pytest.mark.parametrize(
    "place",
    [
        (erasure, "is_copy_whole"),
        (wiping, "open_for_wiping"),
        (erasure, "note_beginning"),
        (Papers, "add"),
        (os, "truncate"),
        (os, "utime"),
        (Path, "rename"),
        (Path, "unlink"),
        (erasure, "note_end"),
    ],
    ids=lambda place: place[1],
)
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("is_done", [False, True])
def test_a_cut_at_any_step_on_a_mounted_card(
    cloister: Cloister, card: Path, monkeypatch, place, skip, is_done
) -> None:
    medium = Folder(card)
    fill(cloister, medium)
    assert cloister("import", card) == 3
    plain, left = getattr(*place), [skip]

    def cut(*arguments, **options):
        left[0] -= 1
        result = plain(*arguments, **options) if left[0] >= 0 or is_done else None
        if left[0] < 0:
            raise Cut
        return result

    with monkeypatch.context() as patch:
        patch.setattr(*place, cut)
        cloister("import", card, "--erase")
    check_the_next_run_finishes_it(cloister, medium)


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize(
    "place",
    [
        (RecordingShelf, "copy_in"),
        (RecordingShelf, "open_copy"),
        (RecordingShelf, "_finish"),
        (RecordingShelf, "add_recording"),
        (StateShelf, "keep_file_key"),
        (recordings, "sync_folder"),
        (os, "fsync"),
        (Path, "rename"),
        (Database, "change"),
    ],
    ids=lambda place: place[1],
)
def test_a_cut_at_any_step_of_the_import(
    cloister: Cloister, card: Path, monkeypatch, place, skip, is_done
) -> None:
    medium = Folder(card)
    medium.put("R0000001.DAT", cloister.container(1))
    medium.put("R0000002.DAT", container_under_the_last_resort_key(cloister, 2))
    before = everything(card)
    plain, left = getattr(*place), [skip]

    def cut(*arguments, **options):
        left[0] -= 1
        result = plain(*arguments, **options) if left[0] >= 0 or is_done else None
        if left[0] < 0:
            raise Cut
        return result

    with monkeypatch.context() as patch:
        patch.setattr(*place, cut)
        cloister("import", card)
    assert everything(card) == before
    assert cloister("import", card, "--erase") == 0
    assert list(card.iterdir()) == []
    assert len(list((cloister.made.folder / "recordings").iterdir())) == 2
    assert cloister("verify") == 0
    with cloister.made.open() as vault:
        assert [vault.file_key(entry.id) is not None for entry in vault.recordings()] == [False, True]


def test_what_was_cut_off_is_named_until_it_is_finished(cloister: Cloister, card: Path, monkeypatch) -> None:
    medium = Folder(card)
    fill(cloister, medium)
    assert cloister("import", card) == 3

    def cut(*arguments):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(os, "utime", cut)  # overwritten, and its file is still there
        assert cloister("import", card, "--erase") == 1
    assert cloister("import", card, "--json") == 3
    messages = {entry["file"]: entry["message"] for entry in json.loads(cloister.out)["containers"]}
    assert "was cut off, cloister import --erase goes on" in messages["R0000001.DAT"]
    assert "not a container" in cloister.err
    check_the_next_run_finishes_it(cloister, medium)


def test_a_file_of_another_card_with_that_name_is_not_taken_for_what_was_cut_off(
    cloister: Cloister, card: Path, monkeypatch
) -> None:
    medium = Folder(card)
    fill(cloister, medium)

    def cut(*arguments):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(os, "truncate", cut)
        assert cloister("import", card, "--erase") == 1
    for path in card.iterdir():
        path.unlink()
    stranger = b"somebody else's file" * 10_000
    medium.put("R0000001.DAT", stranger)
    assert cloister("import", card, "--erase", "--yes") == 3
    assert (card / "R0000001.DAT").read_bytes() == stranger
