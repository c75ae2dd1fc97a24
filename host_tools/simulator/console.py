"""The recorder's serial console as a real pseudo-terminal, with the small input buffer of the real thing.

What a program writes to the pty reaches the firmware's standard input only as far as there is room for
it: 259 unread bytes, and the rest is lost. What the firmware writes is lost when nobody reads.
The slave stays open here, so programs may come and go; it is raw, and opening it resets nothing.
"""

import array
import fcntl
import os
import pty
import termios
import tty

INPUT_BYTES = 259  # of a ring of 260
READ_BYTES = 4096

# What the chip's boot ROM says at 115 200 baud on the same port, before any firmware runs.
BOOT_NOISE = (
    b"ets Jul 29 2019 12:21:46\r\n\r\n"
    b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
    b"configsip: 0, SPIWP:0xee\r\nmode:DIO, clock div:2\r\nentry 0x400805b4\r\n"
)


class Console:
    """A pty for one run; the firmware's end changes with every start of the interpreter."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self._slave)
        self._input = self._unread = -1

    def power_on(self) -> int:
        """A new, empty input buffer and the boot ROM's noise; returns the firmware's end of it."""
        self._close_input()
        self._unread, self._input = os.pipe()
        self.show(BOOT_NOISE)
        return self._unread

    def take(self) -> None:
        """Pass on what was written to the pty, as far as there is room."""
        try:
            data = os.read(self.master, READ_BYTES)
        except (BlockingIOError, OSError):
            return
        room = INPUT_BYTES - self._unread_bytes()
        if room > 0:
            os.write(self._input, data[:room])

    def show(self, data: bytes) -> None:
        """What the firmware wrote; whatever the terminal has no room for is lost."""
        try:
            os.write(self.master, data)
        except BlockingIOError:
            return

    def close(self) -> None:
        """The pty is gone afterwards."""
        self._close_input()
        os.close(self.master)
        os.close(self._slave)

    def _unread_bytes(self) -> int:
        count = array.array("i", [0])
        fcntl.ioctl(self._unread, termios.FIONREAD, count)
        return count[0]

    def _close_input(self) -> None:
        for descriptor in (self._input, self._unread):
            if descriptor >= 0:
                os.close(descriptor)
        self._input = self._unread = -1
