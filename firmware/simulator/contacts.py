"""The two buttons' contacts, which bounce: they close or open at once, and again and again before they stay.

The first touch is at the event's own time; after it the contact changes every few milliseconds, and is at
rest 20 ms later at the latest. A button that is down when the power comes has come to rest before.
"""

from simulator import chance, clock

_SHORTEST_MS = 8
_LONGEST_MS = 20
_LONGEST_GAP_MS = 4


class Contact:
    """One contact, open at first; what is read at its pin goes into `levels`."""

    def __init__(self, levels):
        self._levels = levels
        self._pin = None
        self._closed = self._wanted = False
        self._rest_ms = 0
        self._alarm = clock.Alarm(self._change)

    def connect(self, pin):
        """To a pin that the chip pulls up."""
        self._pin = pin
        self._levels[pin] = 1

    def move(self, closed):
        """The button goes down or up."""
        if closed == self._wanted:
            return
        self._wanted = closed
        now_ms = clock.now_ms()
        self._rest_ms = now_ms
        if now_ms:
            self._rest_ms += _SHORTEST_MS + chance.below(_LONGEST_MS - _SHORTEST_MS + 1)
        self._set(closed)

    def _change(self):
        self._set(self._wanted if clock.now_ms() >= self._rest_ms else not self._closed)

    def _set(self, closed):
        self._closed = closed
        self._levels[self._pin] = 0 if closed else 1
        now_ms = clock.now_ms()
        if now_ms < self._rest_ms:
            self._alarm.set(min(self._rest_ms, now_ms + 1 + chance.below(_LONGEST_GAP_MS)))
