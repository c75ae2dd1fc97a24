"""What two people do with their two buttons: presses, told apart as down, short, double and hold.

Contacts that bounce are waited out. A gesture belongs to one button; what is held when a state
begins can be set aside, so that the press that gave consent is not taken for anything more.
"""

from micropython import const

DOWN = "down"  # at once, when a button goes down
SHORT = "short"  # let go, and no second press has followed
DOUBLE = "double"  # the second press has begun
HOLD = "hold"  # held for two seconds; once

_BOUNCE_MS = const(20)
_DOUBLE_MS = const(400)
_HOLD_MS = const(2000)
_UNSEEN_MS = const(1000)  # as long as a card may be busy without a loss


class Button:
    """One button's contact turned into gestures; times from `ticks` (`ticks_add`, `ticks_diff`)."""

    def __init__(self, ticks):
        self._ticks = ticks
        self._pressed = False
        self._raw = False
        self._raw_ms = self._since_ms = self._released_ms = self._polled_ms = 0
        self._spent = True  # this press has been used up
        self._waiting = False  # a short press waits for a second one

    def set_aside(self):
        """Forget the press under way, and any that waits for a second one."""
        self._spent = True
        self._waiting = False

    def poll(self, closed, now_ms):
        """Take the contact's state now; return a gesture or None."""
        if closed != self._raw:
            self._raw = closed
            self._raw_ms = now_ms
            if closed and not self._pressed:
                # A card may have held everything up: it may have been down since it was looked at last.
                unseen_ms = min(self._ticks.ticks_diff(now_ms, self._polled_ms), _UNSEEN_MS)
                self._since_ms = self._ticks.ticks_add(now_ms, -unseen_ms)
        self._polled_ms = now_ms
        settled = self._ticks.ticks_diff(now_ms, self._raw_ms) >= _BOUNCE_MS
        if settled and self._raw != self._pressed:
            self._pressed = self._raw
            return self._down(now_ms) if self._pressed else self._up(now_ms)
        return self._wait(now_ms)

    def _down(self, now_ms):
        self._spent = self._waiting
        if self._waiting:
            self._waiting = False
            return DOUBLE
        return DOWN

    def _up(self, now_ms):
        if not self._spent:
            self._waiting = True
            self._released_ms = now_ms
        self._spent = True
        return

    def _wait(self, now_ms):
        if self._pressed and not self._spent and self._ticks.ticks_diff(now_ms, self._since_ms) >= _HOLD_MS:
            self._spent = True
            return HOLD
        if self._waiting and self._ticks.ticks_diff(now_ms, self._released_ms) > _DOUBLE_MS:
            self._waiting = False
            return SHORT
        return None
