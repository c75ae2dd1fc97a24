"""Making a backup: the whole vault into one sealed file, read back and compared before it gets its name.

The vault's own file is copied while nobody may change it; recordings and attachments never change. Nothing is
left of a backup that fails. It holds what the vault holds, still wrapped: to use it takes the backup's
passphrase or key, and then one of the vault's passphrases.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.age_passphrase import AgeRefused
from host_tools.backup import notes
from host_tools.backup.archive import (
    DATABASE_NAME,
    FILE_NAMES,
    ArchiveRefused,
    Contents,
    Pull,
    Unpacker,
    archive,
)
from host_tools.backup.sealing import Seal
from host_tools.errors import CloisterError
from host_tools.files import finished_file
from host_tools.vault import Vault
from host_tools.vault.database import sync_folder
from host_tools.vault.papers import ATTACHMENTS
from host_tools.vault.recordings import FOLDER_NAME

Advance = Callable[[int], None]


@dataclass
class Snapshot:
    """The vault at the moment of backup `id`; `missing` are recordings that have no file there."""

    id: int
    at: str = ""
    missing: list[int] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)


class Forgetting:
    """Takes a file's bytes and keeps none."""

    def write(self, data: bytes, /) -> None:
        """Nothing to do: the reader has counted and hashed them."""

    def close(self) -> None:
        """Nothing to do."""


def check_place(vault_folder: Path, path: Path) -> None:
    """Raises CloisterError if a backup of this vault cannot be written there."""
    if not path.parent.is_dir():
        raise CloisterError(f"there is no folder {path.parent}")
    if path.is_dir():
        raise CloisterError(f"{path} is a folder", "name the file: -o FOLDER/FILE.age")
    if path.exists():
        raise CloisterError(f"{path} is there already", "give each backup a name of its own")
    if path.resolve().is_relative_to(vault_folder.resolve()):
        raise CloisterError(
            "a backup inside the vault's own folder is lost with it", "write it to another disk: -o FILE"
        )


def size_bytes(vault: Vault) -> int:
    """How much there is to write, about."""
    folders = [vault.folder / FOLDER_NAME, vault.folder / ATTACHMENTS]
    files = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return sum(path.stat().st_size for path in (vault.folder / DATABASE_NAME, *files))


def back_up(vault: Vault, path: Path, seal: Seal, advance: Advance) -> Snapshot:
    """Write the backup, read it back, and remember it. Raises CloisterError, OSError."""
    check_place(vault.folder, path)
    snapshot = Snapshot(notes.begin(vault, str(path.absolute())))
    try:
        with finished_file(path) as unfinished:
            _write(vault, unfinished, seal, snapshot, advance)
            _compare(unfinished, seal, snapshot.contents, advance)
        sync_folder(path.parent)
    except BaseException:
        if not path.exists():
            notes.forget(vault, snapshot.id)
        raise
    notes.finish(vault, snapshot.id, snapshot.at)
    return snapshot


def _write(vault: Vault, path: Path, seal: Seal, snapshot: Snapshot, advance: Advance) -> None:
    """All of it, on disk when this returns."""
    paths = _paths(vault, snapshot)
    pieces = archive({"backup": snapshot.id}, paths, snapshot.contents)
    # Closed in this order, whatever happens: the transaction that `paths` may hold must not outlive this.
    with closing(paths), closing(pieces), path.open("r+b") as file:
        try:
            seal.encrypt(Pull(pieces, advance), file)
        except FileNotFoundError:
            raise CloisterError("another command changed the vault meanwhile", "do it again") from None
        file.flush()
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):  # read it back from the disk, not from memory
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _paths(vault: Vault, snapshot: Snapshot) -> Generator[tuple[str, Path], None, None]:
    """What belongs into a backup: the name inside, and where it is."""
    with vault.transaction():  # until the vault's file has been read, nobody changes it
        snapshot.at = vault.now().isoformat()
        others = [*_recordings(vault, snapshot.missing), *_attachments(vault)]
        yield DATABASE_NAME, vault.folder / DATABASE_NAME
    for name in others:
        yield name, vault.folder / name


def _recordings(vault: Vault, missing: list[int]) -> Iterator[str]:
    """The recordings' files; the ids of those that should have one and have not are added to `missing`."""
    states = vault.states()
    for recording in vault.recordings():
        if vault.has_file(recording):
            yield f"{FOLDER_NAME}/{recording.file}"
        elif recording.id not in states or states[recording.id].gone is None:
            missing.append(recording.id)


def _attachments(vault: Vault) -> list[str]:
    """The attachments' files; what a file manager left between them is none."""
    folder = vault.folder / ATTACHMENTS
    names = [f"{ATTACHMENTS}/{path.name}" for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(name for name in names if FILE_NAMES.fullmatch(name))


def _compare(path: Path, seal: Seal, written: Contents, advance: Advance) -> None:
    """Read the backup back. Raises CloisterError unless it is what was written."""
    unpacker = Unpacker(lambda name, size: Forgetting(), advance)
    try:
        with path.open("rb") as file:
            seal.decrypt(file, unpacker)
        same = unpacker.close() == written
    except (AgeRefused, ArchiveRefused):
        same = False
    if not same:
        raise CloisterError(
            "the backup was read back and is not what was written: there is none",
            "the disk may be failing: try another one",
        )
