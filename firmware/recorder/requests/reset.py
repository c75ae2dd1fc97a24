"""The request `reset`: the recorder is nobody's again, and its flash is cleared (recorder/scrub.py)."""

from recorder import overlay
from recorder.requests import refuse_unless_held


def answer(request, app):
    """End what is under way, remove everything, and restart to overwrite it; needs both buttons held."""
    parts = app.parts
    refuse_unless_held(app)
    app.stop_now()
    scrub = overlay.fetch("recorder.scrub")
    scrub.begin(parts.store)
    app.scrub(scrub.Scrub(parts))
    app.must_restart = True
    return {}
