"""Dates: Unix time as text, and as a clock chip's registers have it.

An overlay, for what stays in memory does with milliseconds.
"""

from micropython import const

_DAY_MS = const(86_400_000)
_DAYS_TO_EPOCH = const(719_468)  # from 0000-03-01 to 1970-01-01
_ERA_DAYS = const(146_097)  # 400 years
_EARLIEST = "2020"


def _civil(days):
    """Return (year, month, day) of a day counted from 1970-01-01 (H. Hinnant's civil_from_days)."""
    days += _DAYS_TO_EPOCH
    era, day_of_era = divmod(days, _ERA_DAYS)
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153  # March is 0
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (1 if month <= 2 else 0), month, day


def iso(time_ms):
    """Return Unix time in milliseconds as YYYY-MM-DDTHH:MM:SSZ."""
    days, within_ms = divmod(time_ms, _DAY_MS)
    minutes, seconds = divmod(within_ms // 1000, 60)
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (_civil(days) + (minutes // 60, minutes % 60, seconds))


def _to_ms(text):
    """Return Unix time in milliseconds of YYYY-MM-DDTHH:MM:SSZ; raises ValueError without digits."""
    year, month = int(text[:4]), int(text[5:7]) - 3
    if month < 0:  # years begin in March here, so that a leap day is the last
        year, month = year - 1, month + 12
    days = year * 365 + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + int(text[8:10]) - 1
    seconds = (int(text[11:13]) * 60 + int(text[14:16])) * 60 + int(text[17:19])
    return ((days - _DAYS_TO_EPOCH) * 86_400 + seconds) * 1000


def from_bcd(time):
    """Return Unix time in milliseconds from seconds, minutes, hours, weekday, date, month and year in BCD.

    None for what is no time in this century, or before this firmware's: nothing was ever set to that.
    """
    # The century bit counts as a digit too many, and so does the bit of the 12-hour mode.
    text = "20%02x-%02x-%02xT%02x:%02x:%02xZ" % (time[6], time[5], time[4], time[2], time[1], time[0])
    try:
        time_ms = _to_ms(text)
    except ValueError:
        return None
    return time_ms if text > _EARLIEST and iso(time_ms) == text else None  # no 31st of June, no 61st second


def to_bcd(time_ms):
    """Return the same seven registers; the weekday is 1 whatever it is."""
    text = iso(time_ms)
    time = bytes([int(text[at : at + 2], 16) for at in (17, 14, 11)])
    return time + b"\x01" + bytes([int(text[at : at + 2], 16) for at in (8, 5, 2)])
