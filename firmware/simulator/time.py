"""`time` as the ESP32 port has it, on virtual time: ticks wrap at 2**30, the epoch is 2000-01-01."""

from simulator import rtc
from simulator.clock import sleep_ms, sleep_us, ticks_add, ticks_diff, ticks_ms, ticks_us  # noqa: F401

ticks_cpu = ticks_us


def sleep(seconds):
    """Sleep for whole or broken seconds."""
    sleep_ms(int(seconds * 1000))


def time():
    """Seconds since 2000, by the board's clock."""
    return rtc.seconds()


def time_ns():
    """The same in nanoseconds; no finer than a second."""
    return rtc.seconds() * 1000000000


def gmtime(seconds=None):
    """Eight numbers, from year to day of the year."""
    return rtc.to_moment(rtc.seconds() if seconds is None else int(seconds))


localtime = gmtime


def mktime(moment):
    """The reverse of `gmtime`."""
    return rtc.to_seconds(moment)
