"""Randomness, memory and pins are the board's; nothing of the laptop's network is within reach."""

import pytest

from host_tools.errors import CloisterError


def test_looking_around_allocates_nothing(bench):
    main = """
    import micropython, select, sys
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    button, green, sense = Pin(32, Pin.IN, Pin.PULL_UP), Pin(26, Pin.OUT, value=0), Pin(36, Pin.IN)
    battery, dog = machine.ADC(Pin(34)), machine.WDT(timeout=5_000_000)
    time.sleep_ms(3_000_000)
    micropython.heap_lock()
    for _ in range(1000):
        time.ticks_us(); time.ticks_diff(time.ticks_ms(), time.ticks_add(5, -9)); time.sleep_ms(1)
        button.value(); sense.value(); green.value(0); battery.read_uv(); battery.read_u16(); dog.feed()
        for _ in poll.ipoll(0):
            pass
    micropython.heap_unlock()
    tell(done=True)
    """
    bench.run(main, "3100 end")
    assert bench.told["done"]


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


def test_long_scenario_costs_the_firmware_no_heap(bench, micropython):
    boot = "import gc\ngc.collect()\nfree = gc.mem_free()"
    presses = "".join(f"{100 + number} press both 0.2\n" for number in range(1000))
    bench.run("import boot\ntell(free=boot.free)", presses + "30 end", boot=boot)
    board = 163_344 * (1 if micropython.bits == 32 else 2)
    assert board * 0.95 < bench.told["free"] <= board - 4340
    assert len(set(bench.values("sign"))) == 1


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


RADIO_AND_NETWORK = [
    *(
        "network",
        "bluetooth",
        "ubluetooth",
        "espnow",
        "aioespnow",
        "aioble",
        "socket",
        "usocket",
        "ssl",
        "ussl",
    ),
    *(
        "tls",
        "lwip",
        "requests",
        "urequests",
        "aiohttp",
        "mip",
        "webrepl",
        "websocket",
        "uwebsocket",
        "ntptime",
    ),
    *("umqtt", "umqtt.simple", "aioble.central", "requests.adapters", "ffi", "jni", "termios", "utermios"),
]


def test_no_network_and_no_way_out_can_be_imported(bench):
    main = """
    reached, reasons = [], []
    for name in {names}:
        for attempt in ("import " + name, "__import__('" + name + "')", "from " + name + " import x"):
            try:
                exec(attempt)
                reached.append(attempt)
            except ImportError as error:
                reasons.append(str(error))
    import asyncio
    try:
        asyncio.open_connection("localhost", 1).send(None)
    except ImportError as error:
        reasons.append(str(error))
    tell(reached=reached, reasons=reasons)
    """
    bench.run(main.format(names=RADIO_AND_NETWORK), "0.1 end")
    assert bench.told["reached"] == []
    expected = [f"no module named '{name}'" for name in RADIO_AND_NETWORK for _ in range(3)]
    assert bench.told["reasons"] == [*expected, "no module named 'socket'"]


def test_firmware_that_imports_a_radio_does_not_run(bench):
    with pytest.raises(CloisterError, match="no module named 'network'"):
        bench.run("import network", "0.1 end")


def test_missed_watchdog_restarts_the_firmware_in_the_same_world(bench):
    main = """
    starts = len(os.listdir("/data"))
    open("/data/%d" % starts, "w").close()
    tell(start=starts, cause=machine.reset_cause() == machine.WDT_RESET)
    tell(battery=machine.ADC(Pin(34)).read_uv() // 10000, pressed=Pin(32).value())
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
    assert (bench.told["start"], bench.told["cause"]) == (1, True)
    assert bench.told["battery"] in (149, 150)
    assert bench.told["pressed"] == 0
    assert "survived" not in bench.told


def test_reset_starts_again_and_a_reset_loop_is_an_error(bench):
    main = """
    starts = len(os.listdir("/data"))
    open("/data/%d" % starts, "w").close()
    tell(**{"cause%d" % starts: machine.reset_cause()})
    time.sleep(2)
    if starts < 3: machine.reset()
    """
    assert bench.run(main, "20 end").restarts == 3
    assert [bench.told[f"cause{n}"] for n in range(4)] == [1, 2, 2, 2]  # PWRON_RESET, HARD_RESET
    with pytest.raises(CloisterError, match="restarts again and again"):
        bench.run("machine.reset()", "20 end")


@pytest.mark.parametrize(
    ("main", "reason"),
    [("raise ValueError('on purpose')", "ValueError: on purpose"), ("raise SystemExit(0)", "SystemExit: 0")],
)
def test_exception_out_of_main_is_an_error(bench, main, reason):
    with pytest.raises(CloisterError, match=reason):
        bench.run(main)


def test_main_that_returns_leaves_the_board_to_the_repl(bench):
    outcome = bench.run("time.sleep_ms(250)", "1 end", endless=False)
    assert (outcome.reason, outcome.time_ms) == ("repl", 250)
    assert bench.reports[-1].value == "repl"


def test_registers_are_words_and_the_radios_clocks_are_told(bench):
    main = """
    words = machine.mem32
    tell(clocks="%08x" % words[0x3FF000CC], other=words[0x3FF48000])
    words[0x3FF48000] = -1
    tell(set="%08x" % words[0x3FF48000])
    words[0x3FF000CC] = words[0x3FF000CC] | 0x406
    time.sleep_ms(10)
    words[0x3FF000CC] &= ~0x30C06
    try:
        words[0x3FF000CD]
    except ValueError as error:
        tell(unaligned=str(error))
    """
    bench.run(main, "1 end")
    assert (bench.told["clocks"], bench.told["other"], bench.told["set"]) == ("fffce030", 0, "ffffffff")
    assert "not aligned" in bench.told["unaligned"]
    assert [(report.time_ms, report.value) for report in bench.reports if report.kind == "radio"] == [
        (0, True), (10, False),
    ]  # fmt: skip


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


def test_battery_is_measured_behind_its_divider_with_some_noise(bench):
    main = """
    converter = machine.ADC(Pin(34), atten=machine.ADC.ATTN_11DB)
    values = [converter.read_uv() for _ in range(200)]
    tell(low=min(values), high=max(values), different=len(set(values)), u16=converter.read_u16(),
         most=machine.ADC(Pin(35)).read_u16())
    """
    bench.run(main, "0 battery 3300\n1 end", seed=4)
    assert 1_649_500 <= bench.told["low"] < bench.told["high"] < 1_650_500
    assert bench.told["different"] > 100
    assert abs(bench.told["u16"] - 65535 // 2) < 30
    assert bench.told["most"] < 20


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
