"""Has containers destroyed: on the spot, what was begun before, what has expired; loads what that takes."""

from recorder import overlay
from recorder.errors import CardFault

_OVERLAYS = ("recorder.expiry", "recorder.strike", "recorder.struck", "recorder.header")


def destroy(parts, entries):
    """Destroy `entries`, as Journal.striking has them. Raises CardFault: the next start goes on with it."""
    strike = overlay.fetch("recorder.strike")
    strike.begin(parts, entries)
    parts.log.note("destroy")
    try:
        strike.finish(parts)
    except CardFault:  # closing the recording may have failed, and let the card go
        parts.card.mount()
        strike.finish(parts)


def finish(parts):
    """Destroy what was begun, as far as it is on this card. Raises CardFault."""
    if parts.journal.striking:
        overlay.fetch("recorder.strike").finish(parts)


def is_due(parts):
    """True if something has expired, as far as the clock tells."""
    return parts.clock.day() is not None and overlay.fetch("recorder.expiry").is_due(parts)


def expire(parts):
    """Destroy and remove what has expired. Raises CardFault."""
    overlay.fetch("recorder.expiry").run(parts)
    parts.log.note("expire")


def forget():
    """Give back what was loaded."""
    overlay.forget(*_OVERLAYS)
