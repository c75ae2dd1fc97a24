"""What the board's pins are connected to: two buttons, two lights, the microphone's supply, the battery.

Roles and pin numbers are those of the board's own pins.py. The red light and the microphone are in one
circuit: when no current flows through the light, whatever the software wants, the microphone is dead.
A button is known by its number, 1 or 2, and reads low while its contact is closed.
"""

from simulator import contacts, host, room

levels = {}  # pin number: what is read there, which is what the firmware drives it with if it does
_inputs = ()  # pin numbers that something else drives
_contacts = (contacts.Contact(levels), contacts.Contact(levels))
_pins = None
_battery_mv = 3900
_red_light_broken = False
_seen_red = _seen_green = 0


def connect(pins):
    """Wire up the board whose pins module this is."""
    global _pins, _inputs
    _pins = pins
    _inputs = (pins.BUTTON_1, pins.BUTTON_2, pins.LIGHT_SENSE)
    _contacts[0].connect(pins.BUTTON_1)
    _contacts[1].connect(pins.BUTTON_2)
    levels[pins.LIGHT_SENSE] = 0


def press(number, down):
    """Button 1 or 2 goes down or up; its contact bounces."""
    _contacts[number - 1].move(down)


def is_clock_bus(scl, sda):
    """Whether the board has the place of its clock chip at these pins."""
    return (scl, sda) == (getattr(_pins, "RTC_SCL", -1), getattr(_pins, "RTC_SDA", -1))


def set_battery(millivolts):
    """The battery's voltage from now on."""
    global _battery_mv
    _battery_mv = millivolts


def break_red_light():
    """The red light's circuit opens."""
    global _red_light_broken
    _red_light_broken = True
    _look()


def mend_red_light():
    """It is closed again."""
    global _red_light_broken
    _red_light_broken = False
    _look()


def drive(number, level):
    """The firmware drives a pin: 0 or 1."""
    if levels.get(number) != level and number not in _inputs:
        levels[number] = level
        if number == _pins.LIGHT_RED or number == _pins.LIGHT_GREEN:
            _look()


def adc_millivolts(number):
    """Voltage at an analogue pin: the battery's behind its divider, else nothing."""
    return _battery_mv // _pins.BATTERY_RATIO if number == _pins.BATTERY_ADC else 0


def _look():
    """Tell the microphone and the host what became of the lights."""
    global _seen_red, _seen_green
    red = 0 if _red_light_broken else levels.get(_pins.LIGHT_RED, 0)
    green = levels.get(_pins.LIGHT_GREEN, 0)
    if red == _seen_red and green == _seen_green:
        return
    levels[_pins.LIGHT_SENSE] = red
    if red != _seen_red:
        room.supply(red == 1)
    _seen_red, _seen_green = red, green
    host.send("light", {"red": red == 1, "green": green == 1})
