"""The vault's SQLite file: its schema with a version, its settings, and what its errors are called.

Every transaction is on disk when it returns (rollback journal, synchronous EXTRA), and what is deleted is
overwritten (secure_delete). The application id tells a vault from any other file. A migration is one
entry in MIGRATIONS, run in one transaction when an older vault is opened.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from host_tools.errors import CloisterError

APPLICATION_ID = 0x434C4F49  # "CLOI"
BUSY_TIMEOUT_S = 5.0

# Entry i makes version i + 1 out of version i. Columns named wrapped_… hold wrapping.Wrapper's output.
MIGRATIONS = (
    """
    CREATE TABLE master (id INTEGER PRIMARY KEY CHECK (id = 1), salt BLOB NOT NULL,
        memory_kib INTEGER NOT NULL, iterations INTEGER NOT NULL, lanes INTEGER NOT NULL,
        wrapped_key BLOB NOT NULL) STRICT;
    CREATE TABLE recorders (recorder_id BLOB PRIMARY KEY, wrapped_secret BLOB NOT NULL,
        wrapped_status BLOB) STRICT;
    CREATE TABLE keys (key_id BLOB PRIMARY KEY, role TEXT NOT NULL, recorder_id BLOB REFERENCES recorders,
        suite INTEGER NOT NULL, number INTEGER NOT NULL, public_key BLOB NOT NULL,
        wrapped_private_key BLOB) STRICT;
    CREATE UNIQUE INDEX key_places ON keys (role, ifnull(recorder_id, x''), suite, number);
    CREATE TABLE recordings (id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped_entry BLOB NOT NULL) STRICT;
    CREATE TABLE destroyed (recorder_id BLOB NOT NULL REFERENCES recorders, number INTEGER NOT NULL,
        PRIMARY KEY (recorder_id, number)) STRICT;
    """,
)

# All but the indexes that SQLite makes by itself.
SCHEMA_QUERY = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name, sql"


class Database:
    """One open vault file. Rows are read with `rows`, changed inside `transaction`."""

    def __init__(self, path: Path):
        self._path = path
        with self._errors_named():
            self._connection = sqlite3.connect(
                path.absolute().as_uri() + "?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
            )
            for setting in (
                "secure_delete = ON",
                "synchronous = EXTRA",
                "temp_store = MEMORY",
                "foreign_keys = ON",
                "trusted_schema = OFF",
                "cell_size_check = ON",
            ):
                self._connection.execute(f"PRAGMA {setting}")

    def check(self) -> None:
        """See that the file holds what this program wrote, before anything of it is read.

        Tables that are not the program's own could be programs themselves, without an end; and in a file
        whose pages lead to each other there is no last row. Raises CloisterError; also for a newer version.
        """
        if self._schema() != _schema_of(self._version()) or self.rows("PRAGMA quick_check(1)") != [("ok",)]:
            raise CloisterError(
                f"the vault {self._path.parent} is damaged, or was altered", "restore it from a backup"
            )

    def migrate(self) -> None:
        """Bring the schema to the newest version. Raises CloisterError for one newer than this program."""
        version = self._version()
        if version == len(MIGRATIONS):
            return
        with self.transaction():
            for statement in _statements(version, len(MIGRATIONS)):
                self.change(statement)
            self.change(f"PRAGMA user_version = {len(MIGRATIONS)}")
            self.change(f"PRAGMA application_id = {APPLICATION_ID}")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._errors_named():
            return self._connection.execute(query, values).fetchall()

    def change(self, statement: str, *values: Any) -> int:
        """Run one changing statement; the row id of what it inserted last."""
        with self._errors_named():
            return self._connection.execute(statement, values).lastrowid or 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, on disk when it ends; nobody else changes anything meanwhile."""
        with self._errors_named():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._errors_named():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _version(self) -> int:
        """How many of MIGRATIONS the file has had."""
        version: int = self.rows("PRAGMA user_version")[0][0]
        if version > len(MIGRATIONS):
            raise CloisterError(
                f"the vault {self._path.parent} is of a newer version ({version})",
                "install the newer cloister",
            )
        return max(0, version)

    def _schema(self) -> list[tuple[Any, ...]]:
        return self.rows(SCHEMA_QUERY)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Say SQLite's errors as ours."""
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise CloisterError(f"the vault {self._path.parent} is in use by another command") from None
            raise CloisterError(f"the vault {self._path.parent} cannot be used: {error}") from None
        except UnicodeDecodeError:  # of a text in the file, or of an error that quotes one
            raise CloisterError(
                f"the vault {self._path.parent} is damaged, or was altered", "restore it from a backup"
            ) from None


def _statements(version: int, until: int) -> list[str]:
    """What makes a file of version `until` out of one of `version`."""
    return [statement for entry in MIGRATIONS[version:until] for statement in entry.split(";")]


@cache
def _schema_of(version: int) -> list[tuple[Any, ...]]:
    """What SCHEMA_QUERY finds in a sound file of that version."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in _statements(0, version):
            connection.execute(statement)
        return connection.execute(SCHEMA_QUERY).fetchall()


def is_vault_file(path: Path) -> bool:
    """Whether the file is a SQLite file with the vault's application id (bytes 68 to 71 of its header)."""
    if path.exists() and not path.is_file():
        return False
    with path.open("rb") as file:
        header = file.read(100)
    return header[:16] == b"SQLite format 3\0" and header[68:72] == APPLICATION_ID.to_bytes(4, "big")


def create_file(path: Path) -> None:
    """An empty file that was not there before and that only its owner may read."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600))


def sync_folder(folder: Path) -> None:
    """Have the folder's entries on disk; a system that cannot open folders does this by itself."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
