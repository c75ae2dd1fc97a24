"""What the three systems tell of disks is understood; what they do not tell is not made up."""

import json
import plistlib
from pathlib import Path

import pytest

from host_tools.card.disks import UNTOLD
from host_tools.card.disks_linux import LinuxDisks
from host_tools.card.disks_others import macos_disk, windows_disk, windows_disk_with_letter

MOUNTS = """\
24 30 0:22 / /proc rw - proc proc rw
30 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
31 30 8:17 / /media/my\\040card rw - vfat /dev/sdb1 rw
32 30 0:45 / /data rw - btrfs /dev/sdd1 rw
33 30 252:0 / /secret rw - ext4 /dev/mapper/secret rw
34 30 8:80 / /backup rw - ext4 /dev/sdf rw
35 30 8:80 / /again rw - ext4 /dev/sdf rw
broken
"""
SWAPS = """Filename Type Size Used Priority
/dev/sde1 partition 100 0 -2
"""
DISKS = {
    # name: number, where it hangs, partitions, removable
    "sda": (0, "pci0/ata1", 2, "0"),
    "sdb": (16, "pci0/usb1", 1, "1"),
    "sdc": (32, "pci0/usb1", 1, "0"),
    "sdd": (48, "pci0/ata2", 1, "0"),
    "sde": (64, "pci0/usb2", 1, "1"),
    "sdf": (80, "pci0/usb3", 0, "1"),
    "sdg": (96, "pci0/ata3", 1, "0"),
}


@pytest.fixture
def linux(tmp_path: Path) -> LinuxDisks:
    """A system with seven disks; an encrypted volume is on sdg1."""
    for name, (minor, place, parts, removable) in DISKS.items():
        disk = tmp_path / "sys/devices" / place / "block" / name
        put(tmp_path, disk, f"8:{minor}", {"size": "62333952", "ro": "0", "removable": removable})
        (disk / "device").mkdir()
        (disk / "device/vendor").write_text("Generic \n")
        (disk / "device/model").write_text("STORAGE DEVICE  \n")
        link(tmp_path / "sys/block" / name, disk)
        for number in range(1, parts + 1):
            put(
                tmp_path,
                disk / f"{name}{number}",
                f"8:{minor + number}",
                {"partition": str(number), "ro": "0"},
            )
    mapped = tmp_path / "sys/devices/virtual/block/dm-0"
    put(tmp_path, mapped, "252:0", {"size": "100", "ro": "0"})
    link(tmp_path / "sys/devices/pci0/ata3/block/sdg/sdg1/holders/dm-0", mapped)
    loop = tmp_path / "sys/devices/virtual/block/loop3"
    put(tmp_path, loop, "7:3", {"size": "1", "ro": "1"})
    link(tmp_path / "sys/block/loop3", loop)
    (loop / "loop").mkdir()
    (loop / "loop/backing_file").write_text("/home/me/card.img\n")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(MOUNTS)
    (tmp_path / "proc/swaps").write_text(SWAPS)
    return LinuxDisks(tmp_path)


def put(root: Path, folder: Path, number: str, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in (files | {"dev": number}).items():
        (folder / name).write_text(text + "\n")
    link(root / "sys/dev/block" / number, folder)


def link(path: Path, to: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


@pytest.mark.parametrize(
    ("number", "users"),
    [
        (0, ("mounted at /",)),
        (2, ("mounted at /",)),
        (1, ()),
        (16, ("mounted at /media/my card",)),
        (32, ()),
        (48, ("mounted at /data",)),
        (64, ("used as swap (sde1)",)),
        (80, ("mounted at /backup", "mounted at /again")),
        (96, ("mounted at /secret", "used by dm-0")),
        (97, ("mounted at /secret", "used by dm-0")),
    ],
)
def test_linux_tells_what_uses_a_disk_or_a_part_of_it(linux, number, users):
    assert linux.disk("/dev/x", 8, number).users == users


def test_linux_tells_what_a_disk_is(linux):
    disk = linux.disk("/dev/sdc", 8, 32)
    assert (disk.size_bytes, disk.model) == (62333952 * 512, "Generic STORAGE DEVICE")
    assert not (disk.is_read_only or disk.is_built_in or disk.part_of or disk.untold)
    assert linux.disk("/dev/sdc1", 8, 33).part_of == "/dev/sdc"
    assert linux.disk("/dev/sda", 8, 0).is_built_in and linux.disk("/dev/sda1", 8, 1).is_built_in
    assert linux.disk("/dev/loop3", 7, 3).is_read_only and not linux.disk("/dev/loop3", 7, 3).is_built_in


@pytest.mark.parametrize(
    ("place", "kind", "is_built_in"),
    [
        ("mmc_host/mmc0/mmc0:0001/block/mmcblk0", "SD", False),
        ("mmc_host/mmc0/mmc0:0001/block/mmcblk0", None, False),
        ("mmc_host/mmc0/mmc0:0001/block/mmcblk0", "MMC", True),
        ("pci0/nvme/nvme0/nvme0n1", None, True),
        ("virtual/nvme-subsystem/nvme-subsys0/nvme0n1", None, True),
        ("virtual/block/zram0", None, True),
        ("virtual/block/loop0", None, False),
    ],
)
def test_linux_tells_a_card_from_what_is_built_in(tmp_path, place, kind, is_built_in):
    folder = tmp_path / "sys/devices" / place
    put(tmp_path, folder, "259:0", {"size": "62333952", "ro": "0", "removable": "0"})
    if kind:
        (folder / "device").mkdir()
        (folder / "device/type").write_text(kind + "\n")
    assert LinuxDisks(tmp_path).disk("/dev/x", 259, 0).is_built_in is is_built_in


def test_linux_tells_a_cards_own_serial_number_and_never_a_readers(tmp_path, linux):
    folder = tmp_path / "sys/devices/mmc_host/mmc0/mmc0:0001/block/mmcblk0"
    put(tmp_path, folder, "179:0", {"size": "62333952", "ro": "0"})
    (folder / "device").mkdir()
    (folder / "device/serial").write_text("0x1234abcd\n")
    put(tmp_path, folder / "mmcblk0p1", "179:1", {"partition": "1", "ro": "0"})
    assert linux.disk("/dev/mmcblk0", 179, 0).serial == "0x1234abcd"
    assert linux.disk("/dev/mmcblk0p1", 179, 1).serial == "0x1234abcd"
    assert linux.disk("/dev/sdc", 8, 32).serial == ""


def test_linux_finds_the_card_that_is_mounted_at_a_folder(linux):
    assert linux.mounted_at(Path("/media/my card")) == "/dev/sdb"
    assert linux.mounted_at(Path("/data")) == "/dev/sdd"
    for folder in ("/media", "/backup", "/proc"):  # none, one of two, no disk
        assert linux.mounted_at(Path(folder)) == ""


def test_linux_finds_the_device_that_an_image_is_behind(linux):
    assert linux.devices_of_image(Path("/home/me/card.img")) == ("/dev/loop3",)
    assert linux.devices_of_image(Path("/home/me/other.img")) == ()


def test_a_linux_without_sys_tells_nothing(tmp_path):
    disk = LinuxDisks(tmp_path).disk("/dev/sdb", 8, 16)
    assert (disk.untold, disk.size_bytes, disk.users) == (UNTOLD, None, ())
    assert LinuxDisks(tmp_path).mounted_at(tmp_path) == ""


def macos(info: dict, listed: dict):
    def run(command) -> bytes:
        assert command[:1] == ("diskutil",) and command[2] == "-plist"
        return plistlib.dumps(info if command[1] == "info" else listed)

    return run


CARD = {
    "ParentWholeDisk": "disk4", "TotalSize": 31914983424, "MediaName": "USB Reader", "WritableMedia": True,
    "Internal": False,
}  # fmt: skip
PARTS = {
    "AllDisksAndPartitions": [
        {
            "DeviceIdentifier": "disk4",
            "Partitions": [{"DeviceIdentifier": "disk4s1", "MountPoint": "/Volumes/X"}],
        }
    ]
}


def test_macos_tells_what_a_disk_is_and_where_it_is_mounted():
    free = {"AllDisksAndPartitions": [{"DeviceIdentifier": "disk4", "Partitions": [{}]}]}
    disk = macos_disk("/dev/disk4", macos(CARD, free))
    assert (disk.io_path, disk.size_bytes, disk.model) == ("/dev/rdisk4", 31914983424, "USB Reader")
    assert (disk.users, disk.part_of, disk.untold) == ((), "", "")
    assert not disk.is_built_in and not disk.is_read_only
    assert macos_disk("/dev/rdisk4", macos(CARD, PARTS)).users == ("mounted at /Volumes/X",)
    assert macos_disk("/dev/disk4s1", macos(CARD, free)).part_of == "/dev/disk4"
    assert macos_disk("/Volumes/X", macos(CARD, PARTS)).part_of == "/dev/disk4"
    assert macos_disk("/dev/disk4", macos(CARD | {"WritableMedia": False}, free)).is_read_only
    inside = CARD | {"Internal": True}
    assert macos_disk("/dev/disk4", macos(inside, free)).is_built_in
    assert not macos_disk("/dev/disk4", macos(inside | {"BusProtocol": "Secure Digital"}, free)).is_built_in


@pytest.mark.parametrize("said", [b"", b"rubbish", b"\xff\xfe", plistlib.dumps([]), plistlib.dumps({})])
def test_a_mac_that_says_something_else_tells_nothing(said):
    disk = macos_disk("/dev/disk4", lambda command: said)
    assert (disk.untold, disk.size_bytes, disk.part_of) == (UNTOLD, None, "")


WINDOWS_CARD = {
    "Size": 31914983424, "Name": "USB Reader", "Bus": "USB", "ReadOnly": False, "System": False,
    "Letters": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "users"),
    [
        ({}, ()),
        ({"Letters": ["E", "F"]}, ("mounted at E:", "mounted at F:")),
        ({"Letters": "E"}, ("mounted at E:",)),
        ({"Letters": None}, ()),
        ({"System": True, "Letters": ["C"]}, ("mounted at C:", "used by Windows itself")),
    ],
)
def test_windows_tells_what_uses_a_disk(changes, users):
    asked = []

    def run(command) -> bytes:
        asked.append(command)
        return json.dumps(WINDOWS_CARD | changes).encode()

    disk = windows_disk(r"\\.\PhysicalDrive2", run)
    assert disk.users == users
    assert (disk.size_bytes, disk.model, disk.part_of) == (31914983424, "USB Reader", "")
    assert not disk.is_built_in and not disk.is_read_only
    assert asked[0][0] == "powershell" and "Get-Disk -Number 2" in asked[0][-1]


def test_windows_volumes_are_parts_of_disks():
    assert windows_disk(r"\\.\E:", lambda command: b"2\r\n").part_of == r"\\.\PhysicalDrive2"
    assert windows_disk_with_letter("E:", lambda command: b"2\r\n") == r"\\.\PhysicalDrive2"
    assert windows_disk_with_letter("server", lambda command: pytest.fail("asked")) == ""
    assert windows_disk_with_letter("E:", lambda command: b"") == ""


@pytest.mark.parametrize("said", [b"", b"rubbish", b"\xff", b"[]", b"{}", b'{"Size": "large"}'])
def test_a_windows_that_says_something_else_tells_nothing(said):
    disk = windows_disk(r"\\.\PhysicalDrive2", lambda command: said)
    assert (disk.untold, disk.size_bytes, disk.users) == (UNTOLD, None, ())


def test_a_program_that_is_missing_tells_nothing():
    assert windows_disk(r"\\.\PhysicalDrive2").untold == UNTOLD or Path("C:/Windows").exists()
