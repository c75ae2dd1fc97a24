"""The DS3231 clock chip, which keeps the time on its own battery while the recorder is off.

Source: its datasheet (Maxim 19-5170), figure 1 and "Special-Purpose Registers". A chip that is not there,
does not answer, has stood still or gives nonsense has no time. Whatever the bus does, nothing is raised.
"""

import machine

from micropython import const
from recorder.clock import iso

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
_EARLIEST = "2020"
_DAYS_TO_EPOCH = const(719_468)  # from 0000-03-01 to 1970-01-01


def _to_ms(text):
    """Return Unix time in milliseconds of YYYY-MM-DDTHH:MM:SSZ; raises ValueError without digits."""
    year, month = int(text[:4]), int(text[5:7]) - 3
    if month < 0:  # years begin in March here, so that a leap day is the last
        year, month = year - 1, month + 12
    days = year * 365 + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + int(text[8:10]) - 1
    seconds = (int(text[11:13]) * 60 + int(text[14:16])) * 60 + int(text[17:19])
    return ((days - _DAYS_TO_EPOCH) * 86_400 + seconds) * 1000


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
        # The century bit counts as a digit too many, and so does the bit of the 12-hour mode.
        text = "20%02x-%02x-%02xT%02x:%02x:%02xZ" % (time[6], time[5], time[4], time[2], time[1], time[0])
        try:
            time_ms = _to_ms(text)
        except ValueError:
            return None
        # No 31st of June, no 61st second; and nothing was ever set to a time before this firmware's.
        return time_ms if text > _EARLIEST and iso(time_ms) == text else None

    def set(self, time_ms):
        """Set the chip to the nearest second, and start it; True if it took that."""
        text = iso(time_ms + 500)
        time = bytes([int(text[at : at + 2], 16) for at in (17, 14, 11)])
        date = bytes([int(text[at : at + 2], 16) for at in (8, 5, 2)])
        try:
            self._bus.writeto_mem(_ADDRESS, _SECONDS, time + b"\x01" + date)
            self._bus.writeto_mem(_ADDRESS, _CONTROL, _RUNNING)
        except OSError:
            return False
        read_ms = self.now_ms()
        return read_ms is not None and abs(read_ms - time_ms) <= _TOLERANCE_MS
