"""The DS3231 clock chip, which keeps the time on its own battery while the recorder is off.

Source: its datasheet (Maxim 19-5170), figure 1 and "Special-Purpose Registers". A chip that is not there,
does not answer, has stood still or gives nonsense has no time. Whatever the bus does, nothing is raised.
"""

import machine

from micropython import const
from recorder import overlay

_ADDRESS = const(0x68)
_SECONDS = const(0x00)  # then minutes, hours, day of the week, date, month and century, year; all in BCD
_TIME_BYTES = const(7)
_CONTROL = const(0x0E)
_STATUS = const(0x0F)
_STOPPED = const(0x80)  # in the status: the oscillator stands still, or once did (OSF)
# EOSC = 0, for it would stop on the battery otherwise; no alarms; the 32 kHz output off; OSF = 0.
_RUNNING = b"\x1c\x00"
_TRIES = const(2)  # the bus may be in the middle of what a restart has cut short, or the second just over
_TOLERANCE_MS = const(1500)


class ClockChip:
    """The chip on the board's I2C pins."""

    def __init__(self, pins):
        self._bus = machine.I2C(0, scl=machine.Pin(pins.RTC_SCL), sda=machine.Pin(pins.RTC_SDA), freq=100_000)

    def _read(self, register, count_bytes):
        for _ in range(_TRIES):
            try:
                return self._bus.readfrom_mem(_ADDRESS, register, count_bytes)
            except OSError:
                pass  # None says it
        return None

    def present(self):
        """True if the chip answers, whatever its time is worth."""
        return self._read(_STATUS, 1) is not None

    def _read_time(self):
        # The bus has no check sum, and recordings are erased by this time: two readings have to agree.
        time = self._read(_SECONDS, _TIME_BYTES)
        for _ in range(_TRIES):
            before, time = time, self._read(_SECONDS, _TIME_BYTES)
            if time == before:
                return time
        return None

    def now_ms(self):
        """Return Unix time in milliseconds, by whole seconds; None if there is no chip or no trusting it."""
        status = self._read(_STATUS, 1)
        if status is None or status[0] & _STOPPED:
            return None
        time = self._read_time()
        if time is None:
            return None
        time_ms = overlay.fetch("recorder.calendar").from_bcd(time)
        overlay.forget("recorder.calendar")
        return time_ms

    def set(self, time_ms):
        """Set the chip to the nearest second, and start it; True if it took that."""
        time = overlay.fetch("recorder.calendar").to_bcd(time_ms + 500)
        try:
            self._bus.writeto_mem(_ADDRESS, _SECONDS, time)
            self._bus.writeto_mem(_ADDRESS, _CONTROL, _RUNNING)
        except OSError:
            return False
        read_ms = self.now_ms()
        return read_ms is not None and abs(read_ms - time_ms) <= _TOLERANCE_MS
