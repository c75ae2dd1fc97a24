"""What a container's SESSION record tells of the therapy session it holds (docs/format.md, section 5)."""

from recorder import overlay
from recorder.version import VERSION


def started(clock):
    """Return the present time as SESSION has it; None if the clock was not set."""
    now_ms = clock.now_ms()
    if now_ms is None:
        return None
    text = overlay.fetch("recorder.calendar").iso(now_ms)
    overlay.forget("recorder.calendar")
    return text


def describe(settings, clock, started, part, previous):
    """Return the SESSION object of a recording that `started` then, in part number `part`.

    previous: what the journal has of the container used before, or None.
    """
    return {
        "rate": settings["rate"],
        "channels": settings["channels"],
        "format": "s16le",
        "gain_db": settings["gain_db"],
        "started": started,
        "clock": clock.source,
        "firmware": VERSION,
        "retention_days": settings["retention_days"],
        "consent": {"mode": "buttons", "parties": settings["parties"]},
        "part": part,
        "previous": previous,
    }
