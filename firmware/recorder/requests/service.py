"""The request `service`: the recorder restarts, and stops before the firmware with the REPL open."""

from recorder.errors import Refused
from recorder.service import FLAG


def answer(request, app):
    """End what is under way, leave the flag and restart; needs both buttons held."""
    parts = app.parts
    if not (parts.buttons.closed(0) and parts.buttons.closed(1)):
        raise Refused("state", "hold both buttons of the recorder while you ask for this")
    if app.state == "wiping":
        raise Refused("state", "not while the recorder is wiping")
    app.stop_now()
    parts.log.note("service")
    parts.log.flush()
    parts.store.write(FLAG, b"")
    app.must_restart = True
    return {}
