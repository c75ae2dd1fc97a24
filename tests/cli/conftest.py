"""A vault of its own for each test of the command, and an empty card."""

from pathlib import Path

import pytest

from tests.pty_double import PtyDouble
from tests.quick_vault import make_quick_vault
from tests.serviced_recorder import ServicedRecorder
from tests.typed_command import Cloister


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    return Cloister(make_quick_vault(tmp_path), capsys)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (tmp_path / "card").mkdir()
    return tmp_path / "card"


@pytest.fixture
def recorder(cloister: Cloister) -> ServicedRecorder:
    """The vault's recorder, as the console shows it."""
    return ServicedRecorder(cloister.made.writer.recorder_id, cloister.made.writer.secret)


@pytest.fixture
def port(recorder: ServicedRecorder):
    """The serial port that it is on."""
    double = PtyDouble(recorder)
    yield double.port
    double.close()
