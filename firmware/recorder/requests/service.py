"""The request `service`: the recorder restarts, and stops before the firmware with the REPL open."""

from recorder.requests import refuse_unless_held
from recorder.service import FLAG


def answer(request, app):
    """End what is under way, leave the flag and restart; needs both buttons held."""
    parts = app.parts
    refuse_unless_held(app)
    app.stop_now()
    parts.log.note("service")
    parts.log.flush()
    parts.store.write(FLAG, b"")
    app.must_restart = True
    return {}
