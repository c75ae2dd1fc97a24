"""The serial port, opened without resetting the recorder, and its failures in plain words.

Many ESP32 boards wire DTR and RTS to reset and boot mode: RTS on with DTR off resets the chip, and the order
below never passes through that. Guarantees that nobody else has the port, where the platform can tell, and
that whatever goes wrong with it is a CloisterError.
"""

import errno
import time
from types import TracebackType
from typing import Any, Protocol, Self

import serial

from host_tools.errors import CloisterError

BAUD_RATE = 115_200
READ_STEP_S = 0.05
WRITE_TIMEOUT_S = 10.0

_DIALOUT_HINT = "the group dialout may open it: sudo usermod -a -G dialout $USER, then log in again"
_BUSY_HINT = "close the other program that talks to the recorder"
_MISSING_HINT = "is the recorder plugged in? Give its port with --port, as /dev/ttyUSB0 or COM3"


class BytePort(Protocol):
    """What the console's lines need of a port; `name` is for messages."""

    name: str

    def read(self, timeout_s: float) -> bytes:
        """What has arrived, waiting at most `timeout_s` for the first byte; empty if none came."""

    def write(self, data: bytes) -> None:
        """Send all of `data`."""


class SerialPort:
    """An open serial port (or a pty); a context manager. Raises CloisterError when the port goes away."""

    def __init__(self, name: str):
        self.name = name
        self._serial: Any = _open(name)  # pyserial has no types

    def read(self, timeout_s: float) -> bytes:
        """What has arrived, waiting at most `timeout_s` for the first byte; empty if none came."""
        end = time.monotonic() + timeout_s
        try:
            while not (waiting_bytes := self._serial.in_waiting) and time.monotonic() < end:
                first: bytes = self._serial.read(1)
                if first:
                    return first + bytes(self._serial.read(self._serial.in_waiting))
            return bytes(self._serial.read(waiting_bytes))
        except OSError as error:
            raise self._gone(error) from None

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException:
            raise CloisterError(f"{self.name} takes no data", "unplug it and plug it in again") from None
        except OSError as error:
            raise self._gone(error) from None

    def close(self) -> None:
        """Give the port back; closing it twice does nothing."""
        self._serial.close()

    def _gone(self, error: OSError) -> CloisterError:
        return CloisterError(f"{self.name} went away: {_reason(error)}", "was the recorder unplugged?")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(name: str) -> serial.Serial:
    port = serial.Serial(
        baudrate=BAUD_RATE, exclusive=True, timeout=READ_STEP_S, write_timeout=WRITE_TIMEOUT_S
    )
    port.port = name
    # The system raises both lines as it opens the port. RTS falls first, then DTR: the other way round
    # there would be a moment of RTS without DTR, which is the reset.
    port.rts = False
    port.dtr = True
    try:
        port.open()
    except (OSError, ValueError) as error:
        raise _explained(name, error) from None
    try:
        port.dtr = False
    except OSError as error:
        # A pty has no such lines, and says so with one of these two.
        if error.errno not in (errno.EINVAL, errno.ENOTTY):
            port.close()
            raise _explained(name, error) from None
    return port


def _explained(name: str, error: Exception) -> CloisterError:
    """The CloisterError for what the system said when the port was opened."""
    number = getattr(error, "errno", None)
    said = str(error)  # Windows gives no number, but names the exception
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return CloisterError(f"{name} is in use by another program", _BUSY_HINT)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or "FileNotFoundError" in said:
        return CloisterError(f"there is no port {name}", _MISSING_HINT)
    if number in (errno.EACCES, errno.EPERM):
        return CloisterError(f"no permission to open {name}", _DIALOUT_HINT)
    if "PermissionError" in said:
        return CloisterError(f"{name} is in use by another program, or may not be opened", _BUSY_HINT)
    if number in (errno.EISDIR, errno.ENOTTY) or "Inappropriate ioctl" in said:
        return CloisterError(f"{name} is not a serial port", _MISSING_HINT)
    return CloisterError(f"{name} cannot be opened: {_reason(error)}", _MISSING_HINT)


def _reason(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return said[:1].lower() + said[1:].rstrip(".")
