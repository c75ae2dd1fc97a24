"""What Linux tells of a disk: /sys/dev/block, /proc/self/mountinfo and /proc/swaps.

A disk is in use if it, one of its partitions, or anything made of them (an encrypted volume, a RAID) is
mounted or used as swap, or if anything is made of it at all.
"""

import re
from pathlib import Path

from host_tools.card.disks import UNTOLD, Disk
from host_tools.card.geometry import SECTOR_BYTES


class LinuxDisks:
    """Reads the system's own files below `root`, which is not `/` in tests only."""

    def __init__(self, root: Path = Path("/")):
        self._blocks = root / "sys/dev/block"
        self._all = root / "sys/block"
        self._mounts = root / "proc/self/mountinfo"
        self._swaps = root / "proc/swaps"

    def disk(self, path: str, major: int, minor: int) -> Disk:
        """What is known of the device with these numbers."""
        here = self._blocks / f"{major}:{minor}"
        if not here.exists():
            return Disk(path, path, None, untold=UNTOLD)
        folder = here.resolve()
        whole = folder.parent if (folder / "partition").exists() else folder
        return Disk(
            path=path,
            io_path=path,
            size_bytes=int(_line(folder / "size") or 0) * SECTOR_BYTES,
            model=_model(whole),
            is_read_only=_line(folder / "ro") == "1",
            is_built_in=_is_built_in(whole),
            part_of=f"/dev/{whole.name}" if whole != folder else "",
            users=tuple(self._users(folder)),
            serial=_line(whole / "device/serial"),
        )

    def mounted_at(self, folder: Path) -> str:
        """The whole disk that is mounted at this folder and nowhere else, or nothing."""
        for number, where, source in self._mounted():
            if where != str(folder):
                continue
            here = self._blocks / number
            name = here.resolve().name if here.exists() else Path(source).name
            for whole in self._all.glob("*"):
                is_whole = name == whole.name or (whole / name).is_dir()
                if is_whole and self._users(whole.resolve()) == [f"mounted at {folder}"]:
                    return f"/dev/{whole.name}"
        return ""

    def devices_of_image(self, image: Path) -> tuple[str, ...]:
        """The loop devices that this image is behind."""
        return tuple(
            f"/dev/{folder.name}"
            for folder in sorted(self._all.glob("loop*"))
            if _line(folder / "loop/backing_file") == str(image)
        )

    def _users(self, disk: Path) -> list[str]:
        """What uses the disk whose folder in /sys this is."""
        names = self._made_of(disk)
        numbers = {_line(folder / "dev") for folder in names.values()}
        users = [
            f"mounted at {where}"
            for number, where, source in self._mounted()
            if number in numbers or (source.startswith("/dev/") and Path(source).name in names)
        ]
        users += [f"used as swap ({name})" for name in self._swapped() if name in names]
        users += [f"used by {name}" for name in names if not name.startswith(disk.name)]
        return users

    def _made_of(self, folder: Path) -> dict[str, Path]:
        """The disk, its partitions, and everything made of any of them."""
        found = {folder.name: folder}
        parts = [part.parent for part in folder.glob("*/partition")]
        for inner in (*parts, *(holder.resolve() for holder in folder.glob("holders/*"))):
            found |= self._made_of(inner)
        return found

    def _mounted(self) -> list[tuple[str, str, str]]:
        """The number of the device, where it is mounted, and what is said to be mounted there."""
        found = []
        for line in _text(self._mounts).splitlines():
            fields, _, rest = line.partition(" - ")
            words, sources = fields.split(" "), rest.split(" ")
            if len(words) > 4 and len(sources) > 1:
                found.append((words[2], _unescaped(words[4]), _unescaped(sources[1])))
        return found

    def _swapped(self) -> list[str]:
        lines = _text(self._swaps).splitlines()[1:]
        return [Path(_unescaped(line.split()[0])).name for line in lines if line.strip()]


def _model(disk: Path) -> str:
    """Who made it and what it is called; a card in a reader of its own has a name only."""
    words = [_line(disk / "device" / name) for name in ("vendor", "model", "name")]
    return " ".join(" ".join(word for word in words if word).split())


def _is_built_in(disk: Path) -> bool:
    """Whether it is a disk that a card hardly is: nothing removable, on USB, made for cards or a loop device.

    Memory that is soldered in (eMMC) hangs where cards do, and says that it is `MMC` and not `SD`.
    """
    place = str(disk)
    is_card = "/mmc" in place and _line(disk / "device/type") in ("SD", "")
    is_loop = "/virtual/" in place and disk.name.startswith("loop")
    return not (is_card or is_loop or "/usb" in place or _line(disk / "removable") == "1")


def _line(path: Path) -> str:
    return _text(path).strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _unescaped(text: str) -> str:
    r"""Spaces and the like are written `\040` there."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
