"""`recovery`: sets or clears the recovery recipient of a suite."""

from recorder import overlay
from recorder.errors import Refused


def answer(request, app):
    """Store the public key, or remove the one that is stored; the next container is prepared with it."""
    from recorder.requests.keys import public_keys, suite_field

    app.refuse_while_busy()
    suite = suite_field(request)
    if "key" not in request:
        raise Refused("value", "key must be a public key in base64, or null")
    text = request["key"]
    key = None if text is None else public_keys(app, suite, [text], "key")
    overlay.fetch("recorder.keys").ring(app.parts).set_recovery(suite, key)
    app.parts.log.note("keys")
    app.prepare_again()
    return {}
