"""The green light, and the sense line of the red one.

The red light is driven by the microphone's supply (microphone.py), for they are one circuit; here it can
only be lit to show a fault's number, which powers the microphone but starts no clock.
"""

import machine


class Indicator:
    """The board's lights. `supply`: function(on) of the microphone, which lights the red one."""

    def __init__(self, pins, supply):
        self._green = machine.Pin(pins.LIGHT_GREEN, machine.Pin.OUT, value=0)
        self._sense = machine.Pin(pins.LIGHT_SENSE, machine.Pin.IN)
        self._supply = supply

    def green(self, on):
        """Light the green light, or put it out."""
        self._green.value(1 if on else 0)

    def red(self, on):
        """Light the red light to show a fault; never used while recording."""
        self._supply(on)

    def red_flows(self):
        """True while current flows through the red light."""
        return self._sense.value() == 1
