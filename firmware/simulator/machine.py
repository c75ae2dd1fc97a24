"""`machine` as the ESP32 port has it, as far as the firmware uses it; the devices have their own modules."""

import errno

from simulator import clock, host
from simulator.card import SDCard  # noqa: F401
from simulator.i2s import I2S  # noqa: F401
from simulator.pin import ADC, PWM, Pin  # noqa: F401
from simulator.rtc import RTC  # noqa: F401

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_IDLE_MS = 1
_freq_hz = 240_000_000


class WDT:
    """The watchdog: bites when it was not fed for `timeout` milliseconds; cannot be stopped."""

    def __init__(self, id=0, timeout=5000):
        self._timeout_ms = timeout
        self._alarm = clock.Alarm(self._look)
        self.feed()
        self._alarm.set(self._fed_ms + timeout)

    def feed(self):
        """Put it off."""
        self._fed_ms = clock.now_ms()

    def _look(self):
        due_ms = self._fed_ms + self._timeout_ms
        if due_ms <= clock.now_ms():
            host.end("watchdog")
        self._alarm.set(due_ms)


class I2C:
    """A bus with nothing on it."""

    def __init__(self, id, **options):
        self.id = id

    def scan(self):
        """Addresses that answer: none."""
        return []

    def _nobody(self, *arguments, **options):
        raise OSError(errno.ENODEV)

    readfrom = readfrom_into = readfrom_mem = readfrom_mem_into = writeto = writeto_mem = _nobody


SoftI2C = I2C


def reset():
    """As pressing the reset button."""
    host.end("reset")


def reset_cause():
    """Every start is one at power-on."""
    return PWRON_RESET


def freq(hertz=None):
    """Read or set the clock; it makes nothing faster here."""
    global _freq_hz
    if hertz is None:
        return _freq_hz
    _freq_hz = hertz
    return None


def unique_id():
    """The chip's six bytes: the same for every simulated board."""
    return b"\x24\x0a\xc4\x00\x00\x01"


def idle():
    """Wait for the next interrupt: a tick."""
    clock.sleep_ms(_IDLE_MS)


def lightsleep(duration_ms=_IDLE_MS):
    """Sleep; nothing is saved here."""
    clock.sleep_ms(duration_ms)


def disable_irq():
    """Nothing interrupts running code here."""
    return 0


def enable_irq(state):
    """The other half of `disable_irq`."""
