"""Playing: the recorded samples and no others, from memory alone, and whatever is missing is said."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from host_tools.audio import speaker
from host_tools.audio.playing import Action
from host_tools.cli import keyboard
from host_tools.errors import CloisterError
from host_tools.vault import Gone
from tests.audio.heard import Sink, Typed
from tests.files_written import contents, files_written
from tests.reference_writer import BLOCK
from tests.typed_command import SOUND, Cloister, errors

MARKS = [{"at": at, "event": "mark"} for at in (4000, 12_000)]


class Loudspeaker(Sink):
    """Stands in for the computer's output; the newest one made is `newest`."""

    newest: "Loudspeaker"

    def __init__(self, rate_hz: int, channels: int):
        super().__init__()
        self.form = rate_hz, channels
        Loudspeaker.newest = self

    def __enter__(self) -> "Loudspeaker":
        return self

    def __exit__(self, *exception: object) -> None:
        pass


@pytest.fixture(autouse=True)
def loudspeaker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker, "check_speaker", lambda: None)
    monkeypatch.setattr(speaker, "Speaker", Loudspeaker)


@pytest.fixture
def filled(cloister: Cloister, card: Path) -> Cloister:
    """Recording 1: SOUND with two marks. The card is gone."""
    (card / "R0000001.DAT").write_bytes(cloister.container(1, events=MARKS))
    cloister("import", card)
    shutil.rmtree(card)
    return cloister


def heard() -> np.ndarray:
    return Loudspeaker.newest.samples[:, 0]


def press(monkeypatch: pytest.MonkeyPatch, *presses: tuple[int, Action]) -> None:
    """Let these keys be pressed, each after so many samples."""

    @contextmanager
    def typed() -> Iterator[Typed]:
        yield Typed(lambda: Loudspeaker.newest.frames, presses)

    monkeypatch.setattr(keyboard, "keys", typed)


def newest_entry(cloister: Cloister):
    with cloister.made.open() as vault:
        return vault.audit.entries(1)[0]


def test_the_recorded_samples_are_played(filled: Cloister) -> None:
    assert filled("play", 1) == 0
    assert np.array_equal(heard(), SOUND)
    assert Loudspeaker.newest.form == (8000, 1)
    assert Loudspeaker.newest.stills == [("finish", len(SOUND))]
    assert (filled.out, filled.err) == ("", "")


def test_an_excerpt_by_times_or_by_marks(filled: Cloister) -> None:
    assert filled("play", 1, "--from", "0:01", "--to", "1.25") == 0
    assert np.array_equal(heard(), SOUND[8000:10_000])
    assert filled("play", 1, "--from", "mark1", "--to", "mark2") == 0
    assert np.array_equal(heard(), SOUND[4000:12_000])


def test_nothing_is_written_anywhere(filled: Cloister, tmp_path: Path) -> None:
    before = contents(tmp_path)
    with files_written() as written:
        assert filled("play", 1) == 0
    assert written == []
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before.get(name)} == {
        str(filled.made.folder / "vault.sqlite")
    }
    assert SOUND[:1000].tobytes() not in after[str(filled.made.folder / "vault.sqlite")]


def test_keys_are_obeyed(filled: Cloister, monkeypatch: pytest.MonkeyPatch) -> None:
    press(monkeypatch, (800, Action.NEXT_MARK), (1600, Action.PAUSE), (0, Action.NEXT_MARK), (0, Action.QUIT))
    assert filled("play", 1) == 0
    assert np.array_equal(heard(), np.concatenate([SOUND[:800], SOUND[4000:4800]]))
    assert newest_entry(filled).detail == {"heard_until": 1.5}


def test_time_and_marks_are_shown_on_a_terminal(filled: Cloister, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    press(monkeypatch, (9600, Action.PAUSE), (0, Action.PAUSE))
    assert filled("play", 1, "--from", "0.25") == 0
    lines = [line.strip() for line in filled.err.replace("\n", "\r").split("\r")]
    assert lines[0].startswith("space: pause")
    shown = [line for line in dict.fromkeys(lines) if " of " in line]
    assert shown == [
        "0:00 of 0:02   mark1 at 0:00",
        "0:00 of 0:02   mark2 at 0:01",
        "0:01 of 0:02   mark2 at 0:01",
        "0:01 of 0:02   paused   mark2 at 0:01",
        "0:01 of 0:02",
        "0:02 of 0:02",
    ]


def test_interrupting_it_is_a_way_to_stop(filled: Cloister, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Loudspeaker, piece: np.ndarray) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Loudspeaker, "play", interrupted)
    assert filled("play", 1) == 0
    assert Loudspeaker.newest.stills == [("drop", 0)]
    assert newest_entry(filled).outcome == "done"


def test_what_was_lost_is_silent_and_said(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1, gap=(5000, 16_000)))
    cloister("import", card)
    assert cloister("play", 1) == 0
    assert np.array_equal(heard(), np.concatenate([SOUND[:5000], np.zeros(16_000, np.int16), SOUND[5000:]]))
    assert cloister.err == "cloister: note: 2.00 s from 0:00 on were lost and are silent\n"
    assert cloister("play", 1, "--from", "3") == 0
    assert cloister.err == ""


def test_a_damaged_copy_is_played_as_far_as_it_is_authentic_and_that_is_said(filled: Cloister) -> None:
    (copy,) = (filled.made.folder / "recordings").iterdir()
    copy.write_bytes(copy.read_bytes()[: 4 * BLOCK])
    assert filled("play", 1) == 3
    assert np.array_equal(heard(), SOUND[: len(heard())]) and 4000 < len(heard()) < 6000
    assert errors(filled.err) == [
        "cloister: error: the vault's copy of recording 1 is damaged: only 0:00 of 0:02 is authentic"
    ]
    assert newest_entry(filled).outcome == "found"


def test_a_recording_that_is_gone_is_not_played(filled: Cloister) -> None:
    with filled.made.open() as vault:
        vault.destroy_keys([1], Gone("2099-01-01T10:00:00+00:00", 1, "expired"))
    assert filled.refused("play", 1) == "recording 1 is gone: its key was destroyed on 2099-01-01"
    assert "no copy of it can be opened any more" in filled.err


def test_without_an_output_nothing_is_opened(filled: Cloister, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise CloisterError("this computer has no sound output that can be used", speaker.INSTEAD)

    monkeypatch.setattr(speaker, "check_speaker", refuse)
    seen = newest_entry(filled).seq
    assert "no sound output" in filled.refused("play", 1)
    assert "cloister export writes a file" in filled.err
    assert newest_entry(filled).seq == seen


def test_the_audit_says_who_listened_to_what(filled: Cloister) -> None:
    filled("play", 1, "--from", "1")
    entry = newest_entry(filled)
    assert (entry.action, entry.recordings, entry.outcome) == ("play", [1], "done")
    assert entry.detail == {"span": [1.0, 2.5], "heard_until": 2.5}
    assert "no mark3" in filled.refused("play", 1, "--to", "mark3")
    assert newest_entry(filled).outcome == "failed"
