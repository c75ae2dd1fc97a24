"""How a card behaves in time, and which of its next reads and writes fail.

A write is busy for a millisecond unless a trace says how long, one entry after the other and then from its
beginning; a stall that was asked for comes on top. The trace is a file of the host's with microseconds, four
bytes each, least significant first.
"""

_USUAL_US = 1000
_EIO = 5

_entry = bytearray(4)


class Habits:
    """Of one card."""

    def __init__(self):
        self._trace = None
        self.stalls_ms = []
        self.failing_writes = 0
        self.raising_writes = 0
        self.failing_reads = 0

    def follow(self, path):
        """From now on writes are busy as in that trace."""
        self._trace = open(path, "rb")

    def busy_us(self):
        """For how long the next write is."""
        busy_us = _USUAL_US
        if self._trace is not None:
            if self._trace.readinto(_entry) < 4:
                self._trace.seek(0)
                self._trace.readinto(_entry)
            busy_us = _entry[0] | _entry[1] << 8 | _entry[2] << 16 | _entry[3] << 24
        if self.stalls_ms:
            busy_us += self.stalls_ms.pop(0) * 1000
        return busy_us

    def write_fails(self):
        """Whether this write does. Raises OSError if that is how."""
        if self.failing_writes:
            self.failing_writes -= 1
            return True
        if self.raising_writes:
            self.raising_writes -= 1
            raise OSError(_EIO)
        return False

    def read_fails(self):
        """Whether this read does."""
        if self.failing_reads:
            self.failing_reads -= 1
            return True
        return False
