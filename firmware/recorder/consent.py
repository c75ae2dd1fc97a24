"""Who has consented so far: each party presses, within one window of time."""


class Consent:
    """One or two parties press a button of their own; with more, each one presses either button in turn."""

    def __init__(self, parties, window_ms, ticks, now_ms):
        self._parties = parties
        self._window_ms = window_ms
        self._ticks = ticks
        self._begin_ms = now_ms
        self._presses = []

    def press(self, button):
        """Note a press of `button` (0 or 1); True once every party has pressed."""
        if self._parties > 2 or button not in self._presses:
            self._presses.append(button)
        return len(self._presses) >= self._parties

    def expired(self, now_ms):
        """True once the window has run out."""
        return self._ticks.ticks_diff(now_ms, self._begin_ms) > self._window_ms
