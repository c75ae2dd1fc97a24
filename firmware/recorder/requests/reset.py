"""The request `reset`: the recorder is nobody's again, and its flash is cleared (recorder/scrub.py)."""

from recorder import overlay
from recorder.errors import Refused


def answer(request, app):
    """End what is under way, remove everything, and restart to overwrite it; needs both buttons held."""
    parts = app.parts
    if not (parts.buttons.closed(0) and parts.buttons.closed(1)):
        raise Refused("state", "hold both buttons of the recorder while you ask for this")
    if app.state == "wiping":
        raise Refused("state", "not while the recorder is wiping")
    app.stop_now()
    scrub = overlay.fetch("recorder.scrub")
    scrub.begin(parts.store)
    app.scrub(scrub.Scrub(parts))
    app.must_restart = True
    return {}
