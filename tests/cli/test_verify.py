"""`cloister verify`: the whole vault, what a target is, one line a recording, and what can be done."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from host_tools.card import format_fat32
from host_tools.card.source import _FolderFile
from host_tools.errors import CloisterError
from tests.quick_vault import make_quick_vault
from tests.reference_writer import BLOCK, Writer, record, seal_of
from tests.typed_command import FRAMES, SOUND, Cloister, errors, everything

END = 4


def hints(text: str) -> list[str]:
    """The hints in what went to stderr."""
    return [line.removeprefix("cloister: hint: ") for line in text.splitlines() if "hint: " in line]


def copies(cloister: Cloister) -> list[Path]:
    """The vault's files, in the order of their recordings."""
    with cloister.made.open() as vault:
        return [cloister.made.folder / "recordings" / entry.file for entry in vault.recordings()]


@pytest.fixture
def three(cloister: Cloister, card: Path) -> list[Path]:
    """Numbers 1 to 3 on the card and in the vault, each vouching for the one before."""
    before, paths = None, []
    for number in (1, 2, 3):
        previous = before and {"number": number - 1, "seal": seal_of(before), "samples": FRAMES}
        before = cloister.container(number, session={"previous": previous or None})
        paths.append(card / f"R000000{number}.DAT")
        paths[-1].write_bytes(before)
    assert cloister("import", card) == 0
    return paths


def test_without_a_target_the_whole_vault_is_checked(cloister: Cloister, three: list[Path]) -> None:
    before = everything(cloister.made.folder)
    for target in ([], [cloister.made.folder], [cloister.made.folder / ".." / "vault"]):
        assert cloister("verify", *target) == 0
        assert [line.split()[:2] for line in cloister.out.splitlines()[1:]] == [[n, n] for n in "123"]
        assert cloister.out.count("0:02 recorded, nothing lost") == 3
        assert "was not asked for its status" in cloister.err
    assert everything(cloister.made.folder) == before


def test_an_empty_vault_is_said_in_words(cloister: Cloister) -> None:
    assert cloister("verify") == 0
    assert cloister.out == "No recordings in the vault.\n"


def test_another_vault_is_not_taken_for_a_card(cloister: Cloister, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_quick_vault(tmp_path / "other").folder
    assert "is another vault than the one that is open" in cloister.refused("verify", other)
    assert hints(cloister.err) == [f"cloister --vault {other} verify"]


def test_what_the_vault_knows_of_and_does_not_have_is_named(cloister: Cloister, three: list[Path]) -> None:
    with cloister.made.open() as vault:
        status = {"last": {"number": 5, "seal": "00" * 16, "samples": 5}, "next_container": 6}
        vault.note_status(cloister.made.writer.recorder_id, status, datetime(2025, 7, 14, 10, tzinfo=UTC))
        vault.note_destroyed(cloister.made.writer.recorder_id, 4)
    assert cloister("verify", "--json") == 3
    assert json.loads(cloister.out)["missing"] == [5]
    assert errors(cloister.err) == [
        "cloister: error: not imported yet, or missing: number 5; neither in the vault, nor destroyed"
    ]
    assert hints(cloister.err) == ["numbers not imported: cloister import takes in what is still on a card"]
    assert cloister("verify", 1, "--json") == 0
    assert json.loads(cloister.out)["missing"] == []


def test_a_recorder_of_which_nothing_was_imported_counts_as_well(cloister: Cloister, three) -> None:
    with cloister.made.open() as vault:
        vault.add_recorder(b"another1", bytes(32))
        status = {"last": {"number": 1, "seal": "00" * 16, "samples": 5}, "next_container": 1}
        vault.note_status(b"another1", status, datetime(2025, 7, 14, 10, tzinfo=UTC))
    assert cloister("verify") == 3
    assert "not imported yet, or missing: number 1" in cloister.err


@pytest.mark.parametrize(
    ("harm", "row", "words"),
    [
        (lambda path: path.unlink(), "no sound kept; it is damaged", "its file cannot be read: no such file"),
        (
            lambda path: path.write_bytes(path.read_bytes()[: 3 * BLOCK]),
            "0:00 of 0:02 kept; the rest is damaged or gone",
            "number 3 vouches for 20000 samples, and 3000 are there",
        ),
        (
            lambda path: path.write_bytes(path.read_bytes()[:99] + bytes(9) + path.read_bytes()[108:]),
            "made by somebody else, or its header is damaged",
            "recording 2: forged: the seal is not recorder",
        ),
        (
            lambda path: path.write_bytes(b""),
            "the file is empty",
            "recording 2: not a container: the file is",
        ),
    ],
)
def test_a_copy_that_changed_is_named_and_the_others_are_checked(
    cloister: Cloister, three: list[Path], harm, row: str, words: str
) -> None:
    harm(copies(cloister)[1])
    for target in ([], [1, 2, 3]):
        assert cloister("verify", *target) == 3
        assert cloister.out.count("0:02 recorded, nothing lost") == 2
        (line,) = [line for line in cloister.out.splitlines() if row in line]
        assert line.split()[:2] == ["2", "2"]
        (error,) = errors(cloister.err)
        assert words in error and error.count("vouches") <= 1
        assert "a copy that has changed" in hints(cloister.err)[0]
    assert cloister("import", three[0].parent) == 0
    assert cloister("verify") == 0


def test_parts_are_one_line_and_one_entry(cloister: Cloister, card: Path) -> None:
    before = None
    for part in range(3):
        cloister.made.next_key()
        start, until = part * 8000, min(FRAMES, part * 8000 + 8000)
        previous = before and {"number": 4 + part, "seal": seal_of(before), "samples": start}
        records = cloister.made.writer.records(
            SOUND[start:until].tobytes(),
            start,
            end=False,
            session={"part": part, "previous": previous or None},
        )
        end = {"samples": until, "lost": 0, "reason": "stop" if part == 2 else "continued"}
        before = cloister.made.writer.container(5 + part, [*records, record(END, end)])
        (card / f"R{5 + part:07}.DAT").write_bytes(before)
    line = "5 to 7   2025-07-14 09:00   complete   0:02 recorded, nothing lost"
    assert cloister("verify", card) == 0
    assert cloister.out.splitlines()[1:] == [line]
    for command in ("verify", "import"):
        assert cloister(command, card, "--json") == 0
        (entry,) = json.loads(cloister.out)["recordings"]
        assert (entry["numbers"], entry["seconds"], entry["lost"]) == ([5, 6, 7], 2.5, 0)
        assert entry["message"] == "0:02 recorded, nothing lost"
    assert len(json.loads(cloister.out)["containers"]) == 3
    copies(cloister)[1].unlink()
    assert cloister("verify") == 3
    assert "1:00" not in cloister.out
    assert "0:01 of 0:02 kept; its middle, number 6, is damaged" in cloister.out
    (card / "R0000006.DAT").unlink()
    assert cloister("verify", card) == 0
    assert "its middle, number 6, is in the vault" in cloister.out


def test_one_file_that_cannot_be_read_does_not_hide_the_others(
    cloister: Cloister, three: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = three[0].parent
    (card / "notes.txt").write_text("nothing to do with us")
    honest = _FolderFile.read_at

    def failing(self: _FolderFile, offset: int, length: int) -> bytes:
        if self.name in ("R0000002.DAT", "notes.txt"):
            raise CloisterError(f"{self.name} cannot be read: input/output error")
        return honest(self, offset, length)

    monkeypatch.setattr(_FolderFile, "read_at", failing)
    for command in ("verify", "import"):
        assert cloister(command, card) == 3
        assert cloister.out.count("0:02 recorded, nothing lost") == 2
        assert errors(cloister.err) == [
            "cloister: error: R0000002.DAT: damaged: R0000002.DAT cannot be read: input/output error"
        ]
        assert "note: notes.txt cannot be read: by its name it is no recording" in cloister.err


def test_a_block_that_cannot_be_read_costs_what_follows_it_and_nothing_else(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))
    honest = _FolderFile.read_at

    def failing(self: _FolderFile, offset: int, length: int) -> bytes:
        if self.name == "R0000001.DAT" and offset <= 4 * BLOCK < offset + length:
            raise CloisterError("input/output error")
        return honest(self, offset, length)

    monkeypatch.setattr(_FolderFile, "read_at", failing)
    assert cloister("import", card, "--json") == 3
    outcomes = [(entry["finding"], entry["outcome"]) for entry in json.loads(cloister.out)["containers"]]
    assert outcomes == [("damaged", "imported"), ("complete", "imported")]
    assert "block 4: cannot be read" in cloister.err
    assert len(copies(cloister)[0].read_bytes()) == 12 * BLOCK
    monkeypatch.undo()
    assert cloister("import", card) == 0
    assert cloister("verify") == 0


def test_files_that_are_alike_share_a_line(cloister: Cloister, card: Path) -> None:
    stranger = Writer(os.urandom(32))
    for number in range(1, 30):
        (card / f"R{number:07}.DAT").write_bytes(stranger.prepared(number, 1))
    assert cloister("verify", card) == 3
    assert len(cloister.out.splitlines()) == 2
    assert "R0000001.DAT and 28 more" in cloister.out
    assert len(errors(cloister.err)) == 1
    assert len(hints(cloister.err)) == 1


def test_two_recorders_are_told_apart(cloister: Cloister, card: Path) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    other = Writer(b"", b"another1", bytes(32))
    with cloister.made.open() as vault:
        vault.add_recorder(other.recorder_id, other.secret)
        other.public = vault.one_time_keys(other.recorder_id, 1, 0, 1)[0]
    (card / "S0000001.DAT").write_bytes(other.container(3, pcm=SOUND.tobytes()))
    (card / "T0000001.DAT").write_bytes(other.container(1, pcm=SOUND.tobytes(), publics=[os.urandom(32)]))
    assert cloister("verify", card) == 3
    for writer in (cloister.made.writer, other):
        assert f"Recorder {writer.recorder_id.hex()}\n" in cloister.out
    assert "missing: number 2; neither here" in cloister.err


def test_a_forged_file_is_listed_by_its_name(cloister: Cloister, card: Path) -> None:
    stranger = Writer(cloister.made.writer.public, cloister.made.writer.recorder_id, os.urandom(32))
    (card / "R0000001.DAT").write_bytes(stranger.container(1, pcm=SOUND.tobytes()))
    assert cloister("verify", card, "--json") == 3
    assert json.loads(cloister.out)["recordings"] == []
    assert cloister("verify", card) == 3
    assert cloister.out.splitlines()[0].split("   ")[0].startswith("File")
    assert hints(cloister.err)[0].startswith("a forged file: leave it as it is")


def test_an_image_that_was_cut_short_points_to_recovery(cloister: Cloister, tmp_path: Path) -> None:
    format_fat32(tmp_path / "card.img", 80_000_000)
    os.truncate(tmp_path / "card.img", 5_000_000)
    assert "cut short" in cloister.refused("verify", tmp_path / "card.img")
    assert "cloister card recover" in hints(cloister.err)[0]


def test_a_device_that_may_not_be_read_is_one_line(
    cloister: Cloister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*anything: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("host_tools.card.source._open_device", forbidden)
    device = tmp_path / "sdb"
    device.write_bytes(bytes(510) + b"\x55\xaa")
    for command in ("verify", "import"):
        assert cloister.refused(command, device) == f"card {device} cannot be read: permission denied"
        assert hints(cloister.err)[0].startswith("a device may be read only by an administrator")


def test_a_pipe_is_refused_and_not_waited_for(cloister: Cloister, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    held = os.open(tmp_path / "pipe", os.O_RDWR)  # so that a command that opens it does not wait for ever
    assert cloister.refused("verify", tmp_path / "pipe").endswith("is a pipe, not a card")
    os.close(held)
