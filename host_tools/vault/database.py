"""The vault's SQLite file: its schema with a version, its settings, and what its errors are called.

Every transaction is on disk when it returns (rollback journal, synchronous EXTRA), and what is deleted is
overwritten (secure_delete). The application id tells a vault from any other file. Transactions nest: an
inner one is a part of the outer. `compact` writes the whole file anew, without a trace of what was in it.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from host_tools.errors import CloisterError
from host_tools.vault.schema import MIGRATIONS, SCHEMA_QUERY

APPLICATION_ID = 0x434C4F49  # "CLOI"
BUSY_TIMEOUT_S = 5.0


class Database:
    """One open vault file. Rows are read with `rows`, changed inside `transaction`."""

    def __init__(self, path: Path):
        self._path = path
        self._depth = 0
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
            self._found_as = self._changes_of_others()
        self.before_changes: Callable[[], None] = lambda: None  # called as a transaction begins

    def check(self) -> None:
        """See that the file holds what this program wrote, before anything of it is read.

        Tables that are not the program's own could be programs themselves, without an end; and in a file
        whose pages lead to each other there is no last row. Raises CloisterError; also for a newer version.
        """
        if self._schema() != _schema_of(self.version) or self.rows("PRAGMA quick_check(1)") != [("ok",)]:
            raise CloisterError(
                f"the vault {self._path.parent} is damaged, or was altered", "restore it from a backup"
            )

    def migrate(self) -> None:
        """Bring the schema to the newest version. Raises CloisterError for one newer than this program."""
        version = self.version
        if version == len(MIGRATIONS):
            return
        with self.transaction():
            for statement in _statements(version, len(MIGRATIONS)):
                self.change(statement)
            self.change(f"PRAGMA user_version = {len(MIGRATIONS)}")
            self.change(f"PRAGMA application_id = {APPLICATION_ID}")

    @property
    def version(self) -> int:
        """How many of MIGRATIONS the file has had. Raises CloisterError for a newer file."""
        version: int = self.rows("PRAGMA user_version")[0][0]
        if version > len(MIGRATIONS):
            raise CloisterError(
                f"the vault {self._path.parent} is of a newer version ({version})",
                "install the newer cloister",
            )
        return max(0, version)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection itself, for a backup by SQLite's own means."""
        return self._connection

    def compact(self) -> None:
        """Write the file anew, outside any transaction: what was in it before is in none of its pages."""
        self.change("UPDATE upkeep SET unvacuumed = 1 WHERE unvacuumed = 0")
        self.change("VACUUM")
        self.change("UPDATE upkeep SET unvacuumed = 0")

    @property
    def is_compact(self) -> bool:
        """Whether no `compact` is owed: one that is goes with the change that needs it."""
        return self.rows("SELECT unvacuumed FROM upkeep") == [(0,)]

    def owe_compacting(self) -> None:
        """Inside a transaction: remember that the file has to be written anew, whatever happens."""
        self.change("UPDATE upkeep SET unvacuumed = 1")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._errors_named():
            return self._connection.execute(query, values).fetchall()

    def change(self, statement: str, *values: Any) -> int:
        """Run one changing statement; the row id of what it inserted last."""
        with self._errors_named():
            return self._connection.execute(statement, values).lastrowid or 0

    def change_many(self, statement: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Run one changing statement for each of these."""
        with self._errors_named():
            self._connection.executemany(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, on disk when the outermost ends; nobody else changes anything meanwhile."""
        if self._depth:
            yield
            return
        with self._errors_named():
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            self.before_changes()
            yield
            with self._errors_named():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    @property
    def was_changed_by_others(self) -> bool:
        """Whether another command has changed the file since it was opened here."""
        with self._errors_named():
            return self._changes_of_others() != self._found_as

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._depth > 0

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _changes_of_others(self) -> int:
        number: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return number

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
    statements = [statement for entry in MIGRATIONS[version:until] for statement in entry.split(";")]
    return [statement for statement in statements if statement.strip()]


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
