"""Virtual time is the board's, and so is its calendar."""

from datetime import datetime, timedelta

import pytest

from host_tools.errors import CloisterError


def test_an_hour_of_sleep_costs_no_time_and_ticks_wrap(bench):
    main = """
    marks = []
    for _ in range(3):
        before_us, before_ms = time.ticks_us(), time.ticks_ms()
        time.sleep_ms(400_000)
        took_us = time.ticks_diff(time.ticks_us(), before_us)
        marks.append([took_us // 1000, time.ticks_diff(time.ticks_ms(), before_ms)])
    seen = []
    for _ in range(120):
        time.sleep_ms(20_000)
        seen.append(time.ticks_us() // 1000)
    tell(marks=marks, least=min(seen), most=max(seen), wrap=time.ticks_add((1 << 30) - 5, 10),
         diff=time.ticks_diff(3, (1 << 30) - 4), back=time.ticks_diff((1 << 30) - 4, 3))
    """
    bench.run(main, "3700 end")
    assert bench.told["marks"] == [[400_000, 400_000]] * 3
    assert bench.told["least"] >= 0
    assert (1 << 30) // 1000 - 20_000 < bench.told["most"] < (1 << 30) // 1000
    assert (bench.told["wrap"], bench.told["diff"], bench.told["back"]) == (5, 7, -7)


def test_a_loop_that_only_reads_the_clock_ends(bench):
    main = """
    start = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start) < 20:
        pass
    tell(done=time.ticks_ms())
    """
    bench.run(main, "1 end")
    assert bench.told["done"] >= 20


def test_wall_clock_starts_at_2000_and_each_setting_is_told(bench):
    main = """
    tell(first=time.localtime())
    machine.RTC().datetime((2026, 3, 1, 6, 23, 59, 58, 0))
    time.sleep(3)
    tell(later=time.localtime(), rtc=machine.RTC().datetime()[:7])
    tell(epoch=time.mktime((2000, 1, 2, 0, 0, 0, 0, 0)))
    """
    bench.run(main, "5 end")
    assert bench.told["first"] == [2000, 1, 1, 0, 0, 0, 5, 1]
    assert bench.told["later"] == [2026, 3, 2, 0, 0, 1, 0, 61]
    assert bench.told["rtc"] == [2026, 3, 2, 0, 0, 0, 1]
    assert bench.told["epoch"] == 86400
    assert bench.values("rtc") == [[2026, 3, 1, 6, 23, 59, 58, 0]]


def test_calendar_may_have_been_set_before_the_start(bench):
    main = "tell(first=time.localtime()); time.sleep(2); tell(later=machine.RTC().datetime()[:7])"
    bench.run(main, "5 end", calendar=(2026, 2, 28, 23, 59, 58))
    assert bench.told["first"] == [2026, 2, 28, 23, 59, 58, 5, 59]
    assert bench.told["later"] == [2026, 3, 1, 6, 0, 0, 0]
    assert bench.values("rtc") == []
    with pytest.raises(CloisterError, match="no moment"):
        bench.run(main, "5 end", calendar=(2026, 2, 30))


@pytest.mark.parametrize("calendar", [None, (2040, 5, 6)])
def test_wall_clock_goes_on_across_a_reset(bench, calendar):
    main = """
    starts = len(os.listdir("/data"))
    open("/data/%d" % starts, "w").close()
    tell(**{"at%d" % starts: time.localtime()[:6]})
    time.sleep(3)
    if starts == 1:
        machine.RTC().datetime((2031, 1, 1, 2, 0, 0, 57, 0))
        time.sleep(3)
    if starts < 3: machine.reset()
    """
    bench.run(main, "13 end", calendar=calendar)
    year, month, day = calendar or (2000, 1, 1)
    assert [bench.told[f"at{n}"] for n in range(4)] == [
        [year, month, day, 0, 0, 0], [year, month, day, 0, 0, 3],
        [2031, 1, 1, 0, 1, 0], [2031, 1, 1, 0, 1, 3],
    ]  # fmt: skip


def test_calendar_is_right_in_every_kind_of_year(bench):
    moments = [
        datetime(*date) for year in (2000, 2024, 2025, 2100, 2104) for date in ((year, 2, 28), (year, 12, 31))
    ]
    days = [(moment - datetime(2000, 1, 1)).days + after for moment in moments for after in (0, 1)]
    main = f"""
    made = [time.gmtime(day * 86400 + 3) for day in {days}]
    tell(made=made, back=[time.mktime(moment) // 86400 for moment in made])
    """
    bench.run(main, "0.1 end")
    expected = [(datetime(2000, 1, 1) + timedelta(day)).timetuple() for day in days]
    assert bench.told["made"] == [[*moment[:3], 0, 0, 3, *moment[6:8]] for moment in expected]
    assert bench.told["back"] == days


def test_real_time_is_not_outrun(bench):
    import time

    before = time.monotonic()
    bench.run("", "0.5 end", speed="real")
    assert time.monotonic() - before >= 0.5
