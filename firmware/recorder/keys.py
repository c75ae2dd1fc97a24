"""The public keys that recordings are sealed to: one-time keys in batches, last-resort, recovery.

A batch is one file holding the keys of one `keys` request, named by suite, by the place of its first key
and by how many there are, and is written whole or not at all. So how many keys are loaded follows from the
names, whatever became of what is in the files; how many are taken stands in the journal. Batches that are
used up go, but for the last. A key that fails its check is passed over. Public keys are no secret; their
use, once each, is what is protected here. An overlay: of what it knows nothing has to stay in memory.
"""

from hashlib import sha256

from crypto.suites import KEY_ID_BYTES, SUITES, kept_bytes
from micropython import const
from recorder.errors import Refused, StoreDamaged

_LAST_RESORT_NAME = "last-resort-%d"
_RECOVERY_NAME = "recovery-%d"
_BATCH = "keys-%d-%07d-%d"

RECOVERY = const(-1)  # what stands for the recovery key where others have their place
_PIECE_BYTES = const(256)
_COUNT_BITS = const(7)
MOST_FIRST = const(1 << 22)  # that with the count is still a small int
# Over all suites. Room for 10 000 keys of suite 1 and 300 of suite 2; more would take flash that journal
# and seed must have to be written, and their names heap that a recording needs.
MOST_BATCHES = const(160)


def ring(parts):
    """Return the KeyRing of a recorder's parts."""
    return KeyRing(parts.store, parts.journal)


class KeyRing:
    """The recipients' public keys of every suite this firmware knows.

    A key is found by its suite and `place`: a one-time key's number, None for the last-resort key, or
    RECOVERY. damaged: whether choose() passed over a key that failed its check.
    """

    def __init__(self, store, journal):
        self._store = store
        self._journal = journal
        self._batches = {}  # of each suite the stored ones, in order: first key and count, in one number
        self.damaged = False
        self.passed = {}
        for suite in SUITES:
            self._find_batches(suite)

    def _find_batches(self, suite):
        start = "keys-%d-" % suite
        batches = self._batches[suite] = []
        old = []  # whose name has no count: an earlier firmware's
        for name in self._store.each():
            if name.startswith(start):
                first, _, count = name[len(start) :].partition("-")
                count = int(count) if count else self._store.size(name) // kept_bytes(suite)
                batches.append(int(first) << _COUNT_BITS | count)
                if len(name) == len(start) + len(first):
                    old.append((name, batches[-1]))
        for name, batch in old:
            self._store.rename(name, self._name(suite, batch))
        batches.sort()

    def loaded(self, suite):
        """How many one-time keys of `suite` have been loaded over the recorder's life."""
        batches = self._batches[suite]
        return _end(batches[-1]) if batches else 0

    def left(self, suite):
        """How many one-time keys of `suite` are not yet given to a container."""
        return max(0, self.loaded(suite) - self._journal.taken(suite))

    def load(self, suite, first, keys):
        """Store one-time keys number `first` … of `suite`, in one step; those already stored may be repeated.

        keys: as they are kept, one after the other, as bytes or a view. Raises Refused ("value") at a hole,
        or at repeated keys that differ from those still stored, "full" where there is no room.
        """
        size = kept_bytes(suite)
        loaded = self.loaded(suite)
        count = len(keys) // size
        if first > loaded:
            raise Refused("value", "first: a hole; %d keys are loaded" % loaded)
        for i in range(min(loaded - first, count)):
            if self._differs(suite, first + i, keys[i * size : (i + 1) * size]):
                raise Refused("value", "keys: number %d is already another key" % (first + i))
        new = first + count - loaded
        if new > 0:
            for other in SUITES:
                self._forget_used(other)
            if sum(map(len, self._batches.values())) >= MOST_BATCHES:
                raise Refused("full", "the recorder holds no more keys until some are used")
            self._store.write(_BATCH % (suite, loaded, new), keys[(loaded - first) * size :])
            self._batches[suite].append(loaded << _COUNT_BITS | new)

    def _differs(self, suite, number, key):
        """True if a key is stored under that number, and another one."""
        try:
            for at in range(0, len(key), _PIECE_BYTES):
                piece = key[at : at + _PIECE_BYTES]
                if self.read(suite, number, at, len(piece)) != piece:
                    return True
        except StoreDamaged:
            pass  # it went, or is not whole: nothing will be sealed to it any more
        return False

    def _forget_used(self, suite):
        batches = self._batches[suite]
        prepared = self._journal.prepared  # its key may be wanted again
        kept = self._journal.taken(suite)
        if prepared and prepared["suite"] == suite and prepared["index"] is not None:
            kept = prepared["index"]
        while len(batches) > 1 and _end(batches[0]) <= kept:
            self._store.remove(self._name(suite, batches[0]))
            batches.pop(0)

    def _name(self, suite, batch):
        return _BATCH % (suite, batch >> _COUNT_BITS, _end(batch) - (batch >> _COUNT_BITS))

    def _find(self, suite, place):
        """Return (name, where the key begins in it), there or not; (None, 0) for a batch that went."""
        if place is None:
            return _LAST_RESORT_NAME % suite, 0
        if place == RECOVERY:
            return _RECOVERY_NAME % suite, 0
        for batch in self._batches[suite]:
            first = batch >> _COUNT_BITS
            if first <= place < _end(batch):
                return self._name(suite, batch), (place - first) * kept_bytes(suite)
        return None, 0

    def where(self, suite, place):
        """Return (name in the store, where in it) of a key. Raises StoreDamaged for one that is not there."""
        if not self.is_stored(suite, place):
            raise StoreDamaged("a public key is missing")
        return self._find(suite, place)

    def read(self, suite, place, offset, size):
        """Return `size` bytes of a key from `offset` on. Raises StoreDamaged for one that is not whole."""
        name, at = self.where(suite, place)
        part = self._store.read_part(name, at + offset, size)
        if len(part) != size:
            raise StoreDamaged("a public key is cut short")
        return part

    def is_stored(self, suite, place):
        """True if there is such a key, whatever it is worth."""
        name, _ = self._find(suite, place)
        return name is not None and self._store.has(name)

    def has(self, suite, place):
        """True if there is such a key, and it is whole."""
        try:
            name, at = self.where(suite, place)
            self._store.read_part(name, at, 1)
            return self._store.size(name) >= at + kept_bytes(suite)
        except (StoreDamaged, OSError):
            return False

    def id(self, suite, place):
        """Return the 8 bytes by which the format names the key. Raises StoreDamaged."""
        sum = sha256()
        for at in range(0, SUITES[suite], _PIECE_BYTES):
            sum.update(self.read(suite, place, at, min(_PIECE_BYTES, SUITES[suite] - at)))
        return sum.digest()[:KEY_ID_BYTES]

    def choose(self):
        """Return (suite, place) for the next container, of the highest suite with any key; None without one.

        The place is None when only the last-resort key of that suite is left. Where a suite has one,
        damaged or not, it was loaded whole, and no lower one is used again: the laptop may have destroyed
        what opens that.
        """
        self.damaged = False
        self.passed = {}
        for suite in sorted(SUITES, reverse=True):
            number = self._journal.taken(suite)
            while number < self.loaded(suite) and not self.has(suite, number):
                self.damaged = True
                number += 1
            self.passed[suite] = number
            if number < self.loaded(suite):
                return suite, number
            if self.has(suite, None):
                return suite, None
            if self.is_stored(suite, None):
                self.damaged = True
                return None
        return None

    def set_last_resort(self, suite, key):
        """Replace the last-resort key of `suite`."""
        self._store.write(_LAST_RESORT_NAME % suite, key)

    def set_recovery(self, suite, key):
        """Set the recovery recipient of `suite`; None clears it."""
        if key is None:
            self._store.remove(_RECOVERY_NAME % suite)
        else:
            self._store.write(_RECOVERY_NAME % suite, key)

    def status(self):
        """Return what `status` tells of the keys, by suite."""
        answer = {}
        for suite in SUITES:
            answer[str(suite)] = {
                "left": self.left(suite),
                "loaded": self.loaded(suite),
                "last_resort": self._id_hex(suite, None),
                "recovery": self._id_hex(suite, RECOVERY),
            }
        return answer

    def _id_hex(self, suite, place):
        return self.id(suite, place).hex() if self.has(suite, place) else None


def _end(batch):
    return (batch >> _COUNT_BITS) + (batch & (1 << _COUNT_BITS) - 1)
