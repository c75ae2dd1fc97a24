"""`time`: sets the clock."""

from recorder import overlay
from recorder.errors import Refused

_EARLIEST_MS = 1_577_836_800_000  # 2020-01-01: a clock set to before that is a mistake
_LATEST_MS = 4_102_444_800_000  # 2100-01-01


def answer(request, app):
    """Set the clock; what expires may do so by the new time."""
    time_ms = time_field(request)
    overlay.fetch("recorder.calendar")  # here and not further down: there the stack may be too small for it
    drift_ms = app.parts.clock.set(time_ms)
    app.must_expire = True
    app.parts.log.note("time")
    return {"drift_ms": drift_ms}


def time_field(request):
    """Return `time_ms`, if it is one."""
    time_ms = request.get("time_ms")
    if type(time_ms) is not int or not _EARLIEST_MS <= time_ms < _LATEST_MS:
        raise Refused("value", "time_ms must be whole milliseconds of Unix time, from 2020 to 2099")
    return time_ms
