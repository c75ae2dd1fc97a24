"""`machine.Pin`, `PWM` and `ADC`: the firmware's side of the wiring."""

from simulator import chance, wiring
from simulator.wiring import levels

_MICROVOLTS = 1000
_FULL_SCALE_UV = 3_300_000


class Pin:
    """A digital pin. What it reads is what the wiring says; interrupts are not stood in for."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2

    def __init__(self, number, mode=-1, pull=-1, *, value=None, **options):
        self.number = number
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, **options):
        """Set the direction, and the level with `value`."""
        self._output = mode in (Pin.OUT, Pin.OPEN_DRAIN)
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """Read the level, or drive it; an input takes note of nothing."""
        if level is None:
            return levels.get(self.number, 0)
        level = 1 if level else 0
        if self._output and levels.get(self.number) != level:
            wiring.drive(self.number, level)
        return None

    __call__ = value

    def on(self):
        """Drive it high."""
        self.value(1)

    def off(self):
        """Drive it low."""
        self.value(0)


class PWM:
    """A pin that is dimmed; seen as lit whenever the duty is not zero."""

    def __init__(self, pin, *, freq=5000, duty_u16=0):
        self._number = pin.number
        self._freq_hz = freq
        self.duty_u16(duty_u16)

    def freq(self, hertz=None):
        """Read or set the frequency."""
        if hertz is None:
            return self._freq_hz
        self._freq_hz = hertz
        return None

    def duty_u16(self, duty=None):
        """Read or set the duty, of 65536."""
        if duty is None:
            return self._duty
        self._duty = duty
        wiring.drive(self._number, 1 if duty else 0)
        return None

    def duty(self, duty=None):
        """The same, of 1024."""
        return self.duty_u16() >> 6 if duty is None else self.duty_u16(duty << 6)

    def deinit(self):
        """The pin goes low."""
        self.duty_u16(0)


class ADC:
    """An analogue pin; the low bits are noise."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3

    def __init__(self, pin, *, atten=ATTN_11DB):
        self._number = pin.number if isinstance(pin, Pin) else pin

    def atten(self, attenuation):
        """Accepts what the port accepts; the range is always that of 11 dB."""

    def read_uv(self):
        """Microvolts at the pin, with half a millivolt of noise."""
        noise_uv = chance.below(_MICROVOLTS) - _MICROVOLTS // 2
        return wiring.adc_millivolts(self._number) * _MICROVOLTS + noise_uv

    def read_u16(self):
        """The same as a share of full scale."""
        return max(0, min(65535, self.read_uv() * 256 // (_FULL_SCALE_UV // 256)))  # small integers

    def read(self):
        """The same in twelve bits."""
        return self.read_u16() >> 4
