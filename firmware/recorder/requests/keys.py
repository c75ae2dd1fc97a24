"""`keys`: loads public keys that recordings are sealed to, used once each, or the last-resort key.

What it needs is loaded one after the other, for there is no room for all of it beside the console.
"""

from binascii import a2b_base64

from crypto.suites import HASH_BYTES, SUITES, kept_bytes
from micropython import const
from recorder import overlay
from recorder.errors import Refused
from recorder.keys import MOST_FIRST

_MLKEM_BYTES = const(1184)
_BASE64_PIECE = const(256)


def answer(request, app):
    """Store the keys of one request, all or nothing; tell how many there are now."""
    app.refuse_while_busy()
    suite = suite_field(request)
    last_resort = _flag(request, "last_resort")
    keys = public_keys(app, suite, request.get("keys"))
    if last_resort and len(keys) != kept_bytes(suite):
        raise Refused("value", "keys must hold one key, the last-resort key")
    known = overlay.fetch("recorder.keys").ring(app.parts)
    try:
        if last_resort:
            known.set_last_resort(suite, keys)
        else:
            known.load(suite, _count(request, "first"), keys)
    except OSError:
        raise Refused("full", "the recorder's memory holds no more keys")
    app.parts.log.note("keys")
    prepared = app.parts.journal.prepared
    # Its first key, perhaps, or a better one for a container that nobody has used.
    better = prepared and (prepared["index"] is None or prepared["suite"] < suite)
    if app.state in ("unprovisioned", "fault") or better:
        app.prepare_again()
    return {"left": known.left(suite), "loaded": known.loaded(suite)}


def suite_field(request):
    """Return the number of the suite that a request is about; raises Refused."""
    suite = request.get("suite")
    if type(suite) is not int or suite not in SUITES:
        known = ", ".join([str(number) for number in sorted(SUITES)])
        raise Refused("value", "suite must be one of %s" % known)
    return suite


def public_keys(app, suite, encoded, name="keys"):
    """Return public keys given in base64 as they are kept, one after the other; Refused if one is not sound.

    They are put together in the segment block, which no recording needs now. The line that they came in may
    lie there, too, with long ones as views of it: what a key becomes is shorter, so nothing is lost that is
    still to come.
    """
    from crypto import soundness

    if type(encoded) is not list or not encoded:
        raise Refused("value", "keys must be a list of public keys in base64")
    block = memoryview(app.parts.stream.block)
    if len(encoded) * kept_bytes(suite) > len(block):
        raise Refused("value", "%s: too many in one request" % name)
    size = SUITES[suite]
    at = 0
    try:
        for text in encoded:
            key = block[at : at + size]
            if not _decode(text, key) or not soundness.is_sound(suite, key):
                raise Refused("value", "%s: a sound public key is %d bytes in base64" % (name, size))
            at += kept_bytes(suite)
    finally:
        overlay.forget("crypto.soundness")
    if suite == 2:
        _add_hashes(block[:at])
    return block[:at]


def _decode(text, key):
    """Fill `key` with what a text in base64 holds; False if that is not exactly its size.

    A little at a time: there may be no room for all of it in one piece.
    """
    if type(text) not in (str, memoryview):
        return False
    at = 0
    try:
        for start in range(0, len(text), _BASE64_PIECE):
            piece = a2b_base64(text[start : start + _BASE64_PIECE])
            key[at : at + len(piece)] = piece
            at += len(piece)
    except (ValueError, TypeError):
        return False
    return at == len(key)


def _add_hashes(kept):
    """Put the SHA3-256 of ML-KEM's part behind each key of suite 2: encapsulation wants it each time."""
    from crypto import sha3

    try:
        for at in range(0, len(kept), SUITES[2] + HASH_BYTES):
            kept[at + SUITES[2] : at + SUITES[2] + HASH_BYTES] = sha3.sha3_256(kept[at : at + _MLKEM_BYTES])
    finally:
        overlay.forget("crypto.sha3")


def _count(request, name):
    value = request.get(name)
    if type(value) is not int or not 0 <= value < MOST_FIRST:
        raise Refused("value", "%s must be a whole number from 0 on" % name)
    return value


def _flag(request, name):
    value = request.get(name, False)
    if type(value) is not bool:
        raise Refused("value", "%s must be true or false" % name)
    return value
