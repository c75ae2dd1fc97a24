"""Wall-clock time as far as it is known, and uptime; whole milliseconds, never a float.

The time is what the clock chip has kept, or what a laptop set while the power lasted, or unknown. It lives
here and not in the processor's calendar, which the card driver pins to one instant so that file stamps tell
nothing.
"""

import time

from micropython import const

_SECOND_MS = const(1000)
_HALF_MS = const(500)
_DAY_MS = const(86_400_000)


class Clock:
    """Uptime that does not wrap, and the time of day where anything is known of it.

    chip: `present()`, `now_ms()` by whole seconds or None, `set(time_ms)`; None where none is fitted.
    `source` is `rtc` if the time is the chip's, `laptop` if one set it, else `none`.
    """

    def __init__(self, chip=None):
        self._ticks = time.ticks_ms()
        self.uptime_ms = 0
        self.chip = chip
        self.source = "none"
        self._set_at = None  # Unix time minus uptime, ms
        self._ask_chip()

    def tick(self):
        """Add up the wrapping counter; to be called at least every few minutes."""
        now = time.ticks_ms()
        self.uptime_ms += time.ticks_diff(now, self._ticks)
        self._ticks = now

    def _ask_chip(self):
        """Have the chip put the time right, which goes on by itself if it has none."""
        read_ms = None if self.chip is None else self.chip.now_ms()
        self.tick()
        if read_ms is None:
            return
        if self._set_at is None:
            self._set_at = read_ms + _HALF_MS - self.uptime_ms
        # The chip tells whole seconds: within that one our own milliseconds are better.
        at_ms = self._set_at + self.uptime_ms
        self._set_at += max(read_ms, min(at_ms, read_ms + _SECOND_MS - 1)) - at_ms
        self.source = "rtc"

    @property
    def trusted(self):
        """True if the time is known."""
        return self._set_at is not None

    def now_ms(self):
        """Return Unix time in milliseconds, or None while it is unknown."""
        if self.source == "laptop":
            self.tick()  # the chip did not take that time: its own is worth nothing
        else:
            self._ask_chip()
        return None if self._set_at is None else self._set_at + self.uptime_ms

    def day(self):
        """Return how many whole days have passed since 1970, or None while that is unknown."""
        now_ms = self.now_ms()
        return None if now_ms is None else now_ms // _DAY_MS

    def set(self, time_ms):
        """Set the time; tell how far the clock was off (its time less the true one); None if it had none."""
        before = self.now_ms()
        self._set_at = time_ms - self.uptime_ms
        self.source = "rtc" if self.chip is not None and self.chip.set(time_ms) else "laptop"
        return None if before is None else before - time_ms
