"""What macOS and Windows tell of a disk: by `diskutil` and PowerShell, which come with them.

Not tried on either. Where a program is missing or says something unexpected, the disk's state is untold.
"""

import json
import plistlib
import re
import subprocess
from collections.abc import Callable, Sequence
from typing import Any
from xml.parsers.expat import ExpatError

from host_tools.card.disks import UNTOLD, Disk

PATIENCE_S = 60
MACOS_DISK = re.compile(r"/dev/r?(disk\d+)(s\d+)*")
WINDOWS_DISK = re.compile(r"\\\\\.\\PhysicalDrive(\d+)", re.IGNORECASE)
QUERY = (
    "$ErrorActionPreference='Stop'; $d=Get-Disk -Number {number}; "
    "$p=@(Get-Partition -DiskNumber {number} -ErrorAction SilentlyContinue | "
    "Where-Object DriveLetter | ForEach-Object {{ [string]$_.DriveLetter }}); "
    "@{{Size=$d.Size; Name=$d.FriendlyName; Bus=[string]$d.BusType; ReadOnly=$d.IsReadOnly; "
    "System=($d.IsSystem -or $d.IsBoot); Letters=$p}} | ConvertTo-Json -Compress"
)

Run = Callable[[Sequence[str]], bytes]


def _run(command: Sequence[str]) -> bytes:
    """What a program prints; nothing if it is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return b""


def macos_disk(path: str, run: Run = _run) -> Disk:
    """A device, or a folder where one is mounted."""
    about = _plist(run(("diskutil", "info", "-plist", path)))
    name = str(about.get("ParentWholeDisk") or "")
    if not name:
        return Disk(path, path, None, untold=UNTOLD)
    listed = _plist(run(("diskutil", "list", "-plist", name)))
    parts = [
        part
        for whole in listed.get("AllDisksAndPartitions", [])
        for part in (whole, *whole.get("Partitions", []), *whole.get("APFSVolumes", []))
    ]
    users = [f"mounted at {part['MountPoint']}" for part in parts if part.get("MountPoint")]
    if "AllDisksAndPartitions" not in listed:
        return Disk(path, path, None, untold=UNTOLD)
    match = MACOS_DISK.fullmatch(path)
    is_part = match is None or match[2] is not None
    return Disk(
        path=path,
        io_path=f"/dev/r{name}",  # the raw device is past the system's memory
        size_bytes=int(about.get("TotalSize") or about.get("Size") or 0) or None,
        model=str(about.get("MediaName") or ""),
        is_read_only=about.get("WritableMedia") is False,
        is_built_in=about.get("Internal") is True and about.get("BusProtocol") != "Secure Digital",
        part_of=f"/dev/{name}" if is_part else "",
        users=tuple(users),
    )


def windows_disk(path: str, run: Run = _run) -> Disk:
    r"""A device by its name, as in `\\.\PhysicalDrive2`; a letter's volume is part of a disk."""
    match = WINDOWS_DISK.fullmatch(path)
    if match is None:
        whole = windows_disk_with_letter(path[-2:], run)
        return Disk(path, path, None, part_of=whole or r"\\.\PhysicalDriveN", untold=UNTOLD)
    about = _json(run(_powershell(QUERY.format(number=match[1]))))
    if not isinstance(about.get("Size"), int):
        return Disk(path, path, None, untold=UNTOLD)
    letters = about.get("Letters") or []
    users = [f"mounted at {letter}:" for letter in ([letters] if isinstance(letters, str) else letters)]
    if about.get("System"):
        users.append("used by Windows itself")
    return Disk(
        path=path,
        io_path=path,
        size_bytes=about["Size"],
        model=str(about.get("Name") or ""),
        is_read_only=about.get("ReadOnly") is True,
        is_built_in=about.get("Bus") not in ("USB", "SD", "MMC"),
        users=tuple(users),
    )


def windows_disk_with_letter(letter: str, run: Run = _run) -> str:
    """The disk that has the drive `E:`, or nothing."""
    if not re.fullmatch("[A-Za-z]:", letter):
        return ""
    number = run(_powershell(f"(Get-Partition -DriveLetter {letter[0]}).DiskNumber")).strip()
    return rf"\\.\PhysicalDrive{number.decode()}" if number.isdigit() else ""


def _powershell(script: str) -> tuple[str, ...]:
    return ("powershell", "-NoProfile", "-NonInteractive", "-Command", script)


def _plist(data: bytes) -> dict[str, Any]:
    try:
        found = plistlib.loads(data)
    except (plistlib.InvalidFileException, ExpatError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
