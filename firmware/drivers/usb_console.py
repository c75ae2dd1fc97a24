"""The serial line to the laptop: standard input and output of the port, as bytes.

Text mode would turn carriage returns into line feeds, hence `.buffer`; ipoll(0) tells whether a byte is
there, since a read would wait.
"""

import select
import sys


class UsbConsole:
    """`any()`, `read_byte()` and `write(data)`; none waits for the laptop."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def any(self):
        """Return True if a byte waits to be read."""
        for _ in self._poll.ipoll(0):  # unlike poll() it makes no list, a hundred times a second
            return True
        return False

    def read_byte(self):
        """Return the next byte received (0 … 255), or -1 if there is none."""
        if self.any():
            received = self._in.read(1)
            return received[0] if received else -1
        return -1

    def write(self, data):
        """Send bytes."""
        self._out.write(data)
