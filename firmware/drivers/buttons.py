"""The two buttons: contacts to ground, with the chip's pull-ups."""

import machine


class Buttons:
    """`closed(i)` for button 0 and 1."""

    def __init__(self, pins):
        self._pins = [
            machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP)
            for number in (pins.BUTTON_1, pins.BUTTON_2)
        ]

    def closed(self, button):
        """True while the button's contact is closed."""
        return self._pins[button].value() == 0
