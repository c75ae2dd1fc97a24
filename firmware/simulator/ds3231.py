"""The DS3231 clock chip: registers 0x00 to 0x12, in virtual time (datasheet: Maxim 19-5170, figure 1).

Time and date run, in 24 or 12 hours; the flag that the oscillator has stopped can only be cleared. Alarms,
outputs and ageing are registers that keep what is written until the next start, and do nothing. The host is
told of each setting, so that it knows the chip's time whenever and however this run ends.
"""

from simulator import clock, host, rtc

ADDRESS = 0x68
_SIZE = 0x13
_DATE_BYTES = 7
_HOURS, _WEEKDAY, _MONTH, _CONTROL, _STATUS, _TEMPERATURE = 0x02, 0x03, 0x05, 0x0E, 0x0F, 0x11
_HALF_DAYS, _AFTERNOON, _CENTURY = 0x40, 0x20, 0x80
_STOPPED = 0x80
_WAVE = 0x08  # in the status: the 32 kHz output is on
_CONTROL_AT_START = 0x1C
_CLEARED_ONLY = 0x83  # in the status: the flag, and that an alarm was due
_MASKS = b"\x7f\x7f\x7f\x07\x3f\x9f\xff"  # of time and date: bits that are always 0
_QUARTER_DEGREES = 25 * 4 + 1

_registers = None  # without a chip
_since_ms = 0  # when the second in the registers began
_pointer = 0


def fit(moment, millisecond, stopped):
    """There is a chip from now on: its (year, month, day, hour, minute, second), and its flag."""
    global _registers, _since_ms
    _registers = bytearray(_SIZE)
    _registers[_WEEKDAY] = rtc.to_moment(rtc.to_seconds(moment))[6] + 1
    _put_moment(moment)
    _registers[_CONTROL] = _CONTROL_AT_START
    _registers[_STATUS] = _WAVE | (_STOPPED if stopped else 0)
    _registers[_TEMPERATURE] = _QUARTER_DEGREES >> 2
    _registers[_TEMPERATURE + 1] = (_QUARTER_DEGREES & 3) << 6
    _since_ms = clock.now_ms() - millisecond


def fitted():
    """Whether there is a chip."""
    return _registers is not None


def write(data):
    """One transfer to the chip: the number of a register, then what goes into it and those after it."""
    global _pointer, _since_ms
    if len(data) == 0:
        return
    _advance()
    _pointer = data[0] % _SIZE
    for value in data[1:]:
        if _pointer == 0:
            _since_ms = clock.now_ms()  # a new second begins
        _put(_pointer, value)
        _pointer = (_pointer + 1) % _SIZE
    if len(data) > 1:
        host.send("clock-chip", state())


def read_into(buffer):
    """One transfer from the chip: from the register where the last one ended."""
    global _pointer
    _advance()
    for index in range(len(buffer)):
        buffer[index] = _registers[_pointer]
        _pointer = (_pointer + 1) % _SIZE


def state():
    """What `fit` takes, as an object for the host."""
    moment = rtc.to_moment(rtc.to_seconds(_moment()))[:6]
    return {"moment": moment, "ms": clock.now_ms() - _since_ms, "stopped": _registers[_STATUS] >= _STOPPED}


def _put(register, value):
    if register < _DATE_BYTES:
        value &= _MASKS[register]
    elif register == _STATUS:
        value = value & _WAVE | value & _registers[_STATUS] & _CLEARED_ONLY
    elif register >= _TEMPERATURE:
        return
    _registers[register] = value


def _advance():
    """Let the date in the registers catch up; untouched for as long as the same second lasts."""
    global _since_ms
    elapsed_s = (clock.now_ms() - _since_ms) // 1000
    if elapsed_s == 0:
        return
    _since_ms += elapsed_s * 1000
    before_s = rtc.to_seconds(_moment())
    days = (before_s + elapsed_s) // 86400 - before_s // 86400
    _registers[_WEEKDAY] = (_registers[_WEEKDAY] + days - 1) % 7 + 1
    _put_moment(rtc.to_moment(before_s + elapsed_s))


def _moment():
    """Year to second; what cannot be in a calendar is taken for something that can."""
    second, minute, hours, _, day, month, year = _registers[:_DATE_BYTES]
    if hours & _HALF_DAYS:
        hour = _number(hours & 0x1F) % 12 + (12 if hours & _AFTERNOON else 0)
    else:
        hour = _number(hours)
    month = min(12, max(1, _number(month & ~_CENTURY)))
    return (2000 + _number(year), month, max(1, _number(day)), hour, _number(minute), _number(second))


def _put_moment(moment):
    year, month, day, hour, minute, second = moment[:6]
    hours = _decimal(hour)
    if _registers[_HOURS] & _HALF_DAYS:
        hours = _HALF_DAYS | (_AFTERNOON if hour >= 12 else 0) | _decimal((hour + 11) % 12 + 1)
    century = _registers[_MONTH] & _CENTURY ^ (_CENTURY if year > 2099 else 0)
    date = (_decimal(second), _decimal(minute), hours, _registers[_WEEKDAY])
    date += (_decimal(day), _decimal(month) | century, _decimal(year % 100))
    _registers[:_DATE_BYTES] = bytes(date)


def _number(decimal):
    return (decimal >> 4) * 10 + (decimal & 15)


def _decimal(number):
    return number // 10 << 4 | number % 10
