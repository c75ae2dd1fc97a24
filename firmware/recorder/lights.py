"""What the green light shows in each state, as times on and off.

The red light is not here: it is the microphone's supply and no pattern drives it but a fault's count.
Recording shows a blip for each second that is in the card's hands, and nothing on its own.
"""

from micropython import const

_BLIP_MS = const(60)
_FAULT_MS = const(250)
_FAULT_GAP_MS = const(1500)

# state: (on ms, off ms); None: on for as long as the state lasts
_GREEN = {
    "unprovisioned": (_BLIP_MS, 940),
    "ready": (_BLIP_MS, 4940),
    "consent": (100, 100),
    "recording": (0, 1000),
    "closing": None,
}


class Lights:
    """Drives `indicator` (`green(on)`, `red(on)`) by the state; poll() often."""

    def __init__(self, indicator, ticks):
        self._indicator = indicator
        self._ticks = ticks
        self._turns = 0
        self.show("unprovisioned", 0)

    def show(self, state, now_ms, fault_code=0):
        """Begin the pattern of `state`; `fault_code`: how many turns of red and green."""
        if self._turns:
            self._indicator.red(False)  # the count may end while it is lit: the microphone has power then
        self._pattern = _GREEN.get(state)
        self._begin_ms = now_ms
        self._turns = fault_code
        self._blip_ms = None
        self._state = state
        self.poll(now_ms)

    def blip(self, now_ms):
        """Show that a second more is safe on the card."""
        self._blip_ms = now_ms

    def poll(self, now_ms):
        """Set the lights as they have to be now."""
        since_ms = self._ticks.ticks_diff(now_ms, self._begin_ms)
        if self._turns:
            self._fault(since_ms)
        elif self._blip_ms is not None:
            lit = self._ticks.ticks_diff(now_ms, self._blip_ms) < _BLIP_MS
            self._indicator.green(lit)
            if not lit:
                self._blip_ms = None
        elif self._pattern is None:
            self._indicator.green(True)
        else:
            on_ms, off_ms = self._pattern
            self._indicator.green(since_ms % (on_ms + off_ms) < on_ms)

    def _fault(self, since_ms):
        turn, within_ms = divmod(since_ms % (self._turns * 2 * _FAULT_MS + _FAULT_GAP_MS), 2 * _FAULT_MS)
        counting = turn < self._turns
        self._indicator.red(counting and within_ms < _FAULT_MS)
        self._indicator.green(counting and within_ms >= _FAULT_MS)
