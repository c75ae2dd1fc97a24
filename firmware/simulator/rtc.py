"""The board's wall clock: starts at 2000-01-01 at power-on, goes on across a reset, runs in virtual time.

Each setting is told to the host, since the unix port's VfsFat stamps files from the laptop's own clock:
what the board would have written can only be seen here.
"""

from simulator import clock, host

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_set_s = 0  # seconds since 2000 at the last setting
_set_at_ms = 0


def begin(moment, elapsed_ms):
    """At the start: it was set to `moment`, as `RTC.datetime` takes it, so long ago."""
    global _set_s, _set_at_ms
    _set_s = to_seconds(moment[:3] + moment[4:7])
    _set_at_ms = clock.now_ms() - elapsed_ms


def seconds():
    """Seconds since 2000-01-01, the board's epoch."""
    return _set_s + (clock.now_ms() - _set_at_ms) // 1000


def _leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_before_year(year):
    years = year - 1
    return years * 365 + years // 4 - years // 100 + years // 400 - 730119


def _days_before(year, month):
    return _days_before_year(year) + _DAYS_BEFORE_MONTH[month - 1] + (month > 2 and _leap(year))


def to_seconds(moment):
    """Seconds since 2000 of (year, month, day, hour, minute, second, …)."""
    year, month, day, hour, minute, second = moment[:6]
    return (_days_before(year, month) + day - 1) * 86400 + hour * 3600 + minute * 60 + second


def to_moment(total_s):
    """(year, month, day, hour, minute, second, weekday, day of the year); Monday is 0."""
    days, rest_s = divmod(total_s, 86400)
    year = 2000 + days // 366
    while _days_before_year(year + 1) <= days:
        year += 1
    month = 12
    while _days_before(year, month) > days:
        month -= 1
    day = days - _days_before(year, month) + 1
    year_day = days - _days_before_year(year) + 1
    return (year, month, day, rest_s // 3600, rest_s // 60 % 60, rest_s % 60, (days + 5) % 7, year_day)


class RTC:
    """`machine.RTC` as far as the ESP32 port has it: `datetime` to read and to set."""

    def datetime(self, moment=None):
        """(year, month, day, weekday, hour, minute, second, microsecond)."""
        if moment is None:
            year, month, day, hour, minute, second, weekday, _ = to_moment(seconds())
            microsecond = (clock.now_ms() - _set_at_ms) % 1000 * 1000
            return (year, month, day, weekday, hour, minute, second, microsecond)
        begin(tuple(moment), 0)
        host.send("rtc", list(moment))
        return None

    init = datetime
