"""A recording in several parts: told as one, exported whole whichever part is named, never in silence."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from host_tools.vault import Gone
from tests.reference_writer import BLOCK, record, seal_of
from tests.typed_command import FRAMES, SOUND, Cloister, errors

END = 4
THIRDS = (0, 6000, 13_000, FRAMES)


@pytest.fixture
def parts(cloister: Cloister, card: Path) -> list[Path]:
    """SOUND as numbers 7, 8 and 9 on a card, with a mark in each."""
    paths, before = [], None
    for part in range(3):
        cloister.made.next_key()
        writer = cloister.made.writer
        start, until = THIRDS[part], THIRDS[part + 1]
        previous = before and {"number": 6 + part, "seal": seal_of(before), "samples": start}
        records = writer.records(
            SOUND[start:until].tobytes(),
            start=start,
            events=[{"at": start + 1000, "event": "mark"}],
            end=False,
            session={"part": part, "previous": previous or None},
        )
        end = {"samples": until, "lost": 0, "reason": "stop" if part == 2 else "continued"}
        before = writer.container(7 + part, [*records, record(END, end)])
        paths.append(card / f"R{7 + part:07}.DAT")
        paths[-1].write_bytes(before)
    return paths


def copy_of(cloister: Cloister, path: Path) -> Path:
    """The vault's copy of a file of the card."""
    copies = (cloister.made.folder / "recordings").iterdir()
    return next(copy for copy in copies if copy.read_bytes() == path.read_bytes())


def heard(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int16")[0]


def test_parts_are_listed_as_parts(cloister: Cloister, card: Path, parts: list[Path]) -> None:
    assert cloister("import", card) == 0
    line = "1 to 3   7 to 9   complete   imported   0:02 recorded, nothing lost"
    assert cloister.out.splitlines()[1:] == [line]
    assert cloister("list") == 0
    assert "1 of 3" in cloister.out and "3 of 3, began in number 7" in cloister.out
    cloister("list", "--json")
    assert [entry["parts"] for entry in json.loads(cloister.out)["recordings"]] == [[1, 2, 3]] * 3
    assert cloister("show", 2) == 0
    assert "2 of 3, began in number 7" in cloister.out


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_export_of_any_part_writes_the_whole(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path], asked: int
) -> None:
    cloister("import", card)
    assert cloister("export", asked, "-o", tmp_path / "a.wav") == 0
    assert np.array_equal(heard(tmp_path / "a.wav"), SOUND)
    assert "has 3 parts here, numbers 7 to 9" in cloister.err
    assert cloister("waveform", asked, "-o", tmp_path) == 0
    assert Path(cloister.out.strip()).name == "Session1_July2025.png"


def test_times_count_from_the_recordings_beginning(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path]
) -> None:
    cloister("import", card)
    span = ("--from", "0.5", "--to", "2")
    assert cloister("export", 3, "-o", tmp_path / "a.wav", *span) == 0
    assert np.array_equal(heard(tmp_path / "a.wav"), SOUND[4000:16_000])
    cloister("show", 3, "--json")
    assert [event["seconds"] for event in json.loads(cloister.out)["events"]] == [14_000 / 8000]


def test_marks_are_counted_through_all_parts(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path]
) -> None:
    cloister("import", card)
    assert cloister("export", 2, "-o", tmp_path / "a.wav", "--from", "mark2", "--to", "mark3") == 0
    assert np.array_equal(heard(tmp_path / "a.wav"), SOUND[7000:14_000])
    with cloister.made.open() as vault:
        assert vault.audit.entries(1)[0].recordings == [2, 3]
        ((_, note),) = vault.papers.all("export")
    assert note["recordings"] == [2, 3] and note["span"] == [7000 / 8000, 14_000 / 8000]


def test_a_part_whose_key_was_destroyed_is_left_out_and_named(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path]
) -> None:
    cloister("import", card)
    with cloister.made.open() as vault:
        vault.destroy_keys([2], Gone("2099-01-01T10:00:00+00:00", 1, "expired"))
    assert cloister("export", 1, "-o", tmp_path / "a.wav") == 3
    expected = SOUND.copy()
    expected[6000:13_000] = 0
    assert np.array_equal(heard(tmp_path / "a.wav"), expected)
    assert "part 2 is left out: recording 2 is gone: its key was destroyed on 2099-01-01" in cloister.err
    assert "recording 2 is gone" in cloister.refused("export", 2, "-o", tmp_path / "b.wav")


def test_a_part_missing_in_the_middle_is_silence_and_named(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path]
) -> None:
    parts[1].unlink()
    assert cloister("import", card) == 3
    assert "missing: number 8" in cloister.err
    assert cloister("export", 1, "-o", tmp_path / "a.wav") == 3
    expected = SOUND.copy()
    expected[6000:13_000] = 0
    assert np.array_equal(heard(tmp_path / "a.wav"), expected)
    assert errors(cloister.err) == ["cloister: error: number 8 of this recording is not in the vault"]
    assert cloister("waveform", 2, "-o", tmp_path) == 3
    cloister("list")
    assert "1, others missing" in cloister.out and "3, others missing, began in number 7" in cloister.out


def test_a_beginning_or_an_end_that_is_missing_is_named(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path]
) -> None:
    parts[0].unlink()
    parts[2].unlink()
    assert cloister("import", card) == 3
    assert "missing: numbers 7, 9" in cloister.err
    assert cloister("export", 1, "-o", tmp_path / "a.wav") == 3
    assert np.array_equal(heard(tmp_path / "a.wav"), SOUND[6000:13_000])
    assert errors(cloister.err) == ["cloister: error: numbers 7, 9 of this recording are not in the vault"]


def test_a_part_whose_copy_is_gone_is_left_out_and_named(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path]
) -> None:
    cloister("import", card)
    copy_of(cloister, parts[1]).unlink()
    assert cloister("export", 1, "-o", tmp_path / "a.wav") == 3
    expected = SOUND.copy()
    expected[6000:13_000] = 0
    assert np.array_equal(heard(tmp_path / "a.wav"), expected)
    assert "part 2 is left out: the vault's file of recording 2 cannot be opened" in cloister.err
    assert "cannot be opened" in cloister.refused("export", 2, "-o", tmp_path / "b.wav")
    assert cloister("export", 1, "-o", tmp_path / "c.wav", "--to", "0.5") == 0


def test_a_part_whose_copy_was_cut_is_not_passed_off_as_silence(
    cloister: Cloister, card: Path, tmp_path: Path, parts: list[Path]
) -> None:
    cloister("import", card)
    copy = copy_of(cloister, parts[0])
    copy.write_bytes(copy.read_bytes()[: 3 * BLOCK])
    assert cloister("export", 3, "-o", tmp_path / "a.wav") == 3
    assert "the vault's copy of recording 1 is damaged: only 0:00 of 0:00" in cloister.err
    sound = heard(tmp_path / "a.wav")
    assert len(sound) == FRAMES
    assert np.array_equal(sound[6000:], SOUND[6000:]) and not sound[3000:6000].any()


def test_recordings_that_only_stand_beside_each_other_are_not_joined(
    cloister: Cloister, card: Path, tmp_path: Path
) -> None:
    for number in (1, 2):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))
    cloister("import", card)
    assert cloister("export", 2, "-o", tmp_path / "a.wav") == 0
    assert np.array_equal(heard(tmp_path / "a.wav"), SOUND)
    assert "parts" not in cloister.err


def test_events_are_shown_in_words(cloister: Cloister, card: Path) -> None:
    events = [
        {"at": 0, "event": "consent", "party": 2},
        {"at": 800, "event": "pause"},
        {"at": 800, "event": "resume"},
        {"at": 900, "event": "clip", "samples": 4},
        {"at": 1000, "event": "battery", "mv": 3390},
        {"at": 1000, "event": "card", "card": "out"},
        {"at": 1000, "event": "fault", "code": 4},
        {"at": 1000, "event": "fault", "code": 99},
        {"at": 1000, "event": "battery", "mv": "\x1b[31m"},
        {"at": 1000, "event": "weather", "rain": 3},
    ]
    (card / "R0000001.DAT").write_bytes(cloister.container(1, events=events))
    cloister("import", card)
    assert cloister("show", 1) == 0
    for words in (
        "party 2",
        "off the record from here; that time is not counted",
        "on the record again",
        "4 samples were too loud",
        "low: 3.39 V",
        "taken out",
        "the microphone has a fault (code 4)",
        "fault     99",
        "mv ?[31m",
        "rain 3",
    ):
        assert words in cloister.out
    assert "\x1b" not in cloister.out
