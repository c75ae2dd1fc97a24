"""A backup becomes a vault again: under a temporary name, checked file by file, opened, and only then there.

What was destroyed after the day of the backup is in it again, keys and all; the vault's audit says that it
was restored. Whoever can seal to an age key can make a file that looks like a backup: nothing of it is used
before it is found to be one, and it opens only with a passphrase of the vault that it was made of.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from host_tools.age_passphrase import AgeRefused, Writer
from host_tools.backup import notes
from host_tools.backup.archive import DATABASE_NAME, ArchiveRefused, Contents, Unpacker
from host_tools.errors import CloisterError
from host_tools.vault import Vault, open_vault
from host_tools.vault.database import Database, create_file, sync_folder
from host_tools.vault.papers import ATTACHMENTS
from host_tools.vault.people import find_person
from host_tools.vault.recordings import FOLDER_NAME
from host_tools.vault.schema import MIGRATIONS
from host_tools.vault.stretching import Stretching


class Opener(Protocol):
    """Opens a sealed stream."""

    def decrypt(self, reader: BinaryIO, writer: Writer) -> None:
        """Everything. Raises AgeRefused."""


@dataclass
class Restored:
    """What came back: of which moment, how many recordings, those without a file, and faults of the audit."""

    made: datetime
    recordings: int
    missing: list[int]
    faults: list[str]


class FileSink:
    """One file of the vault that is being restored."""

    def __init__(self, path: Path, size: int):
        if size > shutil.disk_usage(path.parent).free:
            raise CloisterError("there is no room for the vault on that disk", "make room, then do it again")
        create_file(path)
        self._file = path.open("r+b")

    def write(self, data: bytes, /) -> None:
        """The next bytes."""
        self._file.write(data)

    def close(self) -> None:
        """On disk when this returns."""
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())


def check_folder(folder: Path) -> None:
    """Raises CloisterError unless a vault can be made there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CloisterError(
            f"{folder} is there already: a backup is restored into a folder that is not there",
            "name another folder; nothing in this one is replaced",
        )


def bring_back(
    path: Path, folder: Path, opener: Opener, passphrase: str, advance: Callable[[int], None]
) -> Restored:
    """Make a vault of a backup. Raises CloisterError, OSError; then nothing is there that was not before."""
    check_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _unfinished(folder) as unfinished:
        contents = _unpack(path, unfinished, opener, advance)
        with _opened(unfinished, folder, passphrase) as vault:
            restored = _checked(vault, contents.head.get("backup"))
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    sync_folder(folder.parent)
    return restored


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A folder beside it, which is gone afterwards unless it was renamed."""
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    unfinished.mkdir(mode=0o700)
    try:
        for name in (FOLDER_NAME, ATTACHMENTS):
            (unfinished / name).mkdir(mode=0o700)
        yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _unpack(path: Path, folder: Path, opener: Opener, advance: Callable[[int], None]) -> Contents:
    """Every file into the folder. Raises CloisterError."""
    unpacker = Unpacker(lambda name, size: FileSink(folder / name, size), advance)
    try:
        with path.open("rb") as file:
            opener.decrypt(file, unpacker)
        contents = unpacker.close()
    except (AgeRefused, ArchiveRefused) as why:
        raise CloisterError(f"{path} cannot be restored: {why}") from None
    if DATABASE_NAME not in contents.files:
        raise CloisterError(f"{path} cannot be restored: there is no vault in it")
    for name in (FOLDER_NAME, ATTACHMENTS, ""):
        sync_folder(folder / name)
    return contents


def _opened(unfinished: Path, folder: Path, passphrase: str) -> Vault:
    """The vault, its errors said of the folder that it will have."""
    try:
        return open_vault(unfinished, passphrase)
    except CloisterError as error:
        raise CloisterError(
            error.message.replace(str(unfinished.absolute()), str(folder)), error.hint
        ) from None


def _checked(vault: Vault, backup_id: object) -> Restored:
    """What the vault says of itself; it will remember that it was restored, and from which backup."""
    backup = next((known for known in notes.backups(vault) if known.id == backup_id), None)
    made = backup.at if backup else vault.now()
    faults = vault.audit.verify()
    with vault.accounted("restore", made=made.isoformat()):
        if backup and not backup.finished:  # as the vault was when this backup was begun
            notes.finish(vault, backup.id, backup.at.isoformat())
    states, recordings = vault.states(), vault.recordings()
    missing = [
        entry.id
        for entry in recordings
        if not vault.has_file(entry) and (entry.id not in states or states[entry.id].gone is None)
    ]
    return Restored(made, len(recordings), missing, faults)


def opens_with(folder: Path, passphrase: str) -> bool:
    """Whether the vault there has this passphrase; nothing is noted in it if it has not."""
    with closing(Database(folder / DATABASE_NAME)) as database:
        database.check()
        if database.version < len(MIGRATIONS):
            return False
        stretching = Stretching.read(database, "stretching", str(folder))
        return find_person(database, stretching, stretching.key(passphrase)) is not None


def destroyed_since(original: Vault, restored: Vault) -> list[int] | None:
    """The recordings that the original has destroyed and the restored one has not; None for another vault."""
    if original.public_key != restored.public_key:
        return None
    states = restored.states()
    return sorted(
        recording_id
        for recording_id, state in original.states().items()
        if state.gone is not None and (recording_id not in states or states[recording_id].gone is None)
    )
