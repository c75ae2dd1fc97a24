"""What asks for attention before it is a fault: battery, keys and room that run out, samples that were lost.

Looked at once a second. The lights show it by another pattern; status tells the laptop what it is.
"""

from micropython import const

_LOW_MV = const(3400)  # of a lithium cell: below it a write to the card may fail
_WARNING_MV = const(3550)
_LOW_TIMES = const(3)  # in a row: a moment's load is not yet an empty battery
_CARD_TIMES = const(5)  # how often it is looked at whether the card is still there, while nothing is written


class Attention:
    """What changes only between recordings is found by look_at_stock(), the rest by look()."""

    def __init__(self, parts, stock):
        self._parts = parts
        self._stock = stock
        self._low_times = 0
        self._times = 0
        self._little = False  # keys, or room on the card
        self.battery_mv = None

    def look_at_stock(self):
        """See whether few one-time keys are left, or the waiting container had to be cut short."""
        self._little = self._stock.few_keys or self._stock.cut_short

    def look(self, recording, state):
        """Measure the battery, and have the lights warn of what runs out. `recording`: None while idle.

        Raises CardMissing if the card has gone while it is only waited for.
        """
        mv = self.battery_mv = self._parts.battery.millivolts()
        self._low_times = self._low_times + 1 if mv is not None and mv < _LOW_MV else 0
        warning = mv is not None and mv < _WARNING_MV
        if recording is None:
            warning = warning or self._little
        else:
            runs_out = self._stock.runs_out(recording.seconds_left) or recording.near_limit
            warning = warning or runs_out or recording.flow.lost
        self._parts.lights.warning = bool(warning)
        self._times = (self._times + 1) % _CARD_TIMES
        if not self._times and state in ("ready", "paused"):
            self._stock.check()

    @property
    def battery_empty(self):
        """True if the battery was too low three times in a row."""
        return self._low_times >= _LOW_TIMES
