"""What two people do with their two buttons, told apart as the gestures of states.py.

Contacts that bounce are waited out. What is held when a state begins is set aside, so that the press that
gave consent is not taken for anything more. Of a button that is held only the time counts in which the other
is not: both together never stop a recording, and let go early they do nothing. But who holds on long enough
is heeded, whatever the other one does.
"""

from micropython import const
from recorder.states import BOTH, BOTH_MS, DOUBLE, DOUBLE_MS, DOWN, HOLD, HOLD_MS, SHORT, UP

_BOUNCE_MS = const(20)
_UNSEEN_MS = const(1000)  # as long as a card may be busy without a loss
_STUCK_MS = const(10_000)
_LONGEST_MS = const(10_000)  # after which a hold counts in any case


class _Button:
    """One contact, debounced."""

    def __init__(self, closed, now_ms):
        self.pressed = self.raw = closed
        self.fresh = False  # pressed since the state began, and not used up
        self.waiting = False  # a short press waits for a second one
        self.second = False  # that was this one; or it is to be heeded as little as one
        self.raw_ms = self.since_ms = self.released_ms = now_ms
        self.alone_ms = 0  # how long it was held without the other


class Gestures:
    """Both buttons, `closed(0)` and `closed(1)`; times from `ticks` (`ticks_ms`, `ticks_add`, `ticks_diff`).

    What is down from the beginning is no press.
    """

    def __init__(self, closed, ticks):
        self._closed = closed
        self._ticks = ticks
        now_ms = ticks.ticks_ms()
        self._buttons = (_Button(closed(0), now_ms), _Button(closed(1), now_ms))
        self._polled_ms = self._aside_ms = now_ms
        self._grace_ms = 0
        self._held_ms = now_ms  # since when both are held, if they are
        self._waited_ms = now_ms
        self.button = 0  # whose gesture poll() returned last

    def set_aside(self, now_ms, grace_ms=0):
        """Forget the presses under way, and any that waits for a second one.

        Whoever presses within `grace_ms` meant what was before: that press counts only if it is held.
        """
        self._aside_ms = now_ms
        self._grace_ms = grace_ms
        for button in self._buttons:
            button.fresh = button.waiting = False

    def poll(self, now_ms):
        """Look at the contacts; return a gesture or None."""
        gesture = None
        for i in (0, 1):
            if gesture is None:
                self.button = i
                gesture = self._look(self._buttons[i], self._closed(i), now_ms)
        self._polled_ms = now_ms
        return gesture or self._wait(now_ms)

    def _look(self, button, closed, now_ms):
        if closed != button.raw:
            button.raw = closed
            button.raw_ms = now_ms
            if closed and not button.pressed:
                # A card may have held everything up: it may have been down since it was looked at last.
                unseen_ms = min(self._ticks.ticks_diff(now_ms, self._polled_ms), _UNSEEN_MS)
                button.since_ms = self._ticks.ticks_add(now_ms, -unseen_ms)
        if button.raw == button.pressed or self._ticks.ticks_diff(now_ms, button.raw_ms) < _BOUNCE_MS:
            return None
        button.pressed = button.raw
        return self._down(button, now_ms) if button.pressed else self._up(button, now_ms)

    def _down(self, button, now_ms):
        button.second, button.waiting = button.waiting, False
        button.fresh = True
        button.alone_ms = self._ticks.ticks_diff(now_ms, button.since_ms)
        self._held_ms = button.since_ms
        if button.second:
            return DOUBLE
        button.second = self._ticks.ticks_diff(now_ms, self._aside_ms) < self._grace_ms
        return DOWN

    def _up(self, button, now_ms):
        if not button.fresh:
            return None
        button.fresh = False
        if button.second or self._ticks.ticks_diff(now_ms, button.since_ms) >= HOLD_MS:
            return None
        button.waiting = True
        button.released_ms = now_ms
        return UP

    def _wait(self, now_ms):
        first, second = self._buttons
        both = first.fresh and second.fresh
        if both and self._ticks.ticks_diff(now_ms, self._held_ms) >= BOTH_MS:
            first.fresh = second.fresh = False
            return BOTH
        passed_ms = self._ticks.ticks_diff(now_ms, self._waited_ms)
        self._waited_ms = now_ms
        for i in (0, 1):
            button = self._buttons[i]
            self.button = i
            if button.fresh and self._is_hold(button, now_ms, 0 if both else passed_ms):
                button.fresh = False
                return HOLD
            since_ms = self._ticks.ticks_diff(now_ms, button.released_ms)
            if button.waiting and since_ms > DOUBLE_MS and not button.raw:
                button.waiting = False
                return SHORT
        return None

    def _is_hold(self, button, now_ms, alone_ms):
        held_ms = self._ticks.ticks_diff(now_ms, button.since_ms)
        button.alone_ms = min(held_ms, button.alone_ms + alone_ms)
        return button.alone_ms >= HOLD_MS or held_ms >= _LONGEST_MS

    def stuck(self, now_ms):
        """True if a button has been down for ten seconds, and as long in this state."""
        return self._ticks.ticks_diff(now_ms, self._aside_ms) > _STUCK_MS and any(
            button.pressed and button.raw and self._ticks.ticks_diff(now_ms, button.since_ms) > _STUCK_MS
            for button in self._buttons
        )
