"""The command on a vault with three recordings, in an empty folder of its own; and somebody at a terminal."""

import sys
from pathlib import Path

import click
import pytest

from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister
from tests.vault.entries import add_entry


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cloister:
    made = make_quick_vault(tmp_path)
    with made.open() as vault:
        for number in (1, 2, 3):
            add_entry(vault, made, number)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return Cloister(made, capsys)


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> dict:
    """Somebody at a terminal: `types` has answers to questions with these words, `asked` what was asked."""
    there: dict = {"asked": [], "types": {}, "yes": True}

    def ask(text: str, default: str = "", **options: object) -> str:
        there["asked"].append(text)
        answers = next((answers for words, answers in there["types"].items() if words in text), [])
        return answers.pop(0) if answers else default

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "prompt", ask)
    monkeypatch.setattr(click, "confirm", lambda *asked, **options: there["yes"])
    return there
