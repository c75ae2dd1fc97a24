"""The clock with and without a chip, in MicroPython: one case a run, which fails by an assert."""

import cases

from recorder import clock

NOON_MS = 1_790_856_000_000
PERIOD = 1 << 30


class Ticks:
    """A counter that wraps at 2**30, as the board's does."""

    now_ms = PERIOD - 5_000

    def ticks_ms(self):
        return self.now_ms % PERIOD

    @staticmethod
    def ticks_diff(later, earlier):
        return (later - earlier + PERIOD // 2) % PERIOD - PERIOD // 2


ticks = clock.time = Ticks()


class Chip:
    """Tells the whole second that `time_ms` is in, or nothing; set() takes the nearest one, if it `takes`."""

    def __init__(self, time_ms=None, takes=True):
        self.time_ms = time_ms
        self.takes = takes
        self.asked = 0

    def present(self):
        return True

    def now_ms(self):
        self.asked += 1
        return None if self.time_ms is None else self.time_ms // 1000 * 1000

    def set(self, time_ms):
        if self.takes:
            self.time_ms = (time_ms + 500) // 1000 * 1000
        return self.takes


def wait(ms, wall, chip=None):
    """Time passes, in steps that the counter can tell apart."""
    ticks.now_ms += ms
    wall.tick()
    if chip is not None and chip.time_ms is not None:
        chip.time_ms += ms


def without_a_chip_time_is_the_laptops():
    wall = clock.Clock()
    assert (wall.now_ms(), wall.day(), wall.source, wall.trusted) == (None, None, "none", False)
    assert wall.set(NOON_MS) is None
    assert (wall.now_ms(), wall.source, wall.trusted) == (NOON_MS, "laptop", True)
    assert wall.day() == 20_727
    for _ in range(200):
        wait(100_000_000, wall)  # the counter wraps, and uptime outgrows small integers
    assert wall.uptime_ms == 20_000_000_000
    assert wall.now_ms() == NOON_MS + 20_000_000_000
    assert wall.set(wall.now_ms() + 2500) == -2500


def a_trusted_chip_gives_the_time_at_the_start():
    chip = Chip(NOON_MS + 300)
    wall = clock.Clock(chip)
    assert (wall.source, wall.trusted) == ("rtc", True)
    assert NOON_MS <= wall.now_ms() < NOON_MS + 1000
    assert wall.day() == 20_727


def the_day_changes_at_midnight():
    chip = Chip(20_728 * 86_400_000 - 1000)
    wall = clock.Clock(chip)
    assert wall.day() == 20_727
    wait(1000, wall, chip)
    assert wall.day() == 20_728


def time_never_leaves_the_chips_second():
    chip = Chip(NOON_MS + 900)
    wall = clock.Clock(chip)
    before = 0
    for _ in range(300):
        wait(70, wall, chip)
        now_ms = wall.now_ms()
        assert chip.now_ms() <= now_ms < chip.now_ms() + 1000
        assert now_ms >= before
        before = now_ms
    assert abs(wall.now_ms() - chip.time_ms) < 100  # the seconds that it saw begin tell when they do


def a_clock_that_ran_off_is_put_right_by_the_chip():
    chip = Chip(NOON_MS)
    wall = clock.Clock(chip)
    wait(90_000, wall)
    chip.time_ms += 60_000
    assert NOON_MS + 60_000 <= wall.now_ms() < NOON_MS + 61_000


def setting_tells_the_chips_drift():
    chip = Chip(NOON_MS + 7_200)
    wall = clock.Clock(chip)
    drift_ms = wall.set(NOON_MS)
    assert 7_000 <= drift_ms < 8_000
    assert wall.source == "rtc"
    assert abs(wall.now_ms() - NOON_MS) <= 500
    again = clock.Clock(chip)  # the power was off
    assert again.source == "rtc" and abs(again.now_ms() - NOON_MS) <= 1000


def a_chip_without_time_takes_the_laptops():
    chip = Chip(None)
    wall = clock.Clock(chip)
    assert (wall.source, wall.now_ms(), wall.trusted) == ("none", None, False)
    assert wall.set(NOON_MS) is None
    assert (wall.source, wall.trusted) == ("rtc", True)


def a_chip_that_takes_nothing_is_not_asked_again():
    chip = Chip(NOON_MS - 86_400_000, takes=False)
    wall = clock.Clock(chip)
    wall.set(NOON_MS)
    assert wall.source == "laptop"
    asked = chip.asked
    wait(1000, wall)
    assert wall.now_ms() == NOON_MS + 1000
    assert chip.asked == asked


def time_goes_on_when_the_chip_is_gone():
    chip = Chip(NOON_MS)
    wall = clock.Clock(chip)
    before = wall.now_ms()
    chip.time_ms = None
    wait(5000, wall)
    assert wall.now_ms() == before + 5000
    assert wall.source == "rtc"


def a_chip_that_was_deaf_at_the_start_is_heard_later():
    chip = Chip(None)
    wall = clock.Clock(chip)
    assert wall.now_ms() is None
    chip.time_ms = NOON_MS
    assert NOON_MS <= wall.now_ms() < NOON_MS + 1000
    assert wall.source == "rtc"


cases.run(globals())
