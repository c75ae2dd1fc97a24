"""What expires on which day, and its end: containers past their day are destroyed, overwritten and removed.

An overlay. The days are kept in the internal flash, in small files of up to 32 containers each, without time
of day. A day is counted from 1970-01-01. With a clock that is not set nothing is noted and nothing expires.
"""

from binascii import hexlify, unhexlify

from micropython import const
from recorder import format as layout
from recorder.struck import Struck

_NAME = "expiry-%d"
_PER_FILE_SHIFT = const(5)
_ENTRY_BYTES = const(16)  # number (4), day (2), suite (1), letter of its name (1), key id (8)
_AT_A_TIME = const(4)
_MOST_STRUCK = const(200)  # that the laptop has not heard of: then it has to come first


def note(parts, entry):
    """Note when a container, as Journal.striking has it, expires: its retention counted from today."""
    day = min(parts.clock.day() + parts.settings["retention_days"], 0xFFFF)
    name = _NAME % (entry["number"] >> _PER_FILE_SHIFT)
    letter = entry["name"][0].encode()
    packed = entry["number"].to_bytes(4, "big") + day.to_bytes(2, "big") + bytes((entry["suite"],)) + letter
    parts.store.write(name, (parts.store.read(name) or b"") + packed + unhexlify(entry["key"]))


def is_due(parts):
    """True if something has expired by today, and the laptop has not too much to hear of already."""
    return Struck(parts.store).count < _MOST_STRUCK and any(
        _expired(parts, name)[0] for name in _files(parts)
    )


def run(parts):
    """Destroy and remove what has expired by today. Raises CardFault."""
    from recorder import strike

    for name in _files(parts):
        while Struck(parts.store).count < _MOST_STRUCK:
            entries, kept = _expired(parts, name)
            if not entries:
                break
            strike.begin(parts, entries)
            if kept:
                parts.store.write(name, kept)
            else:
                parts.store.remove(name)
            strike.finish(parts)


def _files(parts):
    return sorted(name for name in parts.store.each() if name.startswith("expiry-"))


def _expired(parts, name):
    """Return (the next few entries of one file that have expired, the rest of the file)."""
    day = parts.clock.day()
    kept, entries = b"", []
    whole = parts.store.read(name) or b""
    for at in range(0, len(whole), _ENTRY_BYTES):
        packed = whole[at : at + _ENTRY_BYTES]
        if len(entries) < _AT_A_TIME and int.from_bytes(packed[4:6], "big") <= day:
            entries.append(_entry(packed))
        else:
            kept += packed
    return entries, kept


def _entry(packed):
    number = int.from_bytes(packed[:4], "big")
    return {
        "number": number,
        "name": layout.file_name(number, chr(packed[7])),
        "suite": packed[6],
        "key": hexlify(packed[8:]).decode(),
        "erase": True,
    }
