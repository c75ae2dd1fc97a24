"""Import, list, show and verify: what comes out, what is named, what stays as it was."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from host_tools.vault.recordings import UNFINISHED, RecordingShelf
from tests.reference_writer import BLOCK, Writer, seal_of
from tests.small_view import SmallView
from tests.typed_command import FRAMES, SOUND, Cloister, errors, everything


def test_import_list_show_verify(cloister: Cloister, card: Path) -> None:
    first = cloister.container(1, capacity=40, events=[{"at": 8000, "event": "mark"}])
    session = {"previous": {"number": 1, "seal": seal_of(first), "samples": FRAMES}}
    (card / "R0000001.DAT").write_bytes(first)
    (card / "R0000002.DAT").write_bytes(cloister.container(2, session=session)[: 4 * BLOCK])
    (card / "letter.txt").write_text("nothing to do with us")
    before = everything(card)
    assert cloister("import", card, "--json") == 3
    found = json.loads(cloister.out)
    assert [(entry["finding"], entry["outcome"], entry["recording"]) for entry in found["containers"]] == [
        ("complete", "imported", 1),
        ("interrupted", "imported", 2),
    ]
    assert found["missing"] == []
    assert everything(card) == before
    assert cloister("list", "--json") == 0
    listed = json.loads(cloister.out)["recordings"]
    assert [(entry["id"], entry["number"], entry["seconds"], entry["lost"]) for entry in listed] == [
        (1, 1, 2.5, 0),
        (2, 2, 0.625, 0),
    ]
    assert cloister("show", 1, "--json") == 0
    shown = json.loads(cloister.out)
    assert shown["events"] == [{"at": 8000, "event": "mark", "seconds": 1.0}]
    assert shown["now"]["message"] == "0:02 recorded, nothing lost"
    assert cloister("verify", 1) == 0
    assert cloister("verify", 1, 2) == 3
    for command in (["list"], ["show", 1], ["verify", 2]):
        cloister(*command)
        assert "complete" in cloister.out or "interrupted" in cloister.out


def test_importing_again_imports_nothing_twice(cloister: Cloister, card: Path) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    assert cloister("import", card) == 0
    before = everything(cloister.made.folder)
    assert cloister("import", card, "--json") == 0
    assert json.loads(cloister.out)["containers"][0]["outcome"] == "in the vault already"
    assert everything(cloister.made.folder) == before


@pytest.mark.parametrize("harm", ["removed", "cut"])
def test_a_copy_that_the_vault_lost_is_imported_again(cloister: Cloister, card: Path, harm: str) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    assert cloister("import", card) == 0
    (copy,) = (cloister.made.folder / "recordings").iterdir()
    if harm == "removed":
        copy.unlink()
    else:
        copy.write_bytes(copy.read_bytes()[: 3 * BLOCK])
    assert cloister("import", card) == 0
    assert cloister("verify", 1) == 0
    assert cloister("import", card) == 0  # clears away what the first import left
    assert len(list((cloister.made.folder / "recordings").iterdir())) == 1


def test_a_better_copy_takes_the_place_of_a_worse_one(cloister: Cloister, card: Path) -> None:
    whole = cloister.container(1)
    (card / "R0000001.DAT").write_bytes(whole[: 3 * BLOCK])
    assert cloister("import", card) == 3
    (card / "R0000001.DAT").write_bytes(whole)
    assert cloister("import", card) == 0
    assert cloister("import", card) == 0
    assert len(list((cloister.made.folder / "recordings").iterdir())) == 1
    assert cloister("verify", 1) == 0


def test_the_vaults_copy_holds_no_leftovers_and_nothing_in_clear(cloister: Cloister, card: Path) -> None:
    container = cloister.container(1)
    (card / "R0000001.DAT").write_bytes(container + os.urandom(30 * BLOCK))
    assert cloister("import", card) == 0
    (copy,) = (cloister.made.folder / "recordings").iterdir()
    assert copy.read_bytes() == container
    stored = b"".join(path.read_bytes() for path in cloister.made.folder.rglob("*") if path.is_file())
    assert SOUND[:8].tobytes() not in stored
    for word in (b"2025-07-14", b"complete", cloister.made.writer.recorder_id.hex().encode()):
        assert word not in stored


def test_damaged_recording_is_kept_with_its_evidence(cloister: Cloister, card: Path) -> None:
    container = bytearray(cloister.container(1))
    container[3 * BLOCK] ^= 1
    (card / "R0000001.DAT").write_bytes(container)
    assert cloister("import", card) == 3
    assert cloister("verify", 1, "--json") == 3
    (entry,) = json.loads(cloister.out)["containers"]
    assert (entry["finding"], entry["segments"], entry["samples"]) == ("damaged", 2, 3000)
    assert entry["damage"][0] == "block 3: not authentic"


def lies(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let so many copies have another bit than what was read first."""
    honest, left = RecordingShelf.copy_in, [None] * times

    def lying(self, source, block_count):
        name = honest(self, source, block_count)
        if left:
            left.pop()
            path = self.folder / "recordings" / (name + UNFINISHED)
            data = bytearray(path.read_bytes())
            data[2 * BLOCK] ^= 1
            path.write_bytes(data)
        return name

    monkeypatch.setattr(RecordingShelf, "copy_in", lying)


def test_a_card_that_lies_while_it_is_copied_does_not_keep_the_others_out(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    (card / "R0000002.DAT").write_bytes(cloister.container(2))
    lies(monkeypatch, times=2)
    assert cloister("import", card, "--json") == 3
    first, second = json.loads(cloister.out)["containers"]
    assert (first["outcome"], second["outcome"]) == ("not imported", "imported")
    assert "each reading of it gave something else" in first["message"]
    assert len(list((cloister.made.folder / "recordings").iterdir())) == 1


def test_a_copy_that_went_wrong_once_is_made_again(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    lies(monkeypatch, times=1)
    assert cloister("import", card) == 0
    assert cloister("verify", 1) == 0


def test_a_damaged_copy_in_the_vault_does_not_give_way_to_a_shorter_one(
    cloister: Cloister, card: Path
) -> None:
    whole = cloister.container(1)
    (card / "R0000001.DAT").write_bytes(whole)
    assert cloister("import", card) == 0
    (copy,) = (cloister.made.folder / "recordings").iterdir()
    spoiled = bytearray(whole)
    spoiled[5 * BLOCK] ^= 1
    copy.write_bytes(spoiled)
    (card / "R0000001.DAT").write_bytes(whole[: 3 * BLOCK])
    for _ in range(2):
        assert cloister("import", card) == 3
        assert copy.read_bytes() == spoiled
    (card / "R0000001.DAT").write_bytes(whole)
    assert cloister("import", card) == 0
    assert cloister("verify", 1) == 0


def test_files_of_an_interrupted_import_are_removed_by_the_next(cloister: Cloister, card: Path) -> None:
    (cloister.made.folder / "recordings" / ("0123" + UNFINISHED)).write_bytes(b"half")
    assert cloister("import", card) == 0
    assert list((cloister.made.folder / "recordings").iterdir()) == []


def test_recordings_of_which_an_older_vault_file_does_not_know_are_left_alone(
    cloister: Cloister, card: Path
) -> None:
    file = cloister.made.folder / "vault.sqlite"
    whole = cloister.container(1)
    older = file.read_bytes()
    (card / "R0000001.DAT").write_bytes(whole)
    assert cloister("import", card) == 0
    file.write_bytes(older)
    (cloister.made.folder / "recordings" / "@eaDir").mkdir()
    (card / "R0000001.DAT").unlink()
    assert cloister("import", card) == 0
    assert "2 files" in cloister.err and "belong to no recording" in cloister.err
    assert cloister("import", cloister.made.folder / "recordings") == 0
    assert cloister("verify", 1) == 0


def test_numbers_missing_from_the_card_are_named(cloister: Cloister, card: Path) -> None:
    for number in (2, 5):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))
    assert cloister("verify", card, "--json") == 3
    assert json.loads(cloister.out)["missing"] == [3, 4]
    assert errors(cloister.err) == [
        "cloister: error: missing: numbers 3 to 4; neither here, nor in the vault, nor destroyed"
    ]
    assert "was not asked for its status" in cloister.err
    assert cloister("verify", card / "R0000005.DAT", "--json") == 0
    assert json.loads(cloister.out)["missing"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: b"", "not a container: the file is empty"),
        (lambda data: data[:700], "not a container: the file has only 700 bytes"),
        (lambda data: data[:8] + b"\x07" + data[9:], "not a container: it has version 7"),
        (lambda data: data[:9] + b"\x03" + data[10:], "not a container: it has suite 3"),
        (lambda data: data[:100] + b"\xff\xff" + data[102:], "forged: the seal is not recorder"),
    ],
)
def test_a_bad_container_is_named_in_one_line(cloister: Cloister, card: Path, change, words: str) -> None:
    (card / "R0000001.DAT").write_bytes(change(cloister.container(1)))
    before = everything(cloister.made.folder)
    for command in (("verify", card / "R0000001.DAT"), ("verify", card), ("import", card)):
        assert cloister(*command) == 3
        (line,) = errors(cloister.err)
        assert words in line
    assert everything(cloister.made.folder) == before


def test_a_container_of_another_vaults_recorder_is_unreadable(cloister: Cloister, card: Path) -> None:
    (card / "R0000001.DAT").write_bytes(Writer(SmallView().make_key(None)).container(1, pcm=SOUND.tobytes()))
    assert cloister("import", card) == 3
    (line,) = errors(cloister.err)
    assert "unreadable" in line
    assert cloister("list", "--json") == 0
    assert json.loads(cloister.out) == {"recordings": []}


def test_what_was_imported_once_is_never_missing(cloister: Cloister, card: Path) -> None:
    for number in (1, 2, 3):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))
    assert cloister("import", card) == 0
    (card / "R0000002.DAT").unlink()
    assert cloister("verify", card) == 0
    (card / "R0000005.DAT").write_bytes(cloister.container(5))
    assert cloister("import", card, "--json") == 3
    assert json.loads(cloister.out)["missing"] == [4]


def test_removal_of_the_newest_shows_against_the_recorders_status(cloister: Cloister, card: Path) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    with cloister.made.open() as vault:
        status = {"last": {"number": 2, "seal": "00" * 16, "samples": 5}, "next_container": 3}
        vault.note_status(cloister.made.writer.recorder_id, status, datetime(2025, 7, 14, 10, tzinfo=UTC))
    assert cloister("verify", card, "--json") == 3
    assert json.loads(cloister.out)["missing"] == [2]
    assert "was last asked for its status on 2025-07-14 10:00 UTC" in cloister.err
