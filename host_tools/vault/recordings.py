"""The recordings of a vault: one entry for each container, and its bytes, still encrypted, in a file.

An entry tells when, whom and how long, so it is wrapped like a secret; the file has a random name. A file
is written, read back and found authentic before its entry is committed. Files without an entry are what
an interrupted import left, and the next import removes them.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from host_tools.container.layout import BLOCK_BYTES, VOUCHED_SEAL_BYTES
from host_tools.container.source import BlockReader, FileSource, PathSource, Source
from host_tools.container.view import Vouch
from host_tools.errors import CloisterError
from host_tools.vault.database import Database, create_file, sync_folder
from host_tools.vault.shelf import Shelf
from host_tools.vault.wrapping import Wrapper

FOLDER_NAME = "recordings"
UNFINISHED = ".part"
COPY_BLOCKS = 256
SHRED_BYTES = 1024 * 1024


class Recording(msgspec.Struct, frozen=True):
    """One container in the vault, as it was found at import. `start` and `samples` are sample indices.

    `previous` is SESSION's, with `number`, `seal` and `samples`; ids and seals are in hex. `ended` is END's
    reason, None without one. `retention_days` is what the recorder was set to, None where the laptop decides.
    """

    id: int
    recorder: str
    number: int
    seal: str
    key: str
    file: str
    finding: str
    message: str
    rate_hz: int
    channels: int
    started: str | None
    part: int
    previous: dict[str, Any] | None
    start: int
    samples: int
    lost: int
    segments: int
    imported: str
    damage: list[str] = []
    ended: str | None = None
    retention_days: int | None = None

    @property
    def length(self) -> int:
        """Samples from the first to the last, lost ones included."""
        return self.samples - self.start

    @property
    def vouch(self) -> Vouch:
        """What this entry says that the file must be."""
        return Vouch(self.seal[: 2 * VOUCHED_SEAL_BYTES], self.samples, "the vault", self.segments)

    @property
    def seconds(self) -> float:
        """The length in seconds, to the millisecond."""
        return round(self.length / self.rate_hz, 3)


class RecordingShelf(Shelf):
    """The recordings of a vault. An entry that has not changed is unwrapped once."""

    def __init__(self, folder: Path, database: Database, wrapper: Wrapper):
        super().__init__(folder, database, wrapper)
        self._unwrapped: dict[int, tuple[bytes, Recording]] = {}

    def _forget_unwrapped(self) -> None:
        """Unwrap every entry again when it is asked for."""
        self._unwrapped.clear()

    def recordings(self) -> list[Recording]:
        """Every recording, in the order of their ids."""
        rows = self._database.rows("SELECT id, wrapped_entry FROM recordings ORDER BY id")
        return [self._recording(*row) for row in rows]

    def recording(self, recording_id: int) -> Recording:
        """One recording. Raises CloisterError if there is none with this id."""
        rows = self._database.rows("SELECT id, wrapped_entry FROM recordings WHERE id = ?", recording_id)
        if not rows:
            raise CloisterError(
                f"there is no recording {recording_id} in the vault", "cloister list shows them"
            )
        return self._recording(*rows[0])

    def source_of(self, recording: Recording) -> PathSource:
        """The recording's bytes, still encrypted; the file is opened for each read."""
        return PathSource(self._files / recording.file)

    def has_file(self, recording: Recording) -> bool:
        """Whether there is anything where the recording's file should be."""
        return (self._files / recording.file).exists()

    def open_recording(self, recording: Recording) -> FileSource:
        """The recording's bytes, still encrypted; a context manager."""
        path = self._files / recording.file
        if path.exists() and not path.is_file():
            raise CloisterError(
                f"the vault's file of recording {recording.id} is no file", "restore the vault from a backup"
            )
        try:
            return FileSource(path)
        except OSError as error:
            raise CloisterError(
                f"the vault's file of recording {recording.id} cannot be opened: "
                f"{(error.strerror or '').lower()}",
                "restore the vault from a backup",
            ) from None

    def shred_file(self, recording: Recording) -> bool:
        """Overwrite the recording's own file with random bytes, read it back, and remove it.

        Whether what was read back is what was written; false, and nothing is done, if it is not there. The
        disk may keep the old bytes in blocks that it no longer shows; what counts is that their key is
        destroyed.
        """
        path = self._files / recording.file
        if not path.is_file() or path.is_symlink():
            return False
        written, read = hashlib.sha256(), hashlib.sha256()
        with path.open("r+b", buffering=0) as file:
            left = path.stat().st_size
            while left > 0:
                piece = os.urandom(min(left, SHRED_BYTES))
                count = file.write(piece)
                written.update(piece[:count])
                left -= count
            os.fsync(file.fileno())
            _forget_cached(file.fileno())
            file.seek(0)
            while piece := file.read(SHRED_BYTES):
                read.update(piece)
        path.unlink()
        sync_folder(self._files)
        return written.digest() == read.digest()

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Hold the vault for one import: nobody else changes it; a failure takes everything back."""
        with self._database.transaction():
            self._fresh: list[Path] = []
            self._replaced: list[Path] = []
            try:
                yield
            except BaseException:
                for path in self._fresh:
                    path.unlink(missing_ok=True)
                raise
        for path in self._replaced:
            path.unlink(missing_ok=True)

    def remove_strays(self) -> list[str]:
        """Remove what an import that was interrupted left behind; the names of others that no entry names.

        These may be recordings of which a newer vault file knew: they are left alone.
        """
        with self._database.transaction():
            named = {recording.file for recording in self.recordings()}
            for path in self._files.glob("*" + UNFINISHED):
                if path.is_file():
                    path.unlink()
            return sorted(path.name for path in self._files.iterdir() if path.name not in named)

    def copy_in(self, source: Source, block_count: int) -> str:
        """Copy a source's first blocks into a new file of the vault, inside `importing`.

        Returns the file's name once it is on disk. Blocks that cannot be read are copied as a stand-in that
        is never authentic.
        """
        name = secrets.token_hex(16)
        path = self._files / (name + UNFINISHED)
        self._fresh.append(path)
        create_file(path)
        blocks = BlockReader(source)
        with path.open("r+b") as file:
            for first in range(0, block_count, COPY_BLOCKS):
                count = min(COPY_BLOCKS, block_count - first)
                data = blocks.read(first, count)
                if len(data) != count * BLOCK_BYTES:
                    raise CloisterError("the card gave fewer bytes than before")
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
            _forget_cached(file.fileno())
        sync_folder(self._files)
        return name

    def open_copy(self, name: str) -> FileSource:
        """A file that `copy_in` made, to be read back."""
        return FileSource(self._files / (name + UNFINISHED))

    def add_recording(self, recording: Recording, instead_of: Recording | None = None) -> Recording:
        """Commit an entry, with its id filled in; inside `importing`.

        With `instead_of` it takes that entry's id and place; the old file goes once that is on disk.
        """
        self._finish(recording.file)
        if instead_of is not None:
            self._replaced.append(self._files / instead_of.file)
        recording_id = (
            instead_of.id
            if instead_of
            else self._database.change("INSERT INTO recordings (wrapped_entry) VALUES (x'')")
        )
        recording = structs.replace(recording, id=recording_id)
        entry = {name: value for name, value in structs.asdict(recording).items() if name != "id"}
        self._database.change(
            "UPDATE recordings SET wrapped_entry = ? WHERE id = ?",
            self._wrap_json(entry, "recording", recording_id),
            recording_id,
        )
        return recording

    def _finish(self, name: str) -> None:
        """Give a copy that was read back its own name."""
        path, unfinished = self._files / name, self._files / (name + UNFINISHED)
        if unfinished in self._fresh:
            self._fresh.append(path)
            unfinished.rename(path)
            sync_folder(self._files)

    @property
    def _files(self) -> Path:
        return self.folder / FOLDER_NAME

    def _recording(self, recording_id: int, wrapped: bytes) -> Recording:
        known = self._unwrapped.get(recording_id)
        if known is None or known[0] != wrapped:
            entry = self._unwrap(wrapped, "recording", recording_id)
            text = b'{"id":%d,' % recording_id + entry[1:]  # the id is not in the entry, but is its place
            known = (wrapped, msgspec.json.decode(text, type=Recording))
            self._unwrapped[recording_id] = known
        return known[1]


def _forget_cached(descriptor: int) -> None:
    """Ask the system to read the file back from the disk, not from its memory, where it can be asked."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
