"""The rules for the recorder's settings: defaults and ranges, how they change and where they are stored.

An overlay, for what is in force (settings.py) is needed always and its rules seldom. Guarantees that a
setting is always within its range, that a bad one is named with what it must be, and that a change is all or
nothing, in memory as in flash.
"""

import json

from micropython import const
from recorder.errors import Refused

_STORE_NAME = "settings.json"

DEFAULTS = {
    "rate": 16000,
    "channels": 1,
    "gain_db": 24,
    "parties": 2,
    "consent_window_s": 30,
    "container_minutes": 60,
    "retention_days": 0,
    "erase_expired": False,
    "indicator": 100,
    "max_minutes": 0,
}

_CHOICES = {"rate": (8000, 16000, 24000, 32000, 48000), "channels": (1, 2)}

# Lowest and highest. Where docs/protocol.md names no limit: a window long enough to walk round a table and
# short enough to belong to one conversation; a century of retention; a day of recording.
_RANGES = {
    "gain_db": (0, 42),
    "parties": (1, 8),
    "consent_window_s": (5, 600),
    "container_minutes": (10, 240),
    "retention_days": (0, 36525),
    "indicator": (1, 100),
    "max_minutes": (0, 1440),
}

_SHOWN_NAME_CHARACTERS = const(32)


def load(store):
    """Return (settings as stored, whether they were damaged): the defaults where nothing can be read."""
    from recorder import strict_json

    data = store.read(_STORE_NAME)
    values = dict(DEFAULTS)
    if data is None:
        return values, False
    try:
        stored = strict_json.load_object(data)
        # A field that this firmware does not know was written by another version and is left alone.
        values.update(check({name: stored[name] for name in stored if name in DEFAULTS}))
    except (ValueError, Refused):
        return values, True
    return values, False


def check(changes):
    """Return `changes` if every name and value is allowed.

    Raises Refused("value", …) that names the first bad field and what it must be.
    """
    if type(changes) is not dict:
        raise Refused("value", "config must be an object")
    for name in changes:
        if name not in DEFAULTS:
            raise Refused("value", "%s is not a setting" % _shown(name))
        _check_value(name, changes[name])
    return changes


def update(settings, base, changes):
    """Have `base` with `changes` stored, then take effect; without a difference nothing is written.

    Returns whether there was one. Raises Refused as `check`, and what the store raises when it cannot write.
    """
    values = dict(base)
    values.update(check(changes))
    if values == settings.values and not settings.damaged:
        return False
    settings.store.write(_STORE_NAME, json.dumps(values).encode())
    settings.values = values
    settings.damaged = False
    return True


def _check_value(name, value):
    if name in _CHOICES:
        allowed = _CHOICES[name]
        if type(value) is not int or value not in allowed:
            raise Refused("value", "%s must be one of %s" % (name, ", ".join(map(str, allowed))))
    elif name in _RANGES:
        low, high = _RANGES[name]
        if type(value) is not int or not low <= value <= high:
            raise Refused("value", "%s must be a whole number from %d to %d" % (name, low, high))
    elif type(value) is not bool:
        raise Refused("value", "%s must be true or false" % name)


def _shown(name):
    """A name from outside, fit to stand in an answer: short, and printable ASCII only."""
    if type(name) is not str or not 0 < len(name) <= _SHOWN_NAME_CHARACTERS:
        return "one of the names"
    for character in name:
        if not " " < character <= "~":
            return "one of the names"
    return name
