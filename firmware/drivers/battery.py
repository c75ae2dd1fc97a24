"""The battery's voltage, from a divider on a pin of ADC1."""

import machine

from micropython import const

# Of one lithium cell that is there and works. What is read beyond that is no battery: a divider that is not
# connected, or a board that runs from USB alone.
_LEAST_MV = const(2500)
_MOST_MV = const(4600)


class Battery:
    """`millivolts()` of the cell."""

    def __init__(self, pins):
        self._converter = machine.ADC(machine.Pin(pins.BATTERY_ADC), atten=machine.ADC.ATTN_11DB)  # type: ignore[call-arg]
        self._ratio = pins.BATTERY_RATIO

    def millivolts(self):
        """Return the cell's voltage in mV, or None if what is measured cannot be one's."""
        mv = self._converter.read_uv() * self._ratio // 1000
        return mv if _LEAST_MV <= mv <= _MOST_MV else None

    def noise(self):
        """Return bytes whose low bits are the converter's noise."""
        return bytes(self._converter.read_u16() & 0xFF for _ in range(16))
