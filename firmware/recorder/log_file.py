"""The file of the recorder's log: its newest 96 entries, whose numbers count for ever. An overlay."""

import struct

from micropython import const
from recorder.errors import StoreDamaged
from recorder.log import ENTRY, ENTRY_BYTES, KINDS

_NAME = "log"
_HEAD = "<II"  # number of the newest entry, boot count
_HEAD_BYTES = const(8)
_KEPT = const(96)


def boots(store):
    """Return the boot count that is in flash; 0 without any."""
    return _stored(store)[1]


def append(store, boot, entries):
    """Write entries, packed, behind those that are there; the oldest go. Raises OSError, StoreDamaged."""
    count = len(entries) // ENTRY_BYTES
    newest, _, kept = _stored(store)
    passed = max(0, kept + count - _KEPT)
    content = struct.pack(_HEAD, newest + count, boot)
    if kept > passed:
        content += store.read_part(_NAME, _HEAD_BYTES + passed * ENTRY_BYTES, (kept - passed) * ENTRY_BYTES)
    store.write(_NAME, content + bytes(entries))


def _stored(store):
    """Return (number of the newest entry in flash, boot count, how many are there); zeros without any."""
    try:
        newest, boot = struct.unpack(_HEAD, store.read_part(_NAME, 0, _HEAD_BYTES))
        return newest, boot, (store.size(_NAME) - _HEAD_BYTES) // ENTRY_BYTES
    except (OSError, StoreDamaged):
        return 0, 0, 0


def read(store, after, most):
    """Return the oldest `most` entries in flash numbered above `after`; raises OSError, StoreDamaged."""
    newest, _, kept = _stored(store)
    oldest = newest - kept + 1
    first = max(after + 1, oldest)
    count = min(most, newest - first + 1)
    entries = []
    kinds = KINDS.split()
    if count > 0:
        at = _HEAD_BYTES + (first - oldest) * ENTRY_BYTES
        content = store.read_part(_NAME, at, count * ENTRY_BYTES)
        for i in range(count):
            boot, uptime_s, kind, value = struct.unpack_from(ENTRY, content, i * ENTRY_BYTES)
            what = kinds[kind] if kind < len(kinds) else "?"
            entries.append({"n": first + i, "boot": boot, "uptime_s": uptime_s, "what": what, "value": value})
    return entries
