"""What a command is to overwrite: a whole card's device or an image of one, and nothing else.

Everything that is no card, or that this system or anybody uses, is refused before it is opened for writing.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from host_tools.card import disks
from host_tools.card.device import RawDevice
from host_tools.card.disks import Disk
from host_tools.card.fat32 import Entry, Fat32, ReadAt
from host_tools.card.format import LARGEST_BYTES, SMALLEST_BYTES
from host_tools.card.geometry import SECTOR_BYTES, parse_boot_sector, partition_count, partition_start
from host_tools.card.source import WINDOWS_DEVICE
from host_tools.card.trial import BlockDevice
from host_tools.errors import CloisterError

ALIGNED_BYTES = 4096
FIRST_SEGMENT_BYTES = 4096  # from which place on a container has it, and how long it is
PIECE_BYTES = 1024 * 1024
BLANK_PLACES = 256
COMMAND = "cloister card check"


@dataclass(frozen=True)
class Target:
    """What was named: `path` with every link followed, `io_path` the name to open it by."""

    path: str
    io_path: str
    size_bytes: int
    is_image: bool
    model: str = ""
    is_built_in: bool = False
    untold: str = ""
    serial: str = ""
    part_of: str = ""
    """The whole card's device, if this is only a part of it."""

    @property
    def name(self) -> str:
        """The last part of its path: what a user types to confirm."""
        return self.path.rsplit("\\", 1)[-1] if self.path.startswith("\\") else Path(self.path).name

    def open(self) -> RawDevice:
        """Open it for reading and writing. Raises CloisterError."""
        return RawDevice(self.io_path, self.size_bytes)


@dataclass(frozen=True)
class Contents:
    """What is on a card: the files in its (first) partition's top folder, or why they cannot be told.

    `recordings` are those with a container's name, `others` all the rest; a container that is prepared and
    has nothing in it is among these. `folders` is how many folders there are, `partitions` how many an MBR
    names.
    """

    start: bytes
    recordings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    reason: str = ""
    folders: int = 0
    partitions: int = 0


def find_target(named: str, command: str = COMMAND, parts: bool = False) -> Target:
    """What that name means. Raises CloisterError if it must not be overwritten; opens nothing.

    command: what hints tell to type. parts: a part of a card will do as well.
    """
    if named.startswith(WINDOWS_DEVICE):
        return _device(named, command, parts)
    try:
        path = Path(named).resolve(strict=True)
        status = path.stat()
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) or error.errno == errno.ELOOP:
            raise CloisterError(f"{named}: a link that leads to itself") from None
        reason = error.strerror or type(error).__name__
        raise CloisterError(f"{named}: {reason.lower()}") from None
    if stat.S_ISDIR(status.st_mode):
        raise _folder(path, command)
    if stat.S_ISREG(status.st_mode):
        return _image(path, status.st_size, command)
    raw_device = stat.S_ISCHR(status.st_mode) and disks.PLATFORM == "darwin"
    if stat.S_ISBLK(status.st_mode) or raw_device:
        return _device(str(path), command, parts)
    raise CloisterError(f"{path} is neither a card's device nor an image of a card")


def contents(device: RawDevice, is_recording: Callable[[str], object]) -> Contents:
    """What is on the card now; `is_recording` judges a name. Raises CloisterError if it is gone."""
    start, partitions = b"", 0
    try:
        start = device.read_at(0, ALIGNED_BYTES)
        partitions = partition_count(start[:SECTOR_BYTES])
        card = Fat32(whole_blocks(device), device.size_bytes)
        recordings: list[str] = []
        others: list[str] = []
        for entry in card.entries():
            has_sound = is_recording(entry.name) and not _is_unused(card, entry)
            (recordings if has_sound else others).append(entry.name)
        folders = card.folders()
    except OSError as error:
        reason = f"it cannot be read: {(error.strerror or '').lower()}"
        return Contents(start, reason=reason, partitions=partitions)
    except CloisterError as error:
        if not start:
            raise
        return Contents(start, reason=error.message, partitions=partitions)
    return Contents(start, tuple(recordings), tuple(others), "", folders, partitions)


def is_card_image(device: RawDevice) -> bool:
    """Whether a file may be taken for an image of a card: it has FAT32, perhaps cut short, or is blank.

    Blank is one byte all over its first and last MiB and blocks between. Nothing else about a file tells it
    from an archive or a database of that size. What cannot be read is no image.
    """
    read_at = whole_blocks(device)
    try:
        sector = read_at(0, SECTOR_BYTES)
        start = partition_start(sector) or 0
        parse_boot_sector(read_at(start * SECTOR_BYTES, SECTOR_BYTES), start, None)
    except OSError:
        return False
    except CloisterError:
        return is_blank(device)
    return True


def is_blank(device: BlockDevice) -> bool:
    """Whether one byte is all over its first and last MiB and blocks between: nothing was ever on it."""
    read_at, size = whole_blocks(device), device.size_bytes
    places = [size * number // BLANK_PLACES for number in range(BLANK_PLACES)]
    looks = [
        (0, PIECE_BYTES),
        (size - PIECE_BYTES, PIECE_BYTES),
        *((place, SECTOR_BYTES) for place in places),
    ]
    first = read_at(0, 1)
    try:
        return all(read_at(place, length) == first * length for place, length in looks)
    except OSError:
        return False


def _is_unused(card: Fat32, entry: Entry) -> bool:
    """Whether a container has no first segment: zeros, where sound would be encrypted."""
    length = min(FIRST_SEGMENT_BYTES, entry.size_bytes - FIRST_SEGMENT_BYTES)
    try:
        return length > 0 and not any(card.open(entry).read_at(FIRST_SEGMENT_BYTES, length))
    except CloisterError:
        return False


def whole_blocks(device: BlockDevice) -> ReadAt:
    """Reads any bytes by aligned blocks, as direct reading wants them."""

    def read_at(offset: int, length: int) -> bytes:
        if offset + length > device.size_bytes:
            raise CloisterError("cut short: it ends in the middle of its file system")
        first = offset // ALIGNED_BYTES * ALIGNED_BYTES
        end = min(-(-(offset + length) // ALIGNED_BYTES) * ALIGNED_BYTES, device.size_bytes)
        pieces = range(first, end, PIECE_BYTES)
        data = b"".join(device.read_at(piece, min(PIECE_BYTES, end - piece)) for piece in pieces)
        return data[offset - first :][:length]

    return read_at


def _image(path: Path, size_bytes: int, command: str) -> Target:
    if users := disks.users_of_image(path):
        raise CloisterError(f"{path} is in use as {', '.join(users)}", f"end that, or: {command} {users[0]}")
    if size_bytes % SECTOR_BYTES:
        raise CloisterError(f"{path} is no image of a card: it ends in the middle of a sector")
    _check_size(str(path), size_bytes)
    if not os.access(path, os.W_OK):
        raise CloisterError(f"{path} cannot be written: permission denied")
    return Target(str(path), str(path), size_bytes, is_image=True)


def _device(path: str, command: str, parts: bool) -> Target:
    disk = disks.disk_of_device(path)
    if disk.users:
        raise CloisterError(f"{path} is in use: {', '.join(disk.users)}", _release_hint(disk))
    if disk.part_of and not parts:
        raise CloisterError(
            f"{path} is only a part of a disk", f"for the whole card: {command} {disk.part_of}"
        )
    size_bytes = disk.size_bytes if disk.size_bytes is not None else _size_by_seeking(path)
    if size_bytes == 0:
        raise CloisterError(f"there is no card in {path}")
    _check_size(path, size_bytes)
    if disk.is_read_only:
        raise CloisterError(f"{path} is write-protected", "is the switch on the card's side set to lock?")
    known = (disk.model, disk.is_built_in, disk.untold, disk.serial, disk.part_of)
    return Target(path, disk.io_path, size_bytes, False, *known)


def _release_hint(disk: Disk) -> str:
    """How what uses a disk is ended; no help for what has to stay."""
    if any(user in ("mounted at /", "used by Windows itself") for user in disk.users):
        return "this is a disk of this system's own, and no card"
    if disks.PLATFORM == "darwin":
        return f"if it is the card: diskutil unmountDisk {disk.part_of or disk.path}"
    if disks.PLATFORM == "win32":
        return "if it is the card: delete its partitions in Disk Management"
    return "if it is the card, unmount it first"


def _folder(path: Path, command: str) -> CloisterError:
    device = disks.device_mounted_at(path)
    if device and str(path) != "/":
        return CloisterError(
            f"{path} is a mounted card: name the device", f"unmount it, then: {command} {device}"
        )
    return CloisterError(f"{path} is a folder: name the card's device, or an image of a card")


def _check_size(path: str, size_bytes: int) -> None:
    if size_bytes > LARGEST_BYTES:
        raise CloisterError(f"{path} is larger than 2 TB: no card")
    if size_bytes < SMALLEST_BYTES:
        raise CloisterError(f"{path} has {size_bytes} bytes: too small for FAT32, which a card needs")


def _size_by_seeking(path: str) -> int:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib spoils device names
            return file.seek(0, os.SEEK_END)
    except OSError as error:
        raise CloisterError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
