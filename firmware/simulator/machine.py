"""`machine` as the ESP32 port has it, as far as the firmware uses it; the devices have their own modules."""

from simulator import clock, host
from simulator.card import SDCard  # noqa: F401
from simulator.i2c import I2C, SoftI2C  # noqa: F401
from simulator.i2s import I2S  # noqa: F401
from simulator.pin import ADC, PWM, Pin  # noqa: F401
from simulator.registers import mem32  # noqa: F401
from simulator.rtc import RTC  # noqa: F401

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_CAUSES = {"power-on": PWRON_RESET, "reset": HARD_RESET, "watchdog": WDT_RESET}
_IDLE_MS = 1
_cause = PWRON_RESET
_freq_hz = 240_000_000


def started_by(reason):
    """This start is one at `power-on`, or after what ended the last run."""
    global _cause
    _cause = _CAUSES[reason]


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


def reset():
    """As pressing the reset button."""
    host.end("reset")


def reset_cause():
    """Why the board started, as the port tells it."""
    return _cause


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
