"""The public keys that recordings are sealed to: one-time keys in batches, last-resort, recovery.

A batch is one file holding the keys of one `keys` request, named by suite and by the place of its
first key, and is written whole or not at all. How many keys are loaded follows from the names; how
many are taken stands in the journal. Batches that are used up go, but for the last, which still tells
how many were ever loaded. Public keys are no secret; their use, once each, is what is protected here.
"""

from crypto.suites import SUITES, key_id
from recorder.errors import Refused

_LAST_RESORT = "last-resort-%d"
_RECOVERY = "recovery-%d"
_BATCH = "keys-%d-%07d"

# Over all suites. Room for 10 000 keys of suite 1; more would take flash that journal and seed must have to
# be written, and their names heap that a recording needs.
MOST_BATCHES = 160


class KeyRing:
    """The recipients' public keys of every suite this firmware knows."""

    def __init__(self, store, journal):
        self._store = store
        self._journal = journal
        self._firsts = {}  # of the stored batches, in order: each ends where the next one begins
        self._loaded = {}
        for suite in SUITES:
            self._find_batches(suite)

    def _find_batches(self, suite):
        start = "keys-%d-" % suite
        firsts = [int(name[len(start) :]) for name in self._store.names() if name.startswith(start)]
        loaded = 0
        if firsts:
            last_bytes = self._store.size(_BATCH % (suite, firsts[-1]))
            loaded = firsts[-1] + last_bytes // SUITES[suite]
        self._firsts[suite] = firsts
        self._loaded[suite] = loaded

    def loaded(self, suite):
        """How many one-time keys of `suite` have been loaded over the recorder's life."""
        return self._loaded[suite]

    def left(self, suite):
        """How many one-time keys of `suite` are not yet given to a container."""
        return self.loaded(suite) - self._journal.taken(suite)

    def load(self, suite, first, keys):
        """Store one-time keys number `first` … of `suite`, in one step; those already stored may be repeated.

        keys: the public keys one after the other, as bytes or a view. Raises Refused ("value") at a hole,
        or at repeated keys that differ from those still stored, "full" where there is no room.
        """
        size = SUITES[suite]
        loaded = self.loaded(suite)
        count = len(keys) // size
        if first > loaded:
            raise Refused("value", "first: a hole; %d keys are loaded" % loaded)
        for i in range(min(loaded - first, count)):
            if self._stored(suite, first + i) not in (None, keys[i * size : (i + 1) * size]):
                raise Refused("value", "keys: number %d is already another key" % (first + i))
        new = first + count - loaded
        if new > 0:
            self._forget_used(suite)
            if sum(map(len, self._firsts.values())) >= MOST_BATCHES:
                raise Refused("full", "the recorder holds no more keys until some are used")
            self._store.write(_BATCH % (suite, loaded), keys[(loaded - first) * size :])
            self._firsts[suite].append(loaded)
            self._loaded[suite] = loaded + new

    def _forget_used(self, suite):
        firsts = self._firsts[suite]
        while len(firsts) > 1 and firsts[1] < self._journal.taken(suite):
            self._store.remove(_BATCH % (suite, firsts.pop(0)))

    def _stored(self, suite, index):
        """Return one-time key number `index`, or None if its batch is gone."""
        size = SUITES[suite]
        if index < self._loaded[suite]:
            for first in reversed(self._firsts[suite]):
                if first <= index:
                    return self._store.read_part(_BATCH % (suite, first), (index - first) * size, size)
        return None

    def key(self, suite, index):
        """Return the public key that a container was given: number `index`; None is the last-resort key."""
        if index is None:
            return self._store.read(_LAST_RESORT % suite)
        return self._stored(suite, index)

    def choose(self):
        """Return (suite, index) for the next container, of the highest suite with any key; None without one.

        index is None when only the last-resort key of that suite is left.
        """
        for suite in sorted(SUITES, reverse=True):
            if self.left(suite) > 0:
                return suite, self._journal.taken(suite)
            if self._store.read(_LAST_RESORT % suite) is not None:
                return suite, None
        return None

    def set_last_resort(self, suite, key):
        """Replace the last-resort key of `suite`."""
        self._store.write(_LAST_RESORT % suite, key)

    def set_recovery(self, suite, key):
        """Set the recovery recipient of `suite`; None clears it."""
        if key is None:
            self._store.remove(_RECOVERY % suite)
        else:
            self._store.write(_RECOVERY % suite, key)

    def recovery(self, suite):
        """Return the recovery public key of `suite`, or None."""
        return self._store.read(_RECOVERY % suite)

    def status(self):
        """Return what `status` tells of the keys, by suite."""
        answer = {}
        for suite in SUITES:
            answer[str(suite)] = {
                "left": self.left(suite),
                "loaded": self.loaded(suite),
                "last_resort": _id_hex(self._store.read(_LAST_RESORT % suite)),
                "recovery": _id_hex(self.recovery(suite)),
            }
        return answer


def _id_hex(public_key):
    return None if public_key is None else key_id(public_key).hex()
