"""A vault of its own for each test of the command, and an empty card."""

from pathlib import Path

import pytest

from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    return Cloister(make_quick_vault(tmp_path), capsys)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (tmp_path / "card").mkdir()
    return tmp_path / "card"
