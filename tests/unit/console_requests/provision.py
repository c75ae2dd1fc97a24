"""Gives the recorder a console key of the tests'."""

from recorder.errors import Refused


def answer(request, app):
    app.calls += 1
    if request.get("config") == {"rate": 1}:
        raise Refused("value", "rate must be 16000")
    app.parts.laptop.progress(500)
    app.parts.identity.console_key = bytearray(range(32))
    return {}
