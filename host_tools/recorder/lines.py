"""Lines to and from a recorder: blocks of 192 bytes with a wait for 06 between them, and what comes back.

The recorder's input holds 260 bytes and it may be deaf for seconds, so nothing is sent ahead. What arrives is
cut into lines, the bytes 06 taken out; what a line means, and whether it is believed, is the client's
business. Memory is bounded however much a port sends.
"""

import time
from collections import deque

from host_tools.errors import CloisterError
from host_tools.recorder.port import BytePort

LINE_BYTES = 4096
BLOCK_BYTES = 192
ACKNOWLEDGE = b"\x06"

_KEPT_LINES = 64
_STEP_S = 0.25


class LineLink:
    """One end of the line; `received_bytes` counts everything that came, noise included."""

    def __init__(self, port: BytePort):
        self._port = port
        self._pending = bytearray()
        self._lines: deque[bytes] = deque(maxlen=_KEPT_LINES)
        self._acknowledged = 0
        self.received_bytes = 0

    def send(self, line: bytes, deadline: float) -> None:
        """Send one line, given without its end, after dropping what came earlier.

        Raises CloisterError if the recorder has not taken it at `deadline` (of time.monotonic()).
        """
        whole = line + b"\n"
        if len(whole) > LINE_BYTES:
            raise ValueError(f"a line of {len(whole)} bytes is too long")
        self.discard(deadline)
        # The empty line ends whatever half a line an earlier attempt left in the recorder.
        self._port.write(b"\n" + whole[:BLOCK_BYTES])
        for start in range(BLOCK_BYTES, len(whole), BLOCK_BYTES):
            self._await_acknowledge(deadline)
            self._port.write(whole[start : start + BLOCK_BYTES])

    def receive(self, deadline: float) -> bytes | None:
        """The next line that is not empty, without its end; None if none is there at `deadline`."""
        while not self._lines:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return None
            self._take(self._port.read(min(remaining_s, _STEP_S)))
        return self._lines.popleft()

    def discard(self, deadline: float) -> None:
        """Drop everything that has arrived so far; of a port that never falls silent, until `deadline`."""
        while self._take(self._port.read(0)) and time.monotonic() < deadline:
            pass
        self._lines.clear()
        self._acknowledged = 0

    def _await_acknowledge(self, deadline: float) -> None:
        while not self._acknowledged:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                raise CloisterError(
                    f"the recorder on {self._port.name} stopped in the middle of a request",
                    "run the command again; what was finished is kept",
                )
            self._take(self._port.read(min(remaining_s, _STEP_S)))
        self._acknowledged -= 1

    def _take(self, data: bytes) -> int:
        """Sort new bytes into lines; how many there were."""
        self.received_bytes += len(data)
        self._acknowledged += data.count(ACKNOWLEDGE)
        self._pending += data.replace(ACKNOWLEDGE, b"")
        *lines, rest = bytes(self._pending).split(b"\n")
        self._lines.extend(line for line in map(_without_return, lines) if line)
        # No line is longer: an endless one is noise, and its beginning is not needed to see that.
        self._pending = bytearray(rest[-LINE_BYTES:])
        return len(data)


def _without_return(line: bytes) -> bytes:
    return line.removesuffix(b"\r")
