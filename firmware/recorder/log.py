"""The recorder's own log: what it did, by boot count and uptime, for whoever answers for the records.

No content, names, levels or time of day. The newest 96 entries are kept in one file; their numbers count for
ever. What is noted waits in memory until flush(), so that a recording is not held up by the flash. The log is
never the cause of a fault: one that cannot be read is begun anew, and one that cannot be written waits.
"""

import struct

from micropython import const
from recorder.errors import StoreDamaged

_NAME = "log"
_HEAD = "<II"  # number of the newest entry, boot count
_HEAD_BYTES = const(8)
_ENTRY = "<IIBI"  # boot count, uptime in seconds, kind, value
_ENTRY_BYTES = const(13)
_KEPT = const(96)
_MOST_WAITING = const(16)
_LARGEST = const(0x3FFFFFFF)

# An entry holds the place in here; what a firmware already wrote, later ones must still read.
_KINDS = (
    "power-on", "start", "stop", "pause", "resume", "fault", "settings", "keys", "time", "provision",
    "wipe", "destroy", "expire", "reset", "service", "interrupted",
)  # fmt: skip


class Log:
    """note() at any time, flush() while idle."""

    def __init__(self, store, clock):
        self._store = store
        self._clock = clock
        self._waiting = bytearray(_MOST_WAITING * _ENTRY_BYTES)
        self._count = 0  # of those that wait
        self._boot = self._stored()[1] + 1
        self.note("power-on")
        self.flush()

    def note(self, kind, value=0):
        """Remember that something happened; it is dropped while 16 others wait, and if it has no kind."""
        if self._count < _MOST_WAITING and kind in _KINDS:
            at = self._count * _ENTRY_BYTES
            uptime_s = self._clock.uptime_ms // 1000
            value = max(0, min(value, _LARGEST))
            struct.pack_into(_ENTRY, self._waiting, at, self._boot, uptime_s, _KINDS.index(kind), value)
            self._count += 1

    def flush(self):
        """Write to flash what waits, if anything does."""
        if self._count:
            try:
                self._write()
                self._count = 0
            except (OSError, StoreDamaged, MemoryError):
                pass  # it goes on waiting

    def _write(self):
        newest, _, kept = self._stored()
        passed = max(0, kept + self._count - _KEPT)
        content = struct.pack(_HEAD, newest + self._count, self._boot)
        if kept > passed:
            content += self._store.read_part(
                _NAME, _HEAD_BYTES + passed * _ENTRY_BYTES, (kept - passed) * _ENTRY_BYTES
            )
        self._store.write(_NAME, content + self._waiting[: self._count * _ENTRY_BYTES])

    def _stored(self):
        """Return (number of the newest entry in flash, boot count, how many are there); zeros without any."""
        try:
            newest, boot = struct.unpack(_HEAD, self._store.read_part(_NAME, 0, _HEAD_BYTES))
            return newest, boot, (self._store.size(_NAME) - _HEAD_BYTES) // _ENTRY_BYTES
        except (OSError, StoreDamaged):
            return 0, 0, 0

    def read(self, after, most):
        """Return the oldest `most` entries in flash numbered above `after`; raises OSError, StoreDamaged."""
        newest, _, kept = self._stored()
        oldest = newest - kept + 1
        first = max(after + 1, oldest)
        count = min(most, newest - first + 1)
        entries = []
        if count > 0:
            at = _HEAD_BYTES + (first - oldest) * _ENTRY_BYTES
            content = self._store.read_part(_NAME, at, count * _ENTRY_BYTES)
            for i in range(count):
                boot, uptime_s, kind, value = struct.unpack_from(_ENTRY, content, i * _ENTRY_BYTES)
                what = _KINDS[kind] if kind < len(_KINDS) else "?"
                entries.append(
                    {"n": first + i, "boot": boot, "uptime_s": uptime_s, "what": what, "value": value}
                )
        return entries
