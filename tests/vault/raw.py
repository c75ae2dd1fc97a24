"""A vault as somebody has it who has only its files: all bytes of them, and changes behind its back."""

import sqlite3
from contextlib import closing
from pathlib import Path


def all_bytes(folder: Path) -> bytes:
    """Everything that lies in the vault's files."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def edit(folder: Path, statement: str, *values: object) -> None:
    """Change a vault behind its back."""
    with closing(sqlite3.connect(folder / "vault.sqlite")) as connection, connection:
        connection.execute(statement, values)


def rows(folder: Path, query: str, *values: object) -> list[tuple]:
    """What lies in its tables."""
    with closing(sqlite3.connect(folder / "vault.sqlite")) as connection:
        return connection.execute(query, values).fetchall()
