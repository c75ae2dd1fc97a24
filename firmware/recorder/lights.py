"""What the lights show in each state, from the patterns of states.py.

The red light is the microphone's supply: no pattern drives it but a fault's count and wiping. Recording
shows a blip for each second that is in the card's hands, and nothing on its own.
"""

from recorder import states


class Lights:
    """Drives `indicator` (`green(on)`, `red(on)`) by the state; poll() often."""

    def __init__(self, indicator, ticks):
        self._indicator = indicator
        self._ticks = ticks
        self._turns = 0
        self._red = False
        self.warning = False  # something asks for attention
        self.show("unprovisioned", 0)

    def show(self, state, now_ms, fault_code=0):
        """Begin the pattern of `state`; `fault_code`: how many turns of red and green."""
        if self._red:
            self._indicator.red(False)  # a count may end while it is lit: the microphone has power then
        self._red = bool(fault_code) or state == "wiping"
        self._turns = fault_code
        self._state = state
        self._begin(states.GREEN[state], now_ms)
        if state == "wiping":
            self._indicator.red(True)

    def count(self, number, now_ms):
        """Show that consent is being given; by so many parties, unless 0."""
        on_ms, off_ms, gap_ms = states.COUNT_MS
        pattern = (on_ms, off_ms) * number
        self._begin(pattern[:-1] + (gap_ms,) if number else states.GREEN["consent"], now_ms)

    def _begin(self, pattern, now_ms):
        self._pattern = pattern
        self._begin_ms = now_ms
        self._blip = None
        self.poll(now_ms)

    def blip(self, now_ms):
        """Show that a second more is safe on the card."""
        self._blip = states.BLIP_WARNING if self.warning else (states.BLIP_MS,)
        self._begin_ms = now_ms

    def poll(self, now_ms):
        """Set the lights as they have to be now."""
        since_ms = self._ticks.ticks_diff(now_ms, self._begin_ms)
        if self._turns:
            self._fault(since_ms)
        elif self._blip is not None:
            self._indicator.green(_lit(self._blip, since_ms))
        elif self._pattern is None:
            self._indicator.green(True)
        else:
            pattern = self._pattern
            if self.warning and self._state == "ready":
                pattern = states.READY_WARNING
            whole_ms = sum(pattern)
            self._indicator.green(bool(whole_ms) and _lit(pattern, since_ms % whole_ms))

    def _fault(self, since_ms):
        turn_ms = 2 * states.FAULT_MS
        turn, within_ms = divmod(since_ms % (self._turns * turn_ms + states.FAULT_GAP_MS), turn_ms)
        red = turn < self._turns and within_ms < states.FAULT_MS
        green = turn < self._turns and not red
        if red:
            self._indicator.green(False)
        self._indicator.red(red)
        self._indicator.green(green)


def _lit(pattern, since_ms):
    """Whether times on, off, on, … are on at `since_ms` of their beginning; afterwards they are off."""
    lit = True
    for part_ms in pattern:
        if since_ms < part_ms:
            return lit
        since_ms -= part_ms
        lit = not lit
    return False
