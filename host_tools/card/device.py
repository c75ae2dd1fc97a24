"""A card's device, or an image of a card, opened to be written and read by whole sectors.

Past the system's memory of it where the platform allows: directly (Linux), by the raw device (macOS), and
otherwise by having written what was kept and letting it be forgotten. A Linux device is opened for this
program alone, which fails if any part of it is in use, and keeps it from being mounted meanwhile.
"""

import errno
import mmap
import os
import stat
import sys
from types import TracebackType

from host_tools.card.pattern import LONGEST_BYTES
from host_tools.errors import CloisterError

GONE = {
    getattr(errno, name)
    for name in ("ENODEV", "ENXIO", "ENOMEDIUM", "ENOENT", "ESTALE")
    if hasattr(errno, name)
}


class RawDevice:
    """An open device or image of `size_bytes`; a context manager.

    Raises CloisterError if it cannot be opened or is no longer there, and OSError for what it cannot read
    or write.
    """

    def __init__(self, path: str, size_bytes: int):
        self.size_bytes = size_bytes
        self._path = path
        self._buffer = mmap.mmap(-1, LONGEST_BYTES)  # begins at a page, as direct reading wants it
        self._is_device = not path.startswith("\\") and not stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
        self._direct = getattr(os, "O_DIRECT", 0)
        self._open()

    def write_at(self, offset: int, data: bytes) -> None:
        """Write at most 1 MiB there."""
        self._buffer[: len(data)] = data
        done = 0
        while done < len(data):
            done += self._transfer(offset + done, done, len(data), write=True)

    def read_at(self, offset: int, length: int) -> bytes:
        """What is there, exactly so long and at most 1 MiB."""
        done = 0
        while done < length:
            done += self._transfer(offset + done, done, length, write=False)
        return self._buffer[:length]

    def sync(self) -> None:
        """Wait until everything is on the card, and let the system forget what it kept."""
        try:
            os.fsync(self._file.fileno())
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError as error:
            raise self._explained(error) from None

    def fileno(self) -> int:
        """The system's number of the open file."""
        return self._file.fileno()

    def __enter__(self) -> "RawDevice":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._buffer.close()

    def _open(self) -> None:
        exclusive = os.O_EXCL if self._is_device and sys.platform == "linux" else 0
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | exclusive
        try:
            try:
                handle = os.open(self._path, flags | self._direct)
            except OSError as error:
                if not self._direct or error.errno != errno.EINVAL:
                    raise
                self._direct = 0  # a file system that cannot
                handle = os.open(self._path, flags)
            self._file = open(handle, "r+b", buffering=0)  # noqa: SIM115, PTH123 - closed by __exit__
        except OSError as error:
            raise _refusal(self._path, error, self._is_device) from None

    def _transfer(self, offset: int, start: int, end: int, write: bool) -> int:
        """Move some bytes between the device and the buffer's part from `start` to `end`; how many."""
        with memoryview(self._buffer) as whole, whole[start:end] as part:
            try:
                self._file.seek(offset)
                count = self._file.write(part) if write else self._file.readinto(part)
            except OSError as error:
                if not self._direct or error.errno != errno.EINVAL:
                    raise self._explained(error) from None
                self._direct, count = 0, None  # sectors of another size: the system has to put them together
                self._file.close()
                self._open()
        if count == 0:
            raise self._gone()
        return count or 0

    def _explained(self, error: OSError) -> Exception:
        """The same error, or that the card is no longer there, or that an image's disk is full."""
        if error.errno == errno.ENOSPC and not self._is_device:
            return CloisterError(f"there is no room for all of {self._path} on its disk", "make room there")
        if error.errno in GONE or not self._is_there():
            return self._gone()
        return error

    def _is_there(self) -> bool:
        """Whether it can still be opened, with something in it."""
        try:
            with open(self._path, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib spoils device names
                return not sys.platform.startswith("linux") or file.seek(0, os.SEEK_END) == self.size_bytes
        except OSError:
            return False

    def _gone(self) -> CloisterError:
        return CloisterError(f"{self._path} is no longer there: was the card taken out?")


def _refusal(path: str, error: OSError, is_device: bool) -> CloisterError:
    """Why it cannot be opened, and what to do."""
    reason = (error.strerror or type(error).__name__).lower()
    if not is_device:
        return CloisterError(f"{path} cannot be written: {reason}")
    if error.errno == errno.EBUSY:
        return CloisterError(f"{path} is in use by this system: nothing was done", "unmount it")
    if error.errno == errno.EROFS:
        return CloisterError(f"{path} is write-protected", "is the switch on the card's side set to lock?")
    hint = None
    if error.errno in (errno.EACCES, errno.EPERM):
        hint = "a card's device is the administrator's: run the command as one"
    return CloisterError(f"{path} cannot be written: {reason}", hint)
