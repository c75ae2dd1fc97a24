"""The request `log`: entries of the recorder's own log, the oldest after a given number first."""

from micropython import const
from recorder import overlay
from recorder.errors import Refused

_MOST = const(16)  # in one answer: far below what a line holds, for they are built on a small heap
_HIGHEST = const(0x3FFFFFFF)


def answer(request, app):
    """Return `entries`; none are left once the list is empty."""
    after = request.get("after", 0)
    if type(after) is not int or not 0 <= after <= _HIGHEST:
        raise Refused("value", "after must be the number of an entry, or 0")
    app.parts.log.flush()
    try:
        return {"entries": overlay.fetch("recorder.log_file").read(app.parts.store, after, _MOST)}
    finally:
        overlay.forget("recorder.log_file")
