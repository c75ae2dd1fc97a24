"""Has containers destroyed: on the spot, what was begun before, what has expired; loads what that takes."""

from recorder import overlay
from recorder.errors import CardFault

# What others rest on first: an import inside an import needs more stack.
_OVERLAYS = ("recorder.struck", "recorder.header", "recorder.strike", "recorder.expiry")


def _load(count):
    """The last of the first `count` of them."""
    for name in _OVERLAYS[:count]:
        module = overlay.fetch(name)
    return module


def destroy(parts, entries):
    """Destroy `entries`, as Journal.striking has them. Raises CardFault: the next start goes on with it."""
    strike = _load(3)
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
        _load(3).finish(parts)


def is_due(parts):
    """True if something has expired, as far as the clock tells."""
    return parts.clock.day() is not None and _load(4).is_due(parts)


def expire(parts):
    """Destroy and remove what has expired. Raises CardFault."""
    _load(4).run(parts)
    parts.log.note("expire")


def forget():
    """Give back what was loaded."""
    overlay.forget(*_OVERLAYS)
