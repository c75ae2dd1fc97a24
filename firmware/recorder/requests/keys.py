"""`keys`: loads public keys that recordings are sealed to, used once each, or the last-resort key."""

from binascii import a2b_base64

from crypto.suites import SUITES
from recorder import overlay
from recorder.errors import Refused


def answer(request, app):
    """Store the keys of one request, all or nothing; tell how many there are now."""
    app.refuse_while_busy()
    suite = suite_field(request)
    keys = public_keys(app, suite, request.get("keys"))
    ring = app.parts.keys
    try:
        if _flag(request, "last_resort"):
            if len(keys) != SUITES[suite]:
                raise Refused("value", "keys must hold one key, the last-resort key")
            ring.set_last_resort(suite, keys)
        else:
            ring.load(suite, _count(request, "first"), keys)
    except OSError:
        raise Refused("full", "the recorder's memory holds no more keys")
    app.parts.log.note("keys")
    prepared = app.parts.journal.prepared
    # Its first key, perhaps, or a better one for a container that nobody has used.
    if app.state in ("unprovisioned", "fault") or (prepared and prepared["index"] is None):
        app.prepare_again()
    return {"left": ring.left(suite), "loaded": ring.loaded(suite)}


def suite_field(request):
    """Return the number of the suite that a request is about; raises Refused."""
    suite = request.get("suite")
    if type(suite) is not int or suite not in SUITES:
        raise Refused("value", "suite must be one of %s" % ", ".join([str(known) for known in SUITES]))
    return suite


def public_keys(app, suite, encoded, name="keys"):
    """Return public keys given in base64, one after the other; raises Refused if one cannot be sealed to.

    They are put together in the segment block, which no recording needs now: the heap is small.
    """
    size = SUITES[suite]
    if type(encoded) is not list or not encoded:
        raise Refused("value", "keys must be a list of public keys in base64")
    block = memoryview(app.parts.stream.block)
    at = 0
    is_sound = _load_is_sound()
    for text in encoded:
        key = _decoded(text)
        if not is_sound(key):
            raise Refused("value", "%s: a sound public key is %d bytes in base64" % (name, size))
        block[at : at + size] = key
        at += size
    return block[:at]


def _load_is_sound():
    """The check of every suite there is; hpke.py has it too, but brings more than there may be room for."""
    from crypto import x25519  # noqa: F401, I001 - first: an import inside an import needs more stack
    from crypto import dhkem

    overlay.forget("crypto.x25519", "crypto.dhkem")
    return dhkem.is_sound


def _decoded(text):
    try:
        return a2b_base64(text)
    except (ValueError, TypeError):
        return b""


def _count(request, name):
    value = request.get(name)
    if type(value) is not int or not 0 <= value < 1 << 24:
        raise Refused("value", "%s must be a whole number from 0 on" % name)
    return value


def _flag(request, name):
    value = request.get(name, False)
    if type(value) is not bool:
        raise Refused("value", "%s must be true or false" % name)
    return value
