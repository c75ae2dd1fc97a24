"""What a container's SESSION record tells of the therapy session it holds (docs/format.md, section 5)."""

from recorder.clock import iso
from recorder.version import VERSION


def describe(settings, clock, part, previous):
    """Return the SESSION object. `previous`: what the journal has of the last container used, or None."""
    now_ms = clock.now_ms()
    return {
        "rate": settings["rate"],
        "channels": settings["channels"],
        "format": "s16le",
        "gain_db": settings["gain_db"],
        "started": None if now_ms is None else iso(now_ms),
        "clock": clock.source,
        "firmware": VERSION,
        "retention_days": settings["retention_days"],
        "consent": {"mode": "buttons", "parties": settings["parties"]},
        "part": part,
        "previous": previous,
    }
