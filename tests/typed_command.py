"""The `cloister` command as a user types it, and the sound that the containers of its tests hold."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from host_tools.cli import main
from tests.quick_vault import QuickVault

FRAMES = 20_000
SOUND = np.random.default_rng(7).integers(-20_000, 20_000, FRAMES, dtype=np.int16)
AUDIT_TABLES = ("audit", "audit_head", "attempts", "sqlite_sequence")


class Cloister:
    """Runs the command on one vault; keeps what it printed."""

    def __init__(self, made: QuickVault, capsys: pytest.CaptureFixture[str]):
        self.made = made
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: object, passphrase_file: Path | None = None) -> int:
        options = [
            "--vault",
            self.made.folder,
            "--passphrase-file",
            passphrase_file or self.made.passphrase_file,
        ]
        status = main([str(argument) for argument in (*options, *arguments)])
        self.out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.err + self.out
        return status

    def refused(self, *arguments: object, status: int = 1, **more: Path) -> str:
        """The one error line of a command that must fail, with everything left as it was."""
        before = everything(self.made.folder)
        assert self(*arguments, **more) == status
        assert everything(self.made.folder) == before
        assert self.out == ""
        lines = self.err.splitlines()
        assert lines[0].startswith("cloister: error: ")
        assert all(line.startswith("cloister: hint: ") for line in lines[1:])
        return lines[0].removeprefix("cloister: error: ")

    def container(self, number: int, **details: object) -> bytes:
        """A container of SOUND with a one-time key of its own."""
        self.made.next_key()
        return self.made.writer.container(number, **({"pcm": SOUND.tobytes()} | details))


def everything(folder: Path) -> dict[str, object]:
    """All of a vault's files but the audit, which is told of what was refused, too."""
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    database = folder / "vault.sqlite"
    return files | ({str(database): rows_of(database)} if database.exists() else {})


def rows_of(database: Path) -> object:
    """All rows of all tables but the audit's; the bytes, if it is no database."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            tables = [name for (name,) in names if name not in AUDIT_TABLES]
            return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}  # noqa: S608
    except (sqlite3.Error, UnicodeDecodeError):
        return database.read_bytes()


def errors(text: str) -> list[str]:
    """The error lines of what went to stderr."""
    return [line for line in text.splitlines() if line.startswith("cloister: error: ")]
