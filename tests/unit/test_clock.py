"""The recorder's calendar and uptime."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recorder import clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ticks:
    """A counter that wraps at 2**30, as the board's does."""

    def __init__(self):
        self.now_ms = (1 << 30) - 5_000

    def ticks_ms(self):
        return self.now_ms & ((1 << 30) - 1)

    @staticmethod
    def ticks_diff(later, earlier):
        return ((later - earlier + (1 << 29)) & ((1 << 30) - 1)) - (1 << 29)


@given(st.integers(0, 4_102_444_800_000))
def test_iso_is_what_the_calendar_says(time_ms):
    expected = (EPOCH + timedelta(milliseconds=time_ms)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert clock.iso(time_ms) == expected


def test_uptime_and_time_go_on_across_the_wrap(monkeypatch):
    ticks = Ticks()
    monkeypatch.setattr(clock, "time", ticks)
    wall = clock.Clock()
    assert (wall.now_ms(), wall.source) == (None, "none")
    assert wall.set(1_800_000_000_000) is None
    for _ in range(10):
        ticks.now_ms += 1000
        wall.tick()
    assert wall.uptime_ms == 10_000
    assert (wall.now_ms(), wall.source) == (1_800_000_010_000, "laptop")


def test_setting_the_time_tells_how_far_the_clock_was_off(monkeypatch):
    monkeypatch.setattr(clock, "time", Ticks())
    wall = clock.Clock()
    wall.set(1_800_000_000_000)
    assert wall.set(1_800_000_002_500) == -2500
