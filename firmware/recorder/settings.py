"""The recorder's settings: their ranges, their defaults, and their place in the internal file system.

Guarantees that a setting is always within its range, that a bad one is named with what it must be, and
that a change is all or nothing, in memory as in flash. Stored settings that cannot be read are replaced by
the defaults and `damaged` says so until the next change: a fault is told, but the recorder still answers.
"""

import json

from recorder import strict_json
from recorder.errors import Refused

STORE_NAME = "settings.json"

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

_SHOWN_NAME_CHARACTERS = 32


class Settings:
    """The settings in force, kept in `store` (`read(name)` and `write(name, data)`, all or nothing)."""

    def __init__(self, store):
        self._store = store
        self._values = dict(DEFAULTS)
        self.damaged = False
        self._load()

    def __getitem__(self, name):
        return self._values[name]

    def as_dict(self):
        """A copy of all settings in force, name to value."""
        return dict(self._values)

    def check(self, changes):
        """Return `changes` as a new dict if every name and value is allowed.

        Raises Refused("value", …) that names the first bad field and what it must be.
        """
        if type(changes) is not dict:
            raise Refused("value", "config must be an object")
        for name in changes:
            if name not in DEFAULTS:
                raise Refused("value", "%s is not a setting" % _shown(name))
            _check_value(name, changes[name])
        return dict(changes)

    def update(self, changes):
        """Check `changes`, store them, then let them take effect; without a change nothing is written.

        Raises Refused as `check`, and what the store raises when it cannot write.
        """
        values = dict(self._values)
        values.update(self.check(changes))
        if values == self._values and not self.damaged:
            return
        self._store.write(STORE_NAME, json.dumps(values).encode())
        self._values = values
        self.damaged = False

    def _load(self):
        data = self._store.read(STORE_NAME)
        if data is None:
            return
        try:
            stored = strict_json.load_object(data)
            # A field that this firmware does not know was written by another version and is left alone.
            known = {name: stored[name] for name in stored if name in DEFAULTS}
            self._values.update(self.check(known))
        except (ValueError, Refused):
            self.damaged = True


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
