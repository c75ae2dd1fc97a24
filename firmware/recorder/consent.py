"""Who has consented so far: each party presses, within one window of time."""


class Consent:
    """One or two parties press a button of their own; with more, each one presses either button in turn."""

    def __init__(self, settings, ticks, now_ms):
        self._parties = settings["parties"]
        self._window_ms = settings["consent_window_s"] * 1000
        self._ticks = ticks
        self._begin_ms = now_ms
        self._presses = []

    def press(self, button):
        """Note a press of `button` (0 or 1); True once every party has pressed."""
        if self._parties > 2 or button not in self._presses:
            self._presses.append(button)
        return len(self._presses) >= self._parties

    @property
    def shown(self):
        """How many have pressed, where that is worth counting with the light; else 0."""
        return len(self._presses) if self._parties > 2 else 0

    def expired(self, now_ms):
        """True once the window has run out."""
        return self._ticks.ticks_diff(now_ms, self._begin_ms) > self._window_ms
