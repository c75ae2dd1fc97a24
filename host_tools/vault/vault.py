"""The vault: one folder with a SQLite file and the recordings, all of it under one passphrase.

Made under another name and renamed when whole, so that half a vault never stands there. The folder is the
owner's alone (0700, files 0600). No key lies in it unwrapped. A lost passphrase cannot be recovered.
"""

import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from host_tools.errors import CloisterError
from host_tools.vault import wrapping
from host_tools.vault.database import Database, create_file, is_vault_file, sync_folder
from host_tools.vault.knowledge import Knowledge
from host_tools.vault.recordings import FOLDER_NAME
from host_tools.vault.struck import StruckShelf
from host_tools.vault.wrapping import Argon2Cost, Wrapper, WrapRefused

FILE_NAME = "vault.sqlite"
STANDARD_COST = Argon2Cost()


class Vault(StruckShelf):
    """An open vault; a context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the vault's file."""
        self._database.close()

    def knowledge(self) -> Knowledge:
        """What this vault knows now, to judge containers with."""
        return Knowledge(self)


def check_is_vault(folder: Path) -> None:
    """Raises CloisterError unless the folder is a vault; needs no passphrase."""
    if not folder.exists():
        raise CloisterError(f"there is no vault at {folder}", "cloister init makes one")
    if not is_vault(folder):
        raise CloisterError(f"{folder} is not a vault", "name the vault's folder with cloister --vault DIR")


def is_vault(folder: Path) -> bool:
    """Whether the folder is a vault, open or not. Raises CloisterError if it is one that cannot be read."""
    try:
        return is_vault_file(folder / FILE_NAME)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise CloisterError(f"the vault {folder} cannot be read: {(error.strerror or '').lower()}") from None


def create_vault(folder: Path, passphrase: str, cost: Argon2Cost = STANDARD_COST) -> None:
    """Make a new vault. Raises CloisterError if anything is there already.

    A cost below the standard one is for tests only.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is a vault already" if (folder / FILE_NAME).exists() else "is there already and is not empty"
        raise CloisterError(f"{folder} {what}", "name another folder with cloister --vault DIR")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    unfinished.mkdir(mode=0o700)
    try:
        _fill(unfinished, passphrase, cost)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _fill(folder: Path, passphrase: str, cost: Argon2Cost) -> None:
    """Everything that a new vault has in it."""
    (folder / FOLDER_NAME).mkdir(mode=0o700)
    create_file(folder / FILE_NAME)
    database = Database(folder / FILE_NAME)
    try:
        database.migrate()
        salt = os.urandom(wrapping.SALT_BYTES)
        wrapped = wrapping.wrap_master_key(os.urandom(wrapping.MASTER_KEY_BYTES), passphrase, salt, cost)
        with database.transaction():
            database.change(
                "INSERT INTO master VALUES (1, ?, ?, ?, ?, ?)",
                salt,
                cost.memory_kib,
                cost.iterations,
                cost.lanes,
                wrapped,
            )
    finally:
        database.close()
    sync_folder(folder)


def open_vault(folder: Path, passphrase: str) -> Vault:
    """Open a vault. Raises CloisterError: not a vault, wrong passphrase, altered, in use."""
    folder = folder.absolute()
    check_is_vault(folder)
    database = Database(folder / FILE_NAME)
    try:
        database.check()
        master_key = _master_key(folder, database, passphrase)
        database.migrate()
    except BaseException:
        database.close()
        raise
    return Vault(folder, database, Wrapper(master_key))


def _master_key(folder: Path, database: Database, passphrase: str) -> bytes:
    """The master key under this passphrase."""
    rows = database.rows("SELECT salt, memory_kib, iterations, lanes, wrapped_key FROM master")
    if len(rows) != 1:
        raise CloisterError(
            f"the vault {folder} is damaged: it has no master key", "restore it from a backup"
        )
    salt, memory_kib, iterations, lanes, wrapped = rows[0]
    cost = Argon2Cost(memory_kib, iterations, lanes)
    if not cost.sane or len(salt) != wrapping.SALT_BYTES:
        raise CloisterError(
            f"the vault {folder} is damaged: its passphrase parameters make no sense",
            "restore it from a backup",
        )
    try:
        return wrapping.unwrap_master_key(wrapped, passphrase, salt, cost)
    except WrapRefused:
        raise CloisterError(f"wrong passphrase for the vault {folder}") from None
