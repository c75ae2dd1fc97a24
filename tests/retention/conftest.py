"""A vault with recordings that a recorder made: imported from a card, one a day, of different ages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.quick_vault import QuickVault, make_quick_vault
from tests.reference_writer import Writer
from tests.typed_command import Cloister

TODAY = datetime.now(UTC).date()


def days_ago(days: int) -> str:
    """A start so many days ago, as SESSION has it."""
    return f"{TODAY - timedelta(days)}T09:00:00Z"


@dataclass
class Practice:
    """The command, the card, and the containers as they were on the card; ids count from 1."""

    cloister: Cloister
    card: Path
    containers: dict[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def made(self) -> QuickVault:
        return self.cloister.made

    @property
    def writer(self) -> Writer:
        return self.made.writer

    def record(self, number: int, days: int = 0, **details: object) -> Path:
        """A container on the card, recorded so many days ago."""
        session = {"started": days_ago(days)} | details.pop("session", {})
        data = self.cloister.container(number, session=session, **details)
        self.containers[number] = data
        path = self.card / f"R{number:07}.DAT"
        path.write_bytes(data)
        return path

    def take_in(self) -> None:
        assert self.cloister("import", self.card) in (0, 3), self.cloister.err

    def key_of(self, number: int) -> bytes:
        """The id of the key that a container is sealed to."""
        return self.containers[number][32:40]

    def __call__(self, *arguments: object) -> int:
        return self.cloister(*arguments)

    @property
    def out(self) -> str:
        return self.cloister.out

    @property
    def err(self) -> str:
        return self.cloister.err


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    return Cloister(make_quick_vault(tmp_path), capsys)


@pytest.fixture
def empty(cloister: Cloister, tmp_path: Path) -> Practice:
    (tmp_path / "card").mkdir()
    return Practice(cloister, tmp_path / "card")


@pytest.fixture
def practice(empty: Practice) -> Practice:
    """Three recordings: of 100, 50 and 10 days ago."""
    for number, days in ((1, 100), (2, 50), (3, 10)):
        empty.record(number, days)
    empty.take_in()
    return empty


Typing = Callable[[str], None]


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Somebody at a terminal who types these lines."""

    def set_up(lines: str) -> None:
        import io

        text = io.StringIO(lines)
        monkeypatch.setattr("sys.stdin", text)
        monkeypatch.setattr(text, "isatty", lambda: True, raising=False)

    return set_up
