"""What the recorder must remember of its containers: numbers, keys, the last one used, what is destroyed.

One small file, replaced all or nothing (store.py). The order of changes is what keeps promises: a number
and its key are here before anything is written to the card under them, and a container is marked used here
before its first segment is encrypted, so no key and no number is ever used twice. What is to be destroyed
is here before it is touched, until it is done.
"""

import json

_NAME = "journal"
_EMPTY = '{"next": 1, "taken": {}, "prepared": null, "last": null, "open": null, "striking": []}'


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

    def taken(self, suite):
        """How many one-time keys of `suite` have been given to containers."""
        return self._state["taken"].get(str(suite), 0)

    def _taken_with(self, suite, index):
        taken = dict(self._state["taken"])
        if index is not None:
            taken[str(suite)] = index + 1
        return taken

    def pass_over(self, passed):
        """Note that so many one-time keys of each suite are taken or of no use; writes only what is new."""
        taken = dict(self._state["taken"])
        for suite, count in passed.items():
            if count > self.taken(suite):
                taken[str(suite)] = count
        if taken != self._state["taken"]:
            self._commit(taken=taken)

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
        self._commit(prepared=None, last=last, open=last["number"])
        return before

    @property
    def open(self):
        """The number of the container that is being recorded to, or was when power failed; or None."""
        return self._state.get("open")  # a journal may be older than this

    def close(self, samples=None):
        """Note that the open container is closed: how many samples its END counts, None if it has none."""
        if self.open is not None:
            last = dict(self._state["last"])
            last["samples"] = samples
            self._commit(last=last, open=None)

    @property
    def striking(self):
        """What is being destroyed, or was when power failed: number, name, suite, key (id in hex), erase."""
        return self._state["striking"]

    def strike(self, entries, seals):
        """Note, in one step, that these containers are to be destroyed. `seals`: number → its new seal."""
        last = self._state["last"]
        if last is not None and last["number"] in seals:
            last = dict(last)
            last["seal"] = seals[last["number"]]
        number = None if self.open in seals else self.open
        known = [entry["number"] for entry in self.striking]
        new = [entry for entry in entries if entry["number"] not in known]
        self._commit(last=last, open=number, striking=self.striking + new)

    def struck_now(self, number):
        """Note that a container is destroyed."""
        self._commit(striking=[entry for entry in self.striking if entry["number"] != number])
