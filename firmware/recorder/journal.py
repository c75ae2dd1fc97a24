"""What the recorder must remember of its containers: numbers, keys taken, the last one used, those struck.

One small file, replaced all or nothing (store.py). The order of its changes is what keeps promises:
a number and its key are here before anything is written to the card under them, and a container is
marked used here before its first segment is encrypted, so no key and no number is ever used twice.
"""

import json

_NAME = "journal"
_EMPTY = '{"next": 1, "taken": {}, "prepared": null, "last": null, "struck": []}'
_STRUCK_SHOWN = 32  # PROTOCOL: status names the oldest 32


class Journal:
    """The containers' numbers and keys, as PROTOCOL and FORMAT speak of them."""

    def __init__(self, store):
        self._store = store
        stored = store.read(_NAME)
        self._state = json.loads(stored or _EMPTY)

    def _commit(self, **changes):
        state = dict(self._state)
        state.update(changes)
        self._store.write(_NAME, json.dumps(state).encode())
        self._state = state

    @property
    def next_container(self):
        """The number that the next recording will carry."""
        prepared = self._state["prepared"]
        return prepared["number"] if prepared else self._state["next"]

    @property
    def prepared(self):
        """The container prepared and not used, or None: number, suite, index (None: last-resort), name."""
        return self._state["prepared"]

    @property
    def last(self):
        """`number`, `seal`, `samples` of the highest number marked used, or None."""
        return self._state["last"]

    @property
    def struck(self):
        """The oldest 32 of the numbers destroyed on the recorder and not yet settled."""
        return self._state["struck"][:_STRUCK_SHOWN]

    def taken(self, suite):
        """How many one-time keys of `suite` have been given to containers."""
        return self._state["taken"].get(str(suite), 0)

    def _taken_with(self, suite, index):
        taken = dict(self._state["taken"])
        if index is not None:
            taken[str(suite)] = index + 1
        return taken

    def give_key(self, suite, index):
        """Give the prepared container another key; nothing was recorded under the one it had."""
        prepared = dict(self._state["prepared"])
        prepared["suite"], prepared["index"] = suite, index
        self._commit(taken=self._taken_with(suite, index), prepared=prepared)

    def prepare(self, suite, index, name):
        """Give the next number a key and a file name, before anything of it is on the card.

        index: the one-time key's place in its suite, or None for the last-resort key.
        Returns the number.
        """
        number = self._state["next"]
        prepared = {"number": number, "suite": suite, "index": index, "name": name}
        self._commit(next=number + 1, taken=self._taken_with(suite, index), prepared=prepared)
        return number

    def rename(self, name):
        """Note that the prepared container stands on the card under another name."""
        prepared = dict(self._state["prepared"])
        prepared["name"] = name
        self._commit(prepared=prepared)

    def use(self, seal_hex):
        """Mark the prepared container used, before its first segment; returns the `last` before it."""
        before = self._state["last"]
        last = {"number": self._state["prepared"]["number"], "seal": seal_hex, "samples": None}
        self._commit(prepared=None, last=last)
        return before

    def close(self, samples):
        """Note how many samples the END of the last used container counts."""
        last = dict(self._state["last"])
        last["samples"] = samples
        self._commit(last=last)

    def settle(self, numbers):
        """Forget the struck numbers that the laptop says it has dealt with."""
        left = [entry for entry in self._state["struck"] if entry["number"] not in numbers]
        if len(left) != len(self._state["struck"]):
            self._commit(struck=left)
