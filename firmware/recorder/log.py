"""The recorder's own log: what it did, by boot count and uptime, for whoever answers for the records.

No content, names, levels or time of day. What is noted waits in memory until flush(), so that a recording
is not held up by the flash (log_file.py). The log is never the cause of a fault: one that cannot be read is
begun anew, and one that cannot be written waits.
"""

import struct

from micropython import const
from recorder import overlay
from recorder.errors import StoreDamaged

ENTRY = "<IIBI"  # boot count, uptime in seconds, kind, value
ENTRY_BYTES = const(13)
_MOST_WAITING = const(16)
_LARGEST = const(0x3FFFFFFF)

# An entry holds the place in here; what a firmware already wrote, later ones must still read. One text:
# sixteen names would cost the interpreter sixteen objects.
KINDS = (
    "power-on start stop pause resume fault settings keys time provision wipe destroy expire reset service "
    "interrupted"
)


class Log:
    """note() at any time, flush() while idle."""

    def __init__(self, store, clock):
        self._store = store
        self._clock = clock
        self._waiting = bytearray(_MOST_WAITING * ENTRY_BYTES)
        self._count = 0  # of those that wait
        self._boot = overlay.fetch("recorder.log_file").boots(store) + 1
        self.note("power-on")
        self.flush()

    def note(self, kind, value=0):
        """Remember that something happened; it is dropped while 16 others wait, and if it has no kind."""
        kinds = KINDS.split()
        if self._count < _MOST_WAITING and kind in kinds:
            at = self._count * ENTRY_BYTES
            uptime_s = self._clock.uptime_ms // 1000
            value = max(0, min(value, _LARGEST))
            struct.pack_into(ENTRY, self._waiting, at, self._boot, uptime_s, kinds.index(kind), value)
            self._count += 1

    def flush(self):
        """Write to flash what waits, if anything does."""
        if self._count:
            try:
                overlay.fetch("recorder.log_file").append(
                    self._store, self._boot, memoryview(self._waiting)[: self._count * ENTRY_BYTES]
                )
                self._count = 0
            except (OSError, StoreDamaged, MemoryError):
                pass  # it goes on waiting
            overlay.forget("recorder.log_file")
