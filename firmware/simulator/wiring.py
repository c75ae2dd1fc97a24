"""What the board's pins are connected to: two buttons, two lights, the microphone's supply, the battery.

Roles and pin numbers are those of the board's own pins.py. The red light and the microphone are in one
circuit: when no current flows through the light, whatever the software wants, the microphone is dead.
A button is known by its number, 1 or 2, and reads low while it is pressed.
"""

from simulator import host, room

_levels = {}  # pin number: what the firmware drives it with
_buttons = {}  # pin number: whether it is pressed
_pins = None
_battery_mv = 3900
_red_light_broken = False
_seen = (False, False)


def connect(pins):
    """Wire up the board whose pins module this is."""
    global _pins
    _pins = pins
    _buttons[pins.BUTTON_1] = False
    _buttons[pins.BUTTON_2] = False


def press(number, down):
    """Button 1 or 2 goes down or up."""
    _buttons[_pins.BUTTON_1 if number == 1 else _pins.BUTTON_2] = down


def set_battery(millivolts):
    """The battery's voltage from now on."""
    global _battery_mv
    _battery_mv = millivolts


def break_red_light():
    """The red light's circuit opens, and stays open."""
    global _red_light_broken
    _red_light_broken = True
    _look()


def drive(number, level):
    """The firmware drives a pin: 0 or 1."""
    if _levels.get(number) != level:
        _levels[number] = level
        if number == _pins.LIGHT_RED or number == _pins.LIGHT_GREEN:
            _look()


def level(number):
    """What the firmware reads at a pin."""
    if number in _buttons:
        return 0 if _buttons[number] else 1
    if number == _pins.LIGHT_SENSE:
        return 1 if _red_lit() else 0
    return _levels.get(number, 0)


def adc_millivolts(number):
    """Voltage at an analogue pin: the battery's behind its divider, else nothing."""
    return _battery_mv // _pins.BATTERY_RATIO if number == _pins.BATTERY_ADC else 0


def _red_lit():
    return _levels.get(_pins.LIGHT_RED, 0) == 1 and not _red_light_broken


def _look():
    global _seen
    red = _red_lit()
    seen = (red, _levels.get(_pins.LIGHT_GREEN, 0) == 1)
    if seen != _seen:
        if red != _seen[0]:
            room.supply(red)
        _seen = seen
        host.send("light", {"red": seen[0], "green": seen[1]})
