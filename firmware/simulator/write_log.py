"""Every write to card and flash as it reached the medium, appended to a file of the host's, in their order.

A record is `<BIII`: what happened, virtual milliseconds since the first power-on when it had, place, number
of bytes that follow. Card: place is a sector. Flash: place is a byte. A synchronisation and the erasure of a
flash block have no bytes. What failed is not there; of what was torn there is what reached the medium, and
an erasure that was torn is as many programmed ones. Another card that was put in is there by the path of
its image: the writes after it are to that one, until the next start. Nothing is buffered or allocated.
"""

import struct

from simulator import clock

CARD_WRITE, CARD_SYNC, FLASH_PROGRAM, FLASH_ERASE, ANOTHER_CARD = 0, 1, 2, 3, 4
_FORM = "<BIII"

_file = None
_origin_ms = 0
_record = bytearray(struct.calcsize(_FORM))


def begin(path, origin_ms):
    """Append to this file from now on; the interpreter has started at `origin_ms`."""
    global _file, _origin_ms
    _file = open(path, "ab")
    _origin_ms = origin_ms


def note(kind, place, data=b""):
    """This has happened."""
    if _file is not None:
        struct.pack_into(_FORM, _record, 0, kind, _origin_ms + clock.now_ms(), place, len(data))
        _file.write(_record)
        _file.write(data)
