"""Lines from the serial port: put together byte by byte, with the flow control of docs/protocol.md.

The port's own input holds 260 bytes, so the laptop waits for one byte 06 after every 192 bytes of a line that
goes on. Guarantees that a short line needs 512 bytes and only a long one more; that a line of more than 4096
bytes, or for which there is no memory, is dropped whole, still acknowledged on its way so that nobody waits
for ever; and that no byte is looked at twice.
"""

from micropython import const

LINE_BYTES = const(4096)

TOO_LONG = const(-1)  # of a line that has ended: it is dropped

_BLOCK_BYTES = const(192)
_ACKNOWLEDGE = b"\x06"
_NEWLINE = const(10)
_RETURN = const(13)
_SHORT_BYTES = const(512)  # all but `provision` and `keys` have room here
# Added to the count of a line that was lost: too long it is then, and acknowledged in the same places.
_LOST_BYTES = const(22 * 192)


class LineReader:
    """Reads `port` (`read_byte()` → 0…255, or -1 if there is none yet; `write(data)`).

    lend: function() → a bytearray of 4095 bytes or more for a long line; may raise MemoryError.
    half_line: what an earlier reader's `half_line()` gave, or None.
    """

    def __init__(self, port, lend, half_line=None):
        self._port = port
        self._lend = lend
        self._short = self._buffer = bytearray(_SHORT_BYTES)
        self._taken_bytes = 0
        if half_line is not None:
            taken, self._taken_bytes = half_line
            if len(taken) > _SHORT_BYTES:
                self._grow()
            if len(taken) > len(self._buffer):
                self._taken_bytes += _LOST_BYTES
            else:
                self._buffer[: len(taken)] = taken

    def step(self):
        """Take at most one byte.

        Returns None (none was there), 0 (no line has ended, but perhaps an empty one), the length of the line
        that has just ended, or TOO_LONG: it had more than 4096 bytes, or than there is memory for.
        """
        byte = self._port.read_byte()
        if byte < 0:
            return None
        if byte == _NEWLINE:
            return self._end()
        taken_bytes = self._taken_bytes
        if taken_bytes == 0:
            self._buffer = self._short
        elif taken_bytes == _SHORT_BYTES:
            self._grow()
        if taken_bytes < len(self._buffer):
            self._buffer[taken_bytes] = byte
        self._taken_bytes = taken_bytes + 1
        if self._taken_bytes % _BLOCK_BYTES == 0:
            self._port.write(_ACKNOWLEDGE)
        return 0

    def line(self, length):
        """The line of that length that was just ended, without its end: a view, good until the next step."""
        return memoryview(self._buffer)[:length]

    def give_back(self, buffer):
        """Go on without `buffer` if that is what was lent; the line that stood in it is lost."""
        if self._buffer is buffer:
            self._buffer = self._short
            if self._taken_bytes > _SHORT_BYTES:
                self._taken_bytes += _LOST_BYTES

    def half_line(self):
        """What was taken of a line that has not ended, for another reader to go on with; else None."""
        taken_bytes = self._taken_bytes
        if taken_bytes == 0:
            return None
        try:
            return bytes(memoryview(self._buffer)[:taken_bytes]), taken_bytes
        except MemoryError:
            return b"", taken_bytes + _LOST_BYTES

    def _grow(self):
        try:
            longer = self._lend()
        except MemoryError:
            return  # and the line ends as one that is too long
        longer[:_SHORT_BYTES] = self._buffer
        self._buffer = longer

    def _end(self):
        length, self._taken_bytes = self._taken_bytes, 0
        if length >= LINE_BYTES or length > len(self._buffer):
            return TOO_LONG
        if length and self._buffer[length - 1] == _RETURN:
            return length - 1
        return length
