"""The I2S microphone and its supply, which is the red light's circuit.

Non-blocking reception only: the port allows one callback per I2S object and no other way of reading
beside it. Two `read_into` may be under way; a third would be dropped without a word (capture.py keeps count).
"""

import machine

_SAMPLE_BITS = 16


class Microphone:
    """The board's microphone; `pins` is the board file."""

    def __init__(self, pins):
        self._pins = pins
        self._supply = machine.Pin(pins.LIGHT_RED, machine.Pin.OUT, value=0)
        self._i2s = None

    def power(self, on):
        """Switch the microphone's supply, and with it the red light."""
        self._supply.value(1 if on else 0)

    def hold_memory(self):
        """Take the driver's DMA memory before the interpreter's heap grows into it; stop() gives it back.

        Both come out of one pool. A heap that has grown by then leaves alone what is freed, as long as it
        has room of its own.
        """
        self._open(16_000, 1)

    def start(self, rate_hz, channels, on_full):
        """Give the microphone power and clock; `on_full` is called after each buffer that was filled."""
        self.power(True)
        self._open(rate_hz, channels)
        self._i2s.irq(on_full)

    def _open(self, rate_hz, channels):
        self._i2s = machine.I2S(
            0,
            sck=machine.Pin(self._pins.MIC_SCK),
            ws=machine.Pin(self._pins.MIC_WS),
            sd=machine.Pin(self._pins.MIC_SD),
            mode=machine.I2S.RX,
            bits=_SAMPLE_BITS,
            format=machine.I2S.MONO if channels == 1 else machine.I2S.STEREO,
            rate=rate_hz,
            ibuf=self._pins.DMA_BYTES,
        )

    def read_into(self, buffer):
        """Have `buffer` filled; at once, or after the one under way."""
        self._i2s.readinto(buffer)

    def stop(self):
        """Take clock and power from the microphone; its clock lines are driven low."""
        self.power(False)
        if self._i2s is not None:
            self._i2s.deinit()
            self._i2s = None
        for line in (self._pins.MIC_SCK, self._pins.MIC_WS):
            machine.Pin(line, machine.Pin.OUT, value=0)
