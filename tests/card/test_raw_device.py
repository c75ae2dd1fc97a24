"""Images and devices are written and read by whole sectors, and what happens to them meanwhile is told."""

import errno
import os
from pathlib import Path

import pytest

from host_tools.card.device import RawDevice
from host_tools.card.target import contents
from host_tools.errors import CloisterError
from tests.card.fake_cards import MIB

SIZE = 2 * MIB + 1536


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    path.write_bytes(bytes(SIZE))
    return path


def block(number: int, length: int = 4096) -> bytes:
    return bytes([number]) * length


def test_what_is_written_is_in_the_file_and_is_read_back(path):
    with RawDevice(str(path), SIZE) as device:
        device.write_at(4096, block(1))
        device.write_at(MIB, block(2, MIB))
        device.write_at(2 * MIB, block(3, 1536))
        device.sync()
        assert device.read_at(4096, 4096) == block(1)
        assert device.read_at(MIB, MIB) == block(2, MIB)
        assert device.read_at(2 * MIB, 1536) == block(3, 1536)
    content = path.read_bytes()
    assert len(content) == SIZE
    assert content == bytes(4096) + block(1) + bytes(MIB - 8192) + block(2, MIB) + block(3, 1536)


@pytest.mark.parametrize("when", ["opening", "reading", "writing"])
def test_what_cannot_be_read_directly_is_read_all_the_same(path, monkeypatch, when):
    """A file system that refuses direct reading, or has sectors of another size."""
    asked = []
    real_open, direct = os.open, 0o40000000

    def open_without(name, flags, *more):
        asked.append(bool(flags & direct))
        if when == "opening" and flags & direct:
            raise OSError(errno.EINVAL, "Invalid argument")
        return real_open(name, flags & ~direct, *more)

    monkeypatch.setattr(os, "O_DIRECT", direct, raising=False)
    monkeypatch.setattr(os, "open", open_without)
    with RawDevice(str(path), SIZE) as device:
        if when != "opening":
            device._file = Refusing(device._file, when)
        device.write_at(0, block(5))
        device.sync()
        assert device.read_at(0, 4096) == block(5)
    assert asked == [True, False]


class Refusing:
    """A file that refuses one kind of transfer once."""

    def __init__(self, file, when: str):
        self._file = file
        self._when = when

    def __getattr__(self, name: str):
        if name == {"reading": "readinto", "writing": "write"}[self._when]:
            raise OSError(errno.EINVAL, "Invalid argument")
        return getattr(self._file, name)


class Failing(Refusing):
    """A file whose transfers fail with this error."""

    def __init__(self, file, number: int):
        super().__init__(file, "")
        self._number = number

    def __getattr__(self, name: str):
        if name in ("readinto", "write"):
            raise OSError(self._number, os.strerror(self._number))
        return getattr(self._file, name)


def test_a_medium_that_cannot_be_read_is_an_oserror(path):
    with RawDevice(str(path), SIZE) as device:
        device._file = Failing(device._file, errno.EIO)
        with pytest.raises(OSError, match="Input/output"):
            device.read_at(0, 4096)
        assert "cannot be read: input/output error" in contents(device, str).reason


@pytest.mark.parametrize("number", [errno.ENODEV, errno.ENXIO, getattr(errno, "ENOMEDIUM", errno.ESTALE)])
def test_a_card_that_went_away_is_told(path, number):
    with RawDevice(str(path), SIZE) as device:
        device._file = Failing(device._file, number)
        for transfer in (lambda: device.read_at(0, 512), lambda: device.write_at(0, bytes(512))):
            with pytest.raises(CloisterError, match="no longer there"):
                transfer()


def test_an_error_of_a_device_that_has_another_size_now_is_a_card_taken_out(path):
    with RawDevice(str(path), SIZE) as device:
        device._file = Failing(device._file, errno.EIO)
        os.truncate(path, 0)
        with pytest.raises(CloisterError, match="was the card taken out"):
            device.read_at(0, 512)


def test_an_image_that_is_cut_short_meanwhile_is_told(path):
    with RawDevice(str(path), SIZE) as device:
        os.truncate(path, 4096)
        with pytest.raises(CloisterError, match="no longer there"):
            device.read_at(8192, 4096)


def test_an_image_without_room_on_its_disk_is_told(path):
    with RawDevice(str(path), SIZE) as device:
        device._file = Failing(device._file, errno.ENOSPC)
        with pytest.raises(CloisterError, match="no room"):
            device.write_at(0, bytes(512))


@pytest.mark.parametrize(
    ("number", "reason", "hint"),
    [
        (errno.EBUSY, "in use", "unmount"),
        (errno.EROFS, "write-protected", "lock"),
        (errno.EACCES, "permission denied", "administrator"),
        (errno.ENXIO, "no such device", None),
    ],
)
def test_a_device_that_cannot_be_opened_is_told_why(path, monkeypatch, number, reason, hint):
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("host_tools.card.device.stat.S_ISREG", lambda mode: False)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CloisterError) as caught:
        RawDevice(str(path), SIZE)
    assert reason in caught.value.message
    assert hint is None or hint in caught.value.hint


def test_everything_is_on_the_disk_before_it_is_forgotten(path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("kept"))
    monkeypatch.setattr(os, "posix_fadvise", lambda *how: done.append(how[1:]))
    with RawDevice(str(path), SIZE) as device:
        device.sync()
    assert done == ["kept", (0, 0, os.POSIX_FADV_DONTNEED)]
