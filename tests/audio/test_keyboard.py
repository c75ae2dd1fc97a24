"""The keys of a real terminal: what they mean, and that the terminal is left as it was."""

import os
import pty
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from host_tools.audio.playing import Action
from host_tools.cli.keyboard import NoKeys, keys, meant


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[BinaryIO]:
    """The far end of a terminal that is this process's standard input."""
    master, slave = pty.openpty()
    with os.fdopen(master, "r+b", buffering=0) as far_end, os.fdopen(slave, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield far_end
        monkeypatch.undo()


@pytest.mark.parametrize(
    ("typed", "actions"),
    [
        (" ", [Action.PAUSE]),
        ("\x1b[D\x1b[C", [Action.BACK, Action.FORWARD]),
        ("\x1bOD\x1bOC", [Action.BACK, Action.FORWARD]),
        ("mq", [Action.NEXT_MARK, Action.QUIT]),
        ("\xe0K\xe0M\x00K\x00M", [Action.BACK, Action.FORWARD] * 2),
        ("\x1b[A\x1b[5~\x1b[1;5Dx\xe0H\x1b", []),
        ("ä\x1b[Bz m", [Action.PAUSE, Action.NEXT_MARK]),
    ],
)
def test_what_keys_mean(typed: str, actions: list[Action]) -> None:
    assert list(meant(typed)) == actions


def test_keys_are_taken_without_enter(terminal: BinaryIO) -> None:
    with keys() as keyboard:
        assert keyboard.pressed() is None
        terminal.write(b"m \x1b[D")
        taken = [keyboard.wait(), keyboard.pressed(), keyboard.wait()]
        assert taken == [Action.NEXT_MARK, Action.PAUSE, Action.BACK]
        assert keyboard.pressed() is None


def test_the_terminal_is_left_as_it_was(terminal: BinaryIO) -> None:
    before = termios.tcgetattr(sys.stdin)
    with pytest.raises(ZeroDivisionError), keys():
        assert termios.tcgetattr(sys.stdin) != before
        raise ZeroDivisionError
    assert termios.tcgetattr(sys.stdin) == before


def test_a_terminal_that_goes_away_quits(terminal: BinaryIO) -> None:
    with keys() as keyboard:
        terminal.close()
        assert keyboard.wait() is Action.QUIT


def test_without_a_terminal_nothing_is_ever_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with keys() as keyboard:
            assert isinstance(keyboard, NoKeys)
            assert keyboard.pressed() is None
            assert keyboard.wait() is Action.QUIT
