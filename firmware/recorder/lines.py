"""Lines from the serial port: put together byte by byte, with the flow control of docs/protocol.md.

The port's own input holds 260 bytes, so the laptop waits for one byte 06 after every 192 bytes of a line that
goes on. Guarantees one buffer, allocated once; that a line of more than 4096 bytes is dropped whole, still
acknowledged on its way so that nobody waits for ever; and that no byte is looked at twice.
"""

LINE_BYTES = 4096
BLOCK_BYTES = 192
ACKNOWLEDGE = b"\x06"

# What a step found.
NOTHING = 0
MORE = 1
LINE = 2
TOO_LONG = 3

_NEWLINE = 10
_RETURN = 13
_CONTENT_BYTES = LINE_BYTES - 1


class LineReader:
    """Reads `port` (`read_byte()` → 0…255, or -1 if there is none yet; `write(data)`)."""

    def __init__(self, port):
        self._port = port
        self._buffer = bytearray(_CONTENT_BYTES)
        self._view = memoryview(self._buffer)
        self._taken_bytes = 0
        self._length_bytes = 0

    def step(self):
        """Take at most one byte.

        Returns NOTHING (none was there), MORE (taken, no line has ended), LINE (`line()` has a line that is
        not empty) or TOO_LONG (a line of more than 4096 bytes has just ended).
        """
        byte = self._port.read_byte()
        if byte < 0:
            return NOTHING
        if byte == _NEWLINE:
            return self._end()
        if self._taken_bytes < _CONTENT_BYTES:
            self._buffer[self._taken_bytes] = byte
        self._taken_bytes += 1
        if self._taken_bytes % BLOCK_BYTES == 0:
            self._port.write(ACKNOWLEDGE)
        return MORE

    def line(self):
        """The line that was just ended, without its end: a view, good until the next step."""
        return self._view[: self._length_bytes]

    def _end(self):
        taken_bytes, self._taken_bytes = self._taken_bytes, 0
        if taken_bytes > _CONTENT_BYTES:
            return TOO_LONG
        if taken_bytes and self._buffer[taken_bytes - 1] == _RETURN:
            taken_bytes -= 1
        self._length_bytes = taken_bytes
        return LINE if taken_bytes else MORE
