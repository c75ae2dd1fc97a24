"""The DS3231 keeps its time through restarts, power cuts and runs; without the option there is none."""

import json
import textwrap
from datetime import datetime, timedelta

import pytest

from host_tools.errors import CloisterError

# A bus at the chip's own pins; `show` tells what the registers of time and date are.
BUS = """
bus = machine.I2C(0, scl=Pin(4), sda=Pin(21))
def show(name="date"):
    tell(**{name: bus.readfrom_mem(0x68, 0, 7).hex()})
def status():
    return bus.readfrom_mem(0x68, 0x0F, 1)[0]
"""
RUNNING = '{"time": "2026-03-01T09:30:15.000Z", "stopped": false}'


@pytest.fixture
def chip(bench):
    """Runs a main.py on a recorder with a chip; `write` puts what is in its file, `read` gives it."""

    class Chip:
        path = bench.folder / "chip.json"

        def run(self, main: str, scenario: str = "1 end", **options):
            return bench.run(BUS + textwrap.dedent(main), scenario, clock_chip=self.path, **options)

        def write(self, time: str, stopped: bool = False) -> None:
            self.path.write_text(json.dumps({"time": time, "stopped": stopped}))

        def read(self) -> tuple[str, bool]:
            found = json.loads(self.path.read_text())
            assert set(found) == {"time", "stopped"}
            return found["time"], found["stopped"]

    return Chip()


ALONE = """
import errno
told = []
def fails(what):
    try:
        what()
        told.append("")
    except OSError as error:
        told.append(errno.errorcode[error.errno])
scl, sda = Pin({scl}), Pin({sda})
for bus in (machine.I2C(0, scl=scl, sda=sda, freq=100000), machine.SoftI2C(scl, sda)):
    fails(lambda: bus.readfrom_mem({address}, 0, 7))
    fails(lambda: bus.readfrom_mem_into({address}, 0, bytearray(7)))
    fails(lambda: bus.writeto_mem({address}, 0, b"\\x00"))
    fails(lambda: bus.readfrom({address}, 1))
    fails(lambda: bus.writeto({address}, b""))
    tell(scan=bus.scan(), told=told)
"""


def test_without_the_option_nothing_answers(bench):
    bench.run(ALONE.format(scl=4, sda=21, address=0x68), "1 end")
    assert (bench.told["scan"], bench.told["told"]) == ([], ["ENODEV"] * 10)


@pytest.mark.parametrize(("scl", "sda", "address"), [(21, 4, 0x68), (4, 22, 0x68), (4, 21, 0x57)])
def test_chip_answers_at_its_own_pins_and_address_only(bench, chip, scl, sda, address):
    chip.run(ALONE.format(scl=scl, sda=sda, address=address))
    assert bench.told["scan"] == ([0x68] if address == 0x57 else [])
    assert bench.told["told"] == ["ENODEV"] * 10


def test_new_chip_says_that_it_stood_still_and_counts_from_2000(bench, chip):
    chip.run("show(); tell(scan=bus.scan(), status=status()); time.sleep(2); show('later')", "7.25 end")
    assert bench.told["date"] == "00000006010100"
    assert bench.told["later"] == "02000006010100"
    assert (bench.told["scan"], bench.told["status"]) == ([0x68], 0x88)
    assert chip.read() == ("2000-01-01T00:00:07.250Z", True)


def test_what_is_set_goes_on_in_virtual_time_and_is_kept(bench, chip):
    main = """
    time.sleep_ms(300)
    bus.writeto_mem(0x68, 0, bytes.fromhex("58592303310726"))
    bus.writeto_mem(0x68, 0x0F, b"\\x00")
    show()
    time.sleep_ms(1990)
    show("before")
    time.sleep_ms(10)
    show("after")
    tell(status=status())
    """
    chip.run(main, "10 end")
    assert bench.told["date"] == "58592303310726"
    assert bench.told["before"] == "59592303310726"
    assert bench.told["after"] == "00000004010826"
    assert bench.told["status"] == 0
    assert chip.read() == ("2026-08-01T00:00:07.700Z", False)
    chip.run("show()", "0.5 end")
    assert bench.told["date"] == "07000006010826"
    assert chip.read() == ("2026-08-01T00:00:08.200Z", False)


@pytest.mark.parametrize(
    ("time", "later"),
    [
        ("2023-12-31T23:59:59Z", "2024-01-01T00:00:00"),
        ("2024-02-28T23:59:59Z", "2024-02-29T00:00:00"),
        ("2026-02-28T23:59:59.999Z", "2026-03-01T00:00:00"),
        ("2036-09-09T19:59:59Z", "2036-09-09T20:00:00"),
        ("2099-12-31T23:59:59Z", "2000-01-01T00:00:00"),
    ],
)
def test_calendar_turns_over(bench, chip, time, later):
    chip.write(time)
    chip.run("time.sleep(1); show()", "1.5 end")
    expected = datetime.fromisoformat(later)
    registers = [int(bench.told["date"][at : at + 2]) for at in (12, 10, 8, 4, 2, 0)]
    century = 80 if time.startswith("2099") else 0
    assert registers == [expected.year % 100, expected.month + century, *expected.timetuple()[2:6]]
    assert chip.read()[0][:17] == later[:17]


def test_twelve_hours_are_shown_if_asked_for(bench, chip):
    main = """
    for hour in (0x40 | 0x12, 0x40 | 0x11, 0x60 | 0x12, 0x60 | 0x11):
        bus.writeto_mem(0x68, 0, bytes((0x59, 0x59, hour, 1, 1, 1, 0x26)))
        time.sleep(1)
        show("at%02x" % hour)
    """
    chip.run(main, "5.5 end")
    hours = [bench.told[name][4:6] for name in ("at52", "at51", "at72", "at71")]
    assert hours == ["41", "72", "61", "52"]
    assert chip.read()[0].startswith("2026-01-02T00:00:01")


def test_flag_can_be_cleared_and_not_set(bench, chip):
    main = """
    seen = []
    for value in (0xFF, 0x00, 0xFF):
        bus.writeto_mem(0x68, 0x0F, bytes((value,)))
        seen.append(status())
    tell(seen=seen)
    """
    chip.run(main)
    assert bench.told["seen"] == [0x88, 0x00, 0x08]


def test_registers_follow_each_other_round(bench, chip):
    main = """
    bus.writeto(0x68, b"\\x0d\\xab\\x44")
    tell(alarm=bus.readfrom_mem(0x68, 0x0D, 2).hex())
    bus.writeto_mem(0x68, 0x11, b"\\xff\\xff\\x30")
    rest = bytearray(4)
    bus.readfrom_mem_into(0x68, 0x11, rest)
    tell(rest=rest.hex(), next=bus.readfrom(0x68, 1).hex())
    """
    chip.run(main)
    assert bench.told["alarm"] == "ab44"
    assert bench.told["rest"] == "19403000"  # the temperature cannot be written; then second and minute
    assert bench.told["next"] == "00"


def test_date_that_is_set_byte_by_byte_is_the_one_meant(bench, chip):
    chip.write("2026-01-31T10:00:00Z")
    chip.run("bus.writeto_mem(0x68, 5, b'\\x02'); bus.writeto_mem(0x68, 4, b'\\x28'); show()")
    assert bench.told["date"][8:] == "280226"
    assert chip.read()[0] == "2026-02-28T10:00:01.000Z"


def test_chip_goes_on_across_a_reset(bench, chip):
    main = """
    starts = len(os.listdir("/data"))
    open("/data/%d" % starts, "w").close()
    show("start%d" % starts)
    if starts == 0:
        bus.writeto_mem(0x68, 0, bytes.fromhex("00301001010126"))
    time.sleep(4)
    if starts < 2:
        machine.reset()
    """
    assert chip.run(main, "13 end").restarts == 2
    assert [bench.told[f"start{n}"][:6] for n in range(3)] == ["000000", "043010", "083010"]
    assert chip.read() == ("2026-01-01T10:30:13.000Z", True)


@pytest.mark.parametrize(("main", "scenario"), [("", "5 power-cut"), ("time.sleep(5)\n1 // 0", "9 end")])
def test_chip_has_a_cell_of_its_own_however_the_run_ends(chip, main, scenario):
    chip.path.write_text(RUNNING)
    if main:
        with pytest.raises(CloisterError, match="ZeroDivisionError"):
            chip.run(main, scenario)
    else:
        chip.run(main, scenario)
    assert chip.read() == ("2026-03-01T09:30:20.000Z", False)


def test_cell_that_runs_out_shows_at_the_next_power_on(bench, chip):
    chip.path.write_text(RUNNING)
    chip.run("time.sleep(4); show(); tell(status=status())", "1 clock-battery-out\n5 end")
    assert (bench.told["date"], bench.told["status"]) == ("19300907010326", 0x08)
    chip.run("show(); tell(status=status())")
    assert (bench.told["date"], bench.told["status"]) == ("00000006010100", 0x88)


def test_each_setting_is_told(bench, chip):
    chip.path.write_text(RUNNING)
    chip.run("time.sleep(2); show(); bus.writeto_mem(0x68, 0, b'\\x30')")
    assert bench.values("clock-chip") == []
    chip.run("time.sleep(2); show(); bus.writeto_mem(0x68, 0, b'\\x30')", "3 end")
    (value,) = bench.values("clock-chip")
    assert value == {"moment": [2026, 3, 1, 9, 30, 30], "ms": 0, "stopped": False}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 900,
        b'{"time": "2026-03-01T09:30:15Z"}',
        b'{"time": "2026-03-01 09:30:15", "stopped": false}',
        b'{"time": "1999-12-31T23:59:59Z", "stopped": false}',
        b'{"time": 5, "stopped": false}',
        b'{"time": "2026-03-01T09:30:15Z", "stopped": 0}',
        b'{"time": "2026-03-01T09:30:15Z", "stopped": false, "more": 1}',
    ],
)
def test_a_file_that_is_no_chip_is_refused_and_kept(bench, chip, content):
    chip.path.write_bytes(content)
    with pytest.raises(CloisterError, match="no clock chip"):
        chip.run("")
    assert chip.path.read_bytes() == content
    assert not bench.flash.exists()


def test_no_file_is_left_behind_by_a_run_that_is_refused(bench, chip):
    bench.flash.write_bytes(b"no flash")
    with pytest.raises(CloisterError, match="no flash image"):
        chip.run("")
    assert not chip.path.exists()
    bench.flash.unlink()
    with pytest.raises(CloisterError, match="cannot be written"):
        bench.run("", clock_chip=bench.folder / "nowhere" / "chip.json")
    assert not bench.flash.exists()


def test_time_goes_on_by_what_an_interrupted_run_took(bench, chip):
    chip.path.write_text(RUNNING)

    def interrupt(report) -> None:
        if report.kind == "event":
            raise KeyboardInterrupt

    outcome = chip.run("time.sleep(3); show()", "9 end", on_event=interrupt)
    assert outcome.reason == "interrupted"
    moment = datetime(2026, 3, 1, 9, 30, 15) + timedelta(milliseconds=outcome.time_ms)
    assert chip.read()[0] == moment.isoformat(timespec="milliseconds") + "Z"
