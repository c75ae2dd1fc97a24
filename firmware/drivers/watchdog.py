"""The watchdog: restarts the board if the main loop stands still.

Once started it cannot be stopped. The card may hold the interpreter for 5 s at a time (the port's own
time-out), so it waits for three of those.
"""

import machine

_TIMEOUT_MS = 15_000


class Watchdog:
    """`feed()` says that the main loop is alive."""

    def __init__(self):
        self._watchdog = machine.WDT(timeout=_TIMEOUT_MS)

    def feed(self):
        """Start the wait anew."""
        self._watchdog.feed()
