"""The command on a vault of the test's own, an image of a card, and somebody at a terminal."""

import sys
from pathlib import Path

import click
import pytest

from host_tools.card import format_fat32
from tests.card.wiped_cards import MemoryTarget, OpenCard
from tests.quick_vault import make_quick_vault
from tests.recovery.cards import CardImage
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


@pytest.fixture
def recorders_card(tmp_path: Path, cloister: Cloister) -> CardImage:
    """Three recordings and a container that is prepared; the first two are in the vault."""
    card = CardImage(tmp_path / "card.img")
    for number in (1, 2):
        card.add(f"R{number:07d}.DAT", cloister.container(number, capacity=24))
    cloister("import", card.path)
    card.add("R0000003.DAT", cloister.container(3, capacity=24))
    card.add("R0000004.DAT", cloister.made.writer.prepared(4))
    return card


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> dict:
    """Somebody at a terminal who answers questions with yes or no."""
    there = {"asked": [], "answer": True}

    def ask(text: str, **options: object) -> bool:
        there["asked"].append(text)
        return there["answer"]

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", ask)
    return there


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch):
    """A function that makes a card in memory the device /dev/sdx, with what else is known of it."""

    class Known(MemoryTarget):
        is_built_in, untold, name = False, "", "sdx"

    def put_in(card, **about: object) -> None:
        known = Known(card, "/dev/sdx")
        for name, value in about.items():
            setattr(known, name, value)
        monkeypatch.setattr("host_tools.card.target.find_target", lambda *named, **options: known)
        monkeypatch.setattr(OpenCard, "fileno", lambda opened: -1, raising=False)

    return put_in
