"""The command on a vault of the test's own, an image of a card, and somebody at a terminal."""

import sys
from pathlib import Path

import click
import pytest

from host_tools.card import format_fat32
from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    return Cloister(make_quick_vault(tmp_path), capsys)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A card of 68 MB that ends in the middle of a block of 4096 bytes."""
    path = tmp_path / "card.img"
    format_fat32(path, 68_000_000 // 512 * 512)
    assert path.stat().st_size % 4096
    return path


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> dict:
    """Somebody at a terminal: `types` is what is typed, `asked` what the program asked."""
    there = {"asked": [], "types": ""}

    def ask(text: str, **options: object) -> str:
        there["asked"].append(text)
        return there["types"]

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "prompt", ask)
    return there
