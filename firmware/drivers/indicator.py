"""The green light, and the sense line of the red one.

The red light is driven by the microphone's supply (microphone.py), for they are one circuit; here it can
only be lit to show a fault's number or wiping, which powers the microphone but starts no clock.
"""

import machine

from micropython import const

_PWM_HZ = const(1000)


class Indicator:
    """The board's lights. `supply`: function(on) of the microphone, which lights the red one."""

    def __init__(self, pins, supply):
        self._pin = machine.Pin(pins.LIGHT_GREEN, machine.Pin.OUT, value=0)
        self._sense = machine.Pin(pins.LIGHT_SENSE, machine.Pin.IN)
        self._supply = supply
        self._dimmed = None
        self._duty = 0

    def dim(self, percent):
        """Set the green light's brightness; at 100 its pin is driven plainly."""
        if self._dimmed is not None:
            self._dimmed.deinit()
            self._dimmed = None
            self._pin.init(machine.Pin.OUT, value=0)
        if percent < 100:
            self._duty = 65535 * percent // 100
            self._dimmed = machine.PWM(self._pin, freq=_PWM_HZ, duty_u16=0)

    def green(self, on):
        """Light the green light, or put it out."""
        if self._dimmed is None:
            self._pin.value(1 if on else 0)
        else:
            self._dimmed.duty_u16(self._duty if on else 0)

    def red(self, on):
        """Light the red light to show a fault or wiping; never used while recording."""
        self._supply(on)

    def red_flows(self):
        """True while current flows through the red light."""
        return self._sense.value() == 1
