"""Opens a card for reading: a folder, a raw image, or a device by the name that the platform gives it.

All three look the same afterwards: files with a name, a size and `read_at`. Nothing is written, and
nothing outside the top folder is looked at. Reads of a device are whole sectors, as Windows wants them.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from host_tools.card.fat32 import Chain, Entry, Fat32
from host_tools.card.geometry import SECTOR_BYTES
from host_tools.errors import CloisterError

PERMISSION_HINT = "a device may be read only by an administrator: mount it, and name its folder instead"
WINDOWS_DEVICE = "\\\\.\\"  # as in \\.\E: and \\.\PhysicalDrive2


class CardFile(Protocol):
    """A file on a card, whatever the card is."""

    name: str
    size_bytes: int

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer at the file's end. Raises CloisterError."""


class Card:
    """An open card; a context manager."""

    def __init__(self, files: list[CardFile], device: BinaryIO | None = None):
        self._files = files
        self._device = device

    def files(self) -> list[CardFile]:
        """The files in the card's top folder, in no particular order."""
        return list(self._files)

    def __enter__(self) -> "Card":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._device is not None:
            self._device.close()


def open_card(path: Path | str) -> Card:
    """The card at `path`. Raises CloisterError with the reason if there is none, or none that can be read."""
    name = str(path)
    try:
        if not name.startswith(WINDOWS_DEVICE) and Path(name).is_dir():
            return Card(list(folder_files(Path(name))))
        return _open_device(name)
    except OSError as error:
        hint = PERMISSION_HINT if isinstance(error, PermissionError) else None
        raise CloisterError(f"card {name} cannot be read: {_reason(error)}", hint) from None
    except CloisterError as error:
        raise CloisterError(f"card {name}: {error.message}", error.hint, error.exit_status) from None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


class _FolderFile:
    """A file of a mounted card; opened for each read, so that a full card needs no thousand handles."""

    def __init__(self, path: Path, size_bytes: int):
        self.name = path.name
        self.size_bytes = size_bytes
        self._path = path

    def read_at(self, offset: int, length: int) -> bytes:
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(offset)
                return file.read(max(0, min(length, self.size_bytes - offset)))
        except OSError as error:
            raise CloisterError(f"{self._path} cannot be read: {_reason(error)}") from None


def files_of(fat: Fat32) -> list[CardFile]:
    """The files in the top folder of a file system."""
    return [_ImageFile(fat, entry) for entry in fat.entries()]


def folder_files(folder: Path) -> Iterator[CardFile]:
    """The files in a folder, by name; what is no file itself is passed over."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.is_symlink():
            yield _FolderFile(path, path.stat().st_size)


class _ImageFile:
    """A file of a card that is read sector by sector; its chain is followed at the first read."""

    def __init__(self, fat: Fat32, entry: Entry):
        self.name = entry.name
        self.size_bytes = entry.size_bytes
        self._fat = fat
        self._entry = entry
        self._chain: Chain | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        length = min(length, self.size_bytes - offset)
        if length <= 0:
            return b""
        if self._chain is None:
            self._chain = self._fat.open(self._entry)
        return self._chain.read_at(offset, length)


class _Sectors:
    """Reads any bytes of an image or device by whole sectors."""

    def __init__(self, device: BinaryIO):
        self._device = device

    def read_at(self, offset: int, length: int) -> bytes:
        first = offset // SECTOR_BYTES * SECTOR_BYTES
        wanted = -(-(offset + length) // SECTOR_BYTES) * SECTOR_BYTES - first
        pieces = []
        try:
            self._device.seek(first)
            while wanted > 0 and (piece := self._device.read(wanted)):
                pieces.append(piece)
                wanted -= len(piece)
        except OSError as error:
            raise CloisterError(f"it cannot be read at byte {first}: {_reason(error)}") from None
        if wanted:
            raise CloisterError("cut short: it ends in the middle of its file system")
        data = b"".join(pieces)
        return data[offset - first : offset - first + length]


def _open_device(name: str) -> Card:
    device = open(name, "rb", buffering=0)  # noqa: SIM115, PTH123 - closed by the Card; pathlib spoils device names
    try:
        size_bytes = _size_bytes(device)
        if size_bytes == 0:
            raise CloisterError("it is empty")
        fat = Fat32(_Sectors(device).read_at, size_bytes)
        return Card(files_of(fat), device)
    except BaseException:
        device.close()
        raise


def _size_bytes(device: BinaryIO) -> int | None:
    """Size of an image; of a device None where the platform does not tell."""
    try:
        end = device.seek(0, os.SEEK_END)
    except OSError:
        return None
    return end or (None if device.seek(0) == 0 and device.read(SECTOR_BYTES) else 0)
