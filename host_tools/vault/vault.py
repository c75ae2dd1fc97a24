"""The vault: one folder with a SQLite file and the recordings, all of it under one passphrase.

Made under another name and renamed when whole, so that half a vault never stands there. The folder is the
owner's alone (0700, files 0600). No key lies in it unwrapped. A lost passphrase cannot be recovered.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from host_tools.errors import CloisterError
from host_tools.vault import opening
from host_tools.vault.audit import DONE, FAILED, Audit
from host_tools.vault.database import Database, create_file, is_vault_file, sync_folder
from host_tools.vault.papers import Papers
from host_tools.vault.people import FIRST_NAME
from host_tools.vault.recorders import RecorderShelf
from host_tools.vault.recordings import FOLDER_NAME
from host_tools.vault.rotation import RotationShelf
from host_tools.vault.signing import SigningShelf
from host_tools.vault.stretching import Argon2Cost
from host_tools.vault.wrapping import Wrapper

if TYPE_CHECKING:
    from host_tools.vault.knowledge import Knowledge

FILE_NAME = "vault.sqlite"
STANDARD_COST = Argon2Cost()


@dataclass
class Account:
    """What a command will have done, for its entry in the audit; it fills this in as it goes on."""

    recordings: list[int] = field(default_factory=list)
    outcome: str = DONE
    detail: dict[str, Any] = field(default_factory=dict)


class Vault(RotationShelf, RecorderShelf, SigningShelf):
    """An open vault; a context manager."""

    def __init__(self, folder: Path, database: Database, wrapper: Wrapper, person_id: int = 0):
        super().__init__(folder, database, wrapper)
        self.person_id = person_id
        self.papers = Papers(folder, database, wrapper)
        self.audit = Audit(database, self, self.papers)
        self.account = Account()
        database.before_changes = self._check_not_outgrown

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the vault's file."""
        self._database.close()

    def knowledge(self) -> "Knowledge":
        """What this vault knows now, to judge containers with."""
        from host_tools.vault.knowledge import Knowledge  # with numpy behind it, which lists do without

        return Knowledge(self)

    def transaction(self) -> AbstractContextManager[None]:
        """Several changes as one: all of them or none."""
        return self._database.transaction()

    def session_key(self) -> bytes:
        """The master key, with which `open_vault_with_key` opens the vault until it is replaced."""
        return self._wrapper.key

    def now(self) -> datetime:
        """The time in UTC, never before the newest entry of the audit."""
        return self.audit.now()

    @property
    def clock_set_back(self) -> timedelta | None:
        """How far this computer's clock is behind the newest entry of the audit, if it is."""
        return self.audit.clock_set_back

    @contextmanager
    def accounted(self, action: str, **detail: Any) -> Iterator[None]:
        """Enter in the audit what is done in this block, whether it succeeds or not."""
        self.account = Account(detail=dict(detail))
        try:
            yield
        except BaseException as error:
            self.account.outcome = FAILED
            self.account.detail["error"] = getattr(error, "message", "") or type(error).__name__
            self._enter(action)
            raise
        self._enter(action)

    def _enter(self, action: str) -> None:
        account = self.account
        self.audit.add(self.person_id, action, account.recordings, account.outcome, account.detail)


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


def create_vault(
    folder: Path, passphrase: str, cost: Argon2Cost = STANDARD_COST, name: str = FIRST_NAME
) -> None:
    """Make a new vault of one person. Raises CloisterError if anything is there already.

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
        _fill(unfinished, passphrase, cost, name)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _fill(folder: Path, passphrase: str, cost: Argon2Cost, name: str) -> None:
    """Everything that a new vault has in it."""
    (folder / FOLDER_NAME).mkdir(mode=0o700)
    create_file(folder / FILE_NAME)
    database = Database(folder / FILE_NAME)
    try:
        opening.found(database, passphrase, cost, name)
    finally:
        database.close()
    sync_folder(folder)


def open_vault(folder: Path, passphrase: str) -> Vault:
    """Open a vault. Raises CloisterError: not a vault, wrong passphrase, altered, in use."""
    return _open(folder, lambda place, database: opening.unlock(place, database, passphrase))


def open_vault_with_key(folder: Path, key: bytes, person_id: int) -> Vault:
    """Open a vault by `Vault.session_key`. Raises CloisterError; also if the key was replaced meanwhile."""
    return _open(folder, lambda place, database: (opening.proven(place, database, key), person_id))


def _open(folder: Path, unlock: Callable[[Path, Database], tuple[Wrapper, int]]) -> Vault:
    folder = folder.absolute()
    check_is_vault(folder)
    database = Database(folder / FILE_NAME)
    try:
        database.check()
        vault = Vault(folder, database, *unlock(folder, database))
        vault.finish_destroying()
        vault.audit.take_in_attempts()
    except BaseException:
        database.close()
        raise
    return vault
