"""What this system knows of a disk, found without opening it: how large, what it is called, what uses it.

Linux tells by /sys and /proc, macOS by `diskutil`, Windows by PowerShell. Where a system does not answer,
that is said (`untold`), never guessed.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disk:
    """A whole disk. `path` is its device, `io_path` the one to read and write; unknown is None or empty."""

    path: str
    io_path: str
    size_bytes: int | None
    model: str = ""
    is_read_only: bool = False
    is_built_in: bool = False
    part_of: str = ""
    """The device of the whole disk, if this is only a part of it."""
    users: tuple[str, ...] = ()
    """What uses it or a part of it: where it is mounted, and what else."""
    untold: str = ""
    """What this system does not tell."""
    serial: str = ""
    """The card's own, which a reader on USB does not pass on."""


PLATFORM: str = sys.platform
UNTOLD = "this system does not tell whether it is mounted"


def disk_of_device(path: str) -> Disk:
    """What is known of a device, by its resolved path."""
    if PLATFORM == "linux":
        from host_tools.card.disks_linux import LinuxDisks

        number = os.stat(path).st_rdev  # noqa: PTH116 - a device's name
        return LinuxDisks().disk(path, os.major(number), os.minor(number))
    if PLATFORM == "darwin":
        from host_tools.card.disks_others import macos_disk

        return macos_disk(path)
    if PLATFORM == "win32":
        from host_tools.card.disks_others import windows_disk

        return windows_disk(path)
    return Disk(path, path, None, untold=UNTOLD)


def device_mounted_at(folder: Path) -> str:
    """The whole disk that is mounted at this folder, or nothing if that cannot be told."""
    if PLATFORM == "linux":
        from host_tools.card.disks_linux import LinuxDisks

        return LinuxDisks().mounted_at(folder)
    if PLATFORM == "darwin":
        from host_tools.card.disks_others import macos_disk

        return macos_disk(str(folder)).part_of
    if PLATFORM == "win32":
        from host_tools.card.disks_others import windows_disk_with_letter

        return windows_disk_with_letter(folder.drive)
    return ""


def users_of_image(path: Path) -> tuple[str, ...]:
    """The devices that this image is behind, as far as the system tells."""
    if PLATFORM == "linux":
        from host_tools.card.disks_linux import LinuxDisks

        return LinuxDisks().devices_of_image(path)
    return ()
