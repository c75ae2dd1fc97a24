"""Has containers destroyed: on the spot, what was begun before, what has expired; loads what that takes."""

from recorder import overlay
from recorder.errors import CardFault

_OVERLAYS = ("recorder.expiry", "recorder.strike")


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


def expire(parts):
    """Destroy and remove what has expired. Raises CardFault."""
    if overlay.fetch("recorder.expiry").run(parts):
        parts.log.note("expire")


def forget():
    """Give back what was loaded."""
    overlay.forget(*_OVERLAYS)
