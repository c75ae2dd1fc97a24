"""The battery's voltage, from a divider on a pin of ADC1."""

import machine


class Battery:
    """`millivolts()` of the cell."""

    def __init__(self, pins):
        self._converter = machine.ADC(machine.Pin(pins.BATTERY_ADC), atten=machine.ADC.ATTN_11DB)  # type: ignore[call-arg]
        self._ratio = pins.BATTERY_RATIO

    def millivolts(self):
        """Return the cell's voltage in mV."""
        return self._converter.read_uv() * self._ratio // 1000

    def noise(self):
        """Return bytes whose low bits are the converter's noise."""
        return bytes(self._converter.read_u16() & 0xFF for _ in range(16))
