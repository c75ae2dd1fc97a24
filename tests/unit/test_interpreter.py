"""Which MicroPython runs the firmware: the order of the search, and what is refused."""

import sys
from pathlib import Path

import pytest

from host_tools.errors import CloisterError
from host_tools.simulator import interpreter


def fake(folder: Path, name: str, answer: str) -> Path:
    """A program that answers the question for word size and version."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho {answer}\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def places(tmp_path, monkeypatch):
    """An empty checkout and an empty PATH: the folders to put interpreters into."""
    unpacked, on_path = tmp_path / "unpacked", tmp_path / "path"
    monkeypatch.setattr(interpreter, "UNPACKED_DIR", unpacked)
    monkeypatch.setenv("PATH", str(on_path))
    monkeypatch.delenv("MICROPYTHON", raising=False)
    return unpacked, on_path


def test_the_32_bit_one_of_the_checkout_comes_first(places):
    unpacked, on_path = places
    fake(on_path, "micropython", "64 1 25")
    assert interpreter.find_interpreter() == [str(on_path / "micropython")]
    fake(unpacked, "micropython64", "64 1 25")
    assert interpreter.find_interpreter() == [str(unpacked / "micropython64")]
    fake(unpacked, "micropython32", "32 1 25")
    assert interpreter.find_interpreter() == [str(unpacked / "micropython32")]


def test_the_environment_names_the_interpreter_before_all_others(places, tmp_path, monkeypatch):
    fake(places[0], "micropython32", "32 1 25")
    own = fake(tmp_path / "own", "mp", "64 1 23")
    monkeypatch.setenv("MICROPYTHON", str(own))
    assert interpreter.find_interpreter() == [str(own)]


def test_a_word_size_asked_for_is_measured_and_not_taken_from_the_name(places, tmp_path, monkeypatch):
    unpacked, on_path = places
    fake(unpacked, "micropython32", "64 1 25")
    fake(on_path, "micropython", "32 1 25")
    monkeypatch.setenv("MICROPYTHON", str(fake(tmp_path / "own", "mp", "64 1 25")))
    assert interpreter.find_interpreter(32) == [str(on_path / "micropython")]
    assert interpreter.find_interpreter(64) == [str(tmp_path / "own/mp")]


@pytest.mark.parametrize("answer", ["64 1 22", "64 0 99", "nonsense", ""])
def test_a_name_in_the_environment_that_is_no_fit_interpreter_is_an_error(
    places, tmp_path, monkeypatch, answer
):
    fake(places[0], "micropython32", "32 1 25")
    monkeypatch.setenv("MICROPYTHON", str(fake(tmp_path / "own", "mp", answer)))
    with pytest.raises(CloisterError, match=r"\$MICROPYTHON is not MicroPython 1.23 or later"):
        interpreter.find_interpreter()


def test_another_python_is_not_taken_for_micropython(places, monkeypatch):
    monkeypatch.setenv("MICROPYTHON", sys.executable)
    with pytest.raises(CloisterError):
        interpreter.find_interpreter()


def test_without_any_the_error_says_what_to_run(places):
    fake(places[1], "micropython", "64 1 20")
    with pytest.raises(CloisterError, match="no MicroPython 1.23 or later found") as raised:
        interpreter.find_interpreter()
    assert "make setup" in raised.value.hint


def test_the_interpreter_answers_with_its_own_word_size(micropython):
    widths = {"32": str(2**31 - 1), "64": str(2**63 - 1)}
    assert micropython.output("import sys; print(sys.maxsize)").strip() == widths[str(micropython.bits)]
