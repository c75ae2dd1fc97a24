"""Time, randomness, memory and pins are the board's; nothing of the laptop's network is within reach."""

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


def test_reading_the_ticks_allocates_nothing(bench):
    main = """
    import micropython
    time.sleep_ms(3_000_000)
    micropython.heap_lock()
    for _ in range(1000):
        time.ticks_us(); time.ticks_ms(); time.sleep_ms(1)
    micropython.heap_unlock()
    tell(done=True)
    """
    bench.run(main, "3100 end")
    assert bench.told["done"]


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


def test_seed_makes_randomness_repeatable_and_its_absence_does_not(bench):
    def drawn(**options):
        bench.run("tell(random=(os.urandom(40) + os.urandom(3)).hex())", "0.1 end", **options)
        return bench.told["random"]

    assert drawn(seed=5) == drawn(seed=5)
    assert drawn(seed=5)[:16] != drawn(seed=5)[64:80]
    assert len({drawn(seed=5), drawn(seed=6), drawn(), drawn()}) == 4


def test_firmware_starts_with_the_heap_of_the_board(bench, micropython):
    boot = "import gc\ngc.collect()\nfree = gc.mem_free()"
    bench.run("import boot\ntell(free=boot.free)", "0.1 end", boot=boot)
    board = 163_344 * (1 if micropython.bits == 32 else 2)
    # The board's own pins.py is loaded already: the firmware's memory.
    # Less what the board's pools of names would have grown by.
    assert board * 0.95 < bench.told["free"] <= board - 4340


def test_importing_does_not_pay_for_compiling(bench):
    main = """
    import gc
    gc.collect()
    before = gc.mem_free()
    import large
    gc.collect()
    tell(used=before - gc.mem_free(), one_piece=len(bytearray(gc.mem_free() // 4)))
    """
    firmware = bench.write_firmware(main)
    lines = [f"def f{n}(a, b):\n    return [a + b, a - b, {n}]" for n in range(450)]
    (firmware / "large.py").write_text("\n".join(lines))
    bench.run(main, "0.1 end")
    assert 20_000 < bench.told["used"] < 200_000
    assert bench.told["one_piece"] > 0


FORBIDDEN = ["socket", "usocket", "network", "bluetooth", "ssl", "requests", "ffi", "espnow"]


@pytest.mark.parametrize("module", FORBIDDEN)
def test_no_network_and_no_way_out_can_be_imported(bench, module):
    with pytest.raises(CloisterError, match=f"no module named '{module}'"):
        bench.run(f"import {module}", "0.1 end")


def test_missed_watchdog_restarts_the_firmware_in_the_same_world(bench):
    main = """
    starts = len(os.listdir("/data"))
    open("/data/%d" % starts, "w").close()
    tell(start=starts, battery=machine.ADC(Pin(34)).read_uv() // 10000, pressed=Pin(32).value())
    dog = machine.WDT(timeout=5000)
    for _ in range(10):
        time.sleep(4)
        dog.feed()
    time.sleep(10 if starts == 0 else 1)
    tell(survived=starts)
    """
    outcome = bench.run(main, "1 battery 3000\n44 press p1 5\n60 end")
    assert (outcome.reason, outcome.restarts, outcome.time_ms) == ("end", 1, 60_000)
    assert [(report.time_ms, report.value) for report in bench.reports if report.kind == "reset"] == [
        (45_000, "watchdog")
    ]
    assert bench.told["start"] == 1
    assert bench.told["battery"] in (149, 150)
    assert bench.told["pressed"] == 0
    assert "survived" not in bench.told


def test_reset_starts_again_and_a_reset_loop_is_an_error(bench):
    main = """
    starts = len(os.listdir("/data"))
    open("/data/%d" % starts, "w").close()
    time.sleep(2)
    if starts < 3: machine.reset()
    """
    assert bench.run(main, "20 end").restarts == 3
    with pytest.raises(CloisterError, match="restarts again and again"):
        bench.run("machine.reset()", "20 end")


def test_exception_and_return_of_main_are_errors(bench):
    with pytest.raises(CloisterError, match="ValueError: on purpose"):
        bench.run("raise ValueError('on purpose')")
    with pytest.raises(CloisterError, match="came to its end"):
        bench.run("", endless=False)


def test_lights_are_reported_as_seen(bench):
    main = """
    red, green = Pin(25, Pin.OUT), Pin(26, Pin.OUT, value=1)
    time.sleep_ms(10)
    red.on(); red.on()
    time.sleep_ms(10)
    machine.PWM(Pin(26), duty_u16=0)
    """
    bench.run(main, "0.1 end")
    lights = [(report.time_ms, report.value["red"], report.value["green"]) for report in bench.reports
              if report.kind == "light"]  # fmt: skip
    assert lights == [(0, False, True), (10, True, True), (20, True, False)]


def test_buttons_read_low_while_pressed(bench):
    main = """
    seen = []
    for _ in range(10):
        seen.append([Pin(32, Pin.IN, Pin.PULL_UP).value(), Pin(33, Pin.IN, Pin.PULL_UP).value()])
        time.sleep_ms(100)
    tell(seen=seen)
    """
    bench.run(main, "0.15 press both 0.1\n0.45 press p2 0.2\n2 end")
    pressed = {2: [0, 0], 5: [1, 0], 6: [1, 0]}
    assert bench.told["seen"] == [pressed.get(n, [1, 1]) for n in range(10)]


def test_real_time_is_not_outrun(bench):
    import time

    before = time.monotonic()
    bench.run("", "0.5 end", speed="real")
    assert time.monotonic() - before >= 0.5


@pytest.mark.parametrize("board", ["none", "../bench", ""])
def test_unknown_board_is_an_error(bench, board):
    from host_tools.simulator.run import simulate

    with pytest.raises(CloisterError, match="no board"):
        simulate(bench.flash, bench.card, board=board, firmware=bench.write_firmware(""), for_ms=1)


@pytest.mark.parametrize("content", [b"", b"this is no audio", b"fLaC" + bytes(100)])
def test_audio_that_cannot_be_read_is_an_error_before_anything_runs(bench, tmp_path, content):
    audio = tmp_path / "bad.flac"
    audio.write_bytes(content)
    with pytest.raises(CloisterError, match="cannot be read"):
        bench.run("", mic=audio)
    with pytest.raises(CloisterError, match="not there"):
        bench.run("", "1 mic missing.wav")
    assert not bench.flash.exists()
