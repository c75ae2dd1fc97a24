"""`cloister import` into a disk that is full, or will be; and the days that a recorder was set to."""

import json
from pathlib import Path

import pytest

from host_tools.vault import room
from host_tools.vault.recordings import RecordingShelf
from tests.typed_command import Cloister, everything


def test_a_disk_that_would_be_full_is_told_before_anything_is_copied(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number, capacity=400))
    exact = 2 * len(cloister.container(3)) + room.SPARE_BYTES  # without the leftovers
    usage = type("Usage", (), {"free": exact - 1})
    monkeypatch.setattr(room.shutil, "disk_usage", lambda folder: usage)
    assert "are to be copied, and the vault's disk has 16.9 MB free: nothing" in cloister.refused(
        "import", card, "--erase"
    )
    usage.free = exact
    assert cloister("import", card) == 0
    usage.free = 0
    assert cloister("import", card, "--erase") == 0  # all of it is in the vault already
    assert list(card.iterdir()) == []


def test_a_disk_that_is_full_midway_loses_nothing(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))
    before = everything(card)
    plain, left = RecordingShelf.copy_in, [1, 2]

    def copy_in(self, source, block_count):
        name = plain(self, source, block_count)
        if len(left) == 1:
            raise OSError(28, "No space left on device")
        left.pop()
        return name

    monkeypatch.setattr(RecordingShelf, "copy_in", copy_in)
    assert cloister("import", card, "--erase") == 1
    assert "no space left on device" in cloister.err and "make room" in cloister.err
    assert everything(card) == before
    assert len(list((cloister.made.folder / "recordings").iterdir())) == 1
    monkeypatch.undo()
    assert cloister("import", card, "--erase") == 0
    assert cloister("list", "--json") == 0
    assert [entry["number"] for entry in json.loads(cloister.out)["recordings"]] == [1, 2, 3]
    assert list(card.iterdir()) == []


@pytest.mark.parametrize(("days", "kept"), [(0, None), (30, 30), (36_526, None), ("x", None), (True, None)])
def test_the_days_that_the_recorder_was_set_to_are_kept(cloister: Cloister, card: Path, days, kept) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1, session={"retention_days": days}))
    assert cloister("import", card) == 0
    assert cloister("list", "--json") == 0
    assert json.loads(cloister.out)["recordings"][0]["retention_days"] == kept
