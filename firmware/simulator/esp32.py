"""`esp32` as far as the firmware uses it: the chip's temperature."""


def mcu_temperature():
    """Degrees Celsius inside the chip."""
    return 40


def raw_temperature():
    """The same in Fahrenheit, as the first ESP32 gives it."""
    return 104
