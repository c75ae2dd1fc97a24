"""Excerpts in clear: from mark to mark, as loud as asked, known to the vault before they have a name."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from host_tools.audio.loudness import measure
from host_tools.errors import CloisterError
from host_tools.vault import Gone, State
from host_tools.vault.papers import Papers
from tests.full_disk import files_at_most
from tests.reference_writer import BLOCK
from tests.typed_command import FRAMES, SOUND, Cloister, errors

MARKS = [{"at": at, "event": "mark"} for at in (4000, 12_000)]
EVENTS = [{"at": 2000, "event": "pause"}, {"at": 2000, "event": "resume"}, *reversed(MARKS)]
RATE = 8000


@pytest.fixture
def filled(cloister: Cloister, card: Path) -> Cloister:
    """Recording 1: SOUND with two marks, which stand there in the wrong order, and a pause."""
    (card / "R0000001.DAT").write_bytes(cloister.container(1, events=EVENTS))
    cloister("import", card)
    return cloister


def sine(peak_dbfs: float, seconds: float = 3) -> np.ndarray:
    moments = np.arange(round(seconds * RATE)) / RATE
    return np.rint(np.sin(2 * np.pi * 1000 * moments) * 32768 * 10 ** (peak_dbfs / 20)).astype(np.int16)


def take_in(cloister: Cloister, card: Path, number: int, pcm: np.ndarray, **details: object) -> None:
    (card / f"R{number:07}.DAT").write_bytes(cloister.container(number, pcm=pcm.tobytes(), **details))
    assert cloister("import", card) in (0, 3)


def heard(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int16")[0]


def notes(cloister: Cloister) -> list[dict]:
    with cloister.made.open() as vault:
        return [paper for _, paper in vault.papers.all("export")]


def newest_entry(cloister: Cloister):
    with cloister.made.open() as vault:
        return vault.audit.entries(1)[0]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (("--from", "mark1", "--to", "mark2"), slice(4000, 12_000)),
        (("--from", "mark2"), slice(12_000, None)),
        (("--to", "MARK1"), slice(0, 4000)),
        (("--from", "0:01", "--to", "mark2"), slice(8000, 12_000)),
    ],
)
def test_from_mark_to_mark(filled: Cloister, tmp_path: Path, span: tuple, expected: slice) -> None:
    assert filled("export", 1, "-o", tmp_path / "a.wav", *span) == 0
    assert np.array_equal(heard(tmp_path / "a.wav"), SOUND[expected])
    assert filled("waveform", 1, "-o", tmp_path / "a.png", *span) == 0


def test_a_mark_that_is_not_there_is_told_with_those_that_are(filled: Cloister, tmp_path: Path) -> None:
    message = filled.refused("export", 1, "-o", tmp_path / "a.wav", "--from", "mark3")
    assert message == "recording 1 has no mark3"
    assert "hint: its marks: mark1 0:00, mark2 0:01" in filled.err
    refusal = filled.refused("export", 1, "-o", tmp_path / "a.wav", "--from", "mark2", "--to", "mark1")
    assert "nothing lies between" in refusal
    for word in ("mark0", "mark", "mark-1", "mark1x", "later"):
        assert "is no time" in filled.refused("export", 1, "--from", word, status=2)
    assert not list(tmp_path.glob("*.wav"))


def test_a_recording_without_a_mark_says_so(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    take_in(cloister, card, 1, SOUND)
    assert "has no mark1" in cloister.refused("export", 1, "-o", tmp_path / "a.wav", "--to", "mark1")
    assert "there is no mark in it" in cloister.err


def test_marks_are_counted_as_far_as_the_copy_is_there_and_that_is_said(
    filled: Cloister, tmp_path: Path
) -> None:
    (copy,) = (filled.made.folder / "recordings").iterdir()
    copy.write_bytes(copy.read_bytes()[: 4 * BLOCK])
    assert filled("export", 1, "-o", tmp_path / "a.wav", "--from", "mark1") == 3
    assert "marks in what is missing are not counted" in errors(filled.err)[0]


@pytest.mark.parametrize("level", [-40.0, -12.0])
def test_normalized_sound_has_the_level_of_broadcasting(
    cloister: Cloister, card: Path, tmp_path: Path, level: float
) -> None:
    take_in(cloister, card, 1, sine(level))
    assert cloister("export", 1, "-o", tmp_path / "a.flac", "--normalize") == 0
    written = heard(tmp_path / "a.flac")
    # One channel counts 3.01 dB less than two, for which EBU Tech 3341 has -23 LUFS at -23 dBFS.
    assert 20 * np.log10(np.abs(written.astype(float)).max() / 32768) == pytest.approx(-23 + 3.01, abs=0.1)
    assert (
        f"note: loudness: {-23 + 3.01 - level:+.1f} dB, from {level - 3.01:.1f} to -23.0 LUFS" in cloister.err
    )


def test_only_the_excerpt_is_measured(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    take_in(cloister, card, 1, np.concatenate([sine(-12), sine(-40)]))
    assert cloister("export", 1, "-o", tmp_path / "a.wav", "--from", 3, "--normalize") == 0
    found = measure(iter([heard(tmp_path / "a.wav")[:, None]]), RATE, 1)
    assert found.lufs == pytest.approx(-23, abs=0.1)


def test_a_peak_is_never_cut_off(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    knock = sine(-45)
    knock[9000:9004] = 20_000
    take_in(cloister, card, 1, knock)
    assert cloister("export", 1, "-o", tmp_path / "a.wav", "--normalize") == 0
    assert "dB would have cut off peaks" in cloister.err
    assert np.abs(heard(tmp_path / "a.wav").astype(int)).max() < 32767 * 10 ** (-1 / 20) + 1


def test_silence_stays_as_it_is(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    take_in(cloister, card, 1, np.zeros(FRAMES, np.int16))
    assert cloister("export", 1, "-o", tmp_path / "a.wav", "--normalize") == 0
    assert "loudness: too quiet to be measured: left as it is" in cloister.err
    assert not heard(tmp_path / "a.wav").any()


def test_the_vault_remembers_every_export(filled: Cloister, tmp_path: Path) -> None:
    filled("export", 1, "-o", tmp_path / "a.wav", "--from", "mark1", "--to", "mark2")
    entry = newest_entry(filled)
    assert (entry.action, entry.recordings, entry.outcome) == ("export", [1], "done")
    assert entry.detail == {"span": [0.5, 1.5], "to": str(tmp_path / "a.wav")}
    filled("waveform", 1, "-o", tmp_path)
    assert newest_entry(filled).action == "waveform"
    export, picture = notes(filled)
    assert export == {
        "at": export["at"],
        "by": 1,
        "recordings": [1],
        "kind": "export",
        "to": str(tmp_path / "a.wav"),
        "span": [0.5, 1.5],
        "until": None,
    }
    assert (picture["kind"], picture["span"]) == ("waveform", None)
    assert picture["to"] == str(tmp_path / "Session1_July2025.png")
    assert str(tmp_path).encode() not in (filled.made.folder / "vault.sqlite").read_bytes()


@pytest.mark.parametrize("command", [("export", "a.wav"), ("waveform", "a.png")])
def test_the_vault_knows_of_a_file_before_it_has_its_name(
    filled: Cloister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, str]
) -> None:
    verb, name = command
    (tmp_path / "out").mkdir()
    path, known_then = tmp_path / "out" / name, []
    rename = Path.replace

    def watched(self: Path, target: Path) -> Path:
        known_then.append(len(notes(filled)))
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    assert filled(verb, 1, "-o", path) == 0
    assert known_then == [1]

    def refused(self: Path, target: Path) -> Path:
        raise OSError(13, os.strerror(13))

    monkeypatch.setattr(Path, "replace", refused)
    assert "cannot be written: permission denied" in filled.refused(verb, 1, "-o", path, "--force")
    assert len(notes(filled)) == 1
    assert list((tmp_path / "out").iterdir()) == [path]


def test_withdrawn_consent_is_said_when_something_is_handed_on(filled: Cloister, tmp_path: Path) -> None:
    with filled.made.open() as vault:
        vault.set_state(1, State(withdrawn="2026-02-03"))
    filled("export", 1, "-o", tmp_path / "a.wav")
    assert "note: consent to this recording was withdrawn on 2026-02-03" in filled.err


def test_without_its_note_there_is_no_file(
    filled: Cloister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Papers, kind: str, value: dict) -> int:
        raise CloisterError("the vault cannot be used: database or disk is full")

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Papers, "add", full)
    assert "disk is full" in filled.refused("export", 1, "-o", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
def test_a_full_disk_leaves_no_file_and_no_note(
    cloister: Cloister, card: Path, tmp_path: Path, name: str
) -> None:
    noise = np.random.default_rng(3).integers(-20_000, 20_000, 1_000_000, dtype=np.int16)
    take_in(cloister, card, 1, noise)
    (tmp_path / "out").mkdir()
    with files_at_most(300_000):
        assert "cannot be written" in cloister.refused("export", 1, "-o", tmp_path / "out" / name)
    assert list((tmp_path / "out").iterdir()) == []
    assert notes(cloister) == []
    assert newest_entry(cloister).outcome == "failed"
    assert cloister("export", 1, "-o", tmp_path / "out" / name) == 0


def test_a_recording_that_is_gone_is_refused_in_clear_words(filled: Cloister, tmp_path: Path) -> None:
    with filled.made.open() as vault:
        vault.destroy_keys([1], Gone("2099-01-01T10:00:00+00:00", 1, "expired", certificate=4))
    for verb in ("export", "waveform"):
        message = filled.refused(verb, 1, "-o", tmp_path)
        assert message == "recording 1 is gone: its key was destroyed on 2099-01-01"
        assert "no copy of it can be opened any more, wherever it is; certificate 4 says how" in filled.err
    assert newest_entry(filled).detail["error"] == message
    filled("show", 1, "--json")
    assert json.loads(filled.out)["id"] == 1
