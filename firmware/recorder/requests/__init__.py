"""What the laptop's requests do (docs/protocol.md): a module for each but `hello`, loaded when it is wanted.

Each has `answer(request, app)`, with the request as a dict, which returns the fields of the answer, or raises
Refused and has changed nothing. What a recording rests on cannot be changed while one is under way. After the
answer the console forgets all modules in here; what else a handler loads it forgets itself.
"""

from recorder.errors import Refused


def refuse_unless_held(app):
    """Raise Refused unless both buttons are held, and nothing is done that must not be cut short."""
    closed = app.parts.buttons.closed
    if not (closed(0) and closed(1)):
        raise Refused("state", "hold both buttons of the recorder while you ask for this")
    if app.state in ("closing", "wiping"):
        raise Refused("state", "not while the recorder is %s: ask again" % app.state)
