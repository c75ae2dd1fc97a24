"""Makes the recorder nobody's again, and what was in its flash unreadable there.

An overlay. The files go first; from then on the recorder is unprovisioned. LittleFS leaves their contents
where they were until it writes there again: so the folder's own blocks are written until they have been
replaced, and all free space is overwritten by a file of random bytes, which takes half a minute. A marker
stands from the beginning to the end, so that a power cut only puts it off. Not reached are blocks that
LittleFS gave up as worn.
"""

import os

from micropython import const
from recorder.noise import Noise

# It sorts before all others, so that it stands in the folder's first pair of blocks, which is never freed.
_MARK = "0-reset"
_FILL = "0-fill"
_KEPT = ("log", "seed")  # written at every start, provisioned or not
_AT_A_TIME = const(16)
_CHURNS = const(64)  # 250 bytes each: a block of 4096 is replaced three times over
_CHURN_BYTES = const(100)


def begin(store):
    """Remove all files, the identity first. From here on nothing takes that back."""
    store.write(_MARK, b"")
    store.remove("identity")
    _remove_all_but((_MARK,), store)


def is_due(store):
    """At the start, before anything is read: remove what a former owner left; True if a Scrub must go on."""
    if store.has(_MARK):
        begin(store)
        return True
    if not store.has("identity"):
        _remove_all_but(_KEPT, store)
    return False


def _remove_all_but(kept, store):
    """A few at a time: the names of all are more than the heap has to spare."""
    while True:
        names = []
        for name in store.each():
            if name not in kept and len(names) < _AT_A_TIME:
                names.append(name)
        if not names:
            return
        for name in names:
            store.remove(name)


class Scrub:
    """The overwriting, after begin(): step() for as long as it returns False."""

    def __init__(self, parts):
        self._store = parts.store
        self._noise = Noise(parts)
        self._churned = 0
        self._file = None

    def step(self):
        """Do a tenth of a second's work; True if all is done."""
        block = self._noise.next()
        if self._churned < _CHURNS:
            self._churned += 1
            self._store.write(_MARK, block[:_CHURN_BYTES])
            return False
        if self._file is None:
            self._file = open(self._store.path(_FILL), "wb")
        try:
            self._file.write(block)
            return False
        except OSError:  # no room is left: that is what was wanted
            pass
        return self._end()

    def _end(self):
        try:
            self._file.close()
        except OSError:
            pass  # nor is there room to note how long it is
        os.remove(self._store.path(_FILL))
        self._store.remove(_MARK)
        return True
