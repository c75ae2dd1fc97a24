"""The start files on the bench, in MicroPython: one case a run, with a folder for files; an assert tells.

The firmware itself is not started: a module in its place notes that it would be.
"""

import sys
import time

import cases
import machine
import recorder_on_bench as bench

from boards.esp32_wroom import pins
from drivers import radio
from recorder import log_file, service
from recorder.requests import service as request

ADDRESS, BITS = pins.RADIO_CLOCK


class Start:
    """In the place of recorder.start."""

    runs = 0
    failure = None

    def run(self):
        self.runs += 1
        if self.failure:
            raise self.failure


class Esp:
    @staticmethod
    def osdebug(stream):
        pass


start = Start()


def run_main(folder):
    """Run main.py; True if it ended for the REPL, False if it restarted the board."""
    service = __import__("recorder.service", None, None, ("is_asked_for",))
    real = service.is_asked_for
    service.is_asked_for = lambda power_on: real(power_on, folder)
    sys.modules["recorder.start"] = sys.modules["recorder"].start = start
    try:
        __import__("main")
        return True
    except SystemExit as end:
        assert end.args[0] == "reset"
        return False
    finally:
        assert "recorder.service" not in sys.modules


def the_radio_loses_its_clock(_):
    machine.words[ADDRESS] = 0xFFFCE030 | BITS
    radio.off(pins)
    assert machine.words[ADDRESS] == 0xFFFCE030
    assert machine.words[ADDRESS] >> 15 & 1  # the random generator keeps its own
    radio.off(pins)
    assert machine.words[ADDRESS] == 0xFFFCE030


def a_wrong_reading_does_not_stop_other_clocks(_):
    readings = [0, 0xFFFFFFFF, 0xFFFCE030, 0xFFFCE030, 0xFFFCE030]
    machine.words[ADDRESS] = lambda: readings.pop(0)
    radio.off(pins)
    assert machine.words[ADDRESS] == 0xFFFCE030


def a_radio_that_stays_on_is_told_and_the_start_goes_on(_):
    machine.words[ADDRESS] = 0
    real = machine.mem32

    class Stuck:
        def __getitem__(self, address):
            return 0xFFFFFFFF

        def __setitem__(self, address, value):
            pass

    machine.mem32 = Stuck()
    try:
        radio.off(pins)
    except OSError:
        pass
    else:
        raise AssertionError("nothing was said")
    sys.modules["esp"] = Esp
    __import__("boot")
    machine.mem32 = real


def boot_takes_the_radios_clock_and_forgets_the_driver(_):
    sys.modules["esp"] = Esp
    sys.modules.pop("drivers.radio")
    machine.words[ADDRESS] = 0xFFFFFFFF
    __import__("boot")
    assert machine.words[ADDRESS] & BITS == 0
    assert "drivers.radio" not in sys.modules
    assert not hasattr(sys.modules["drivers"], "radio")


def boot_survives_whatever_is_wrong_with_the_radio(_):
    sys.modules["esp"] = Esp
    sys.modules.pop("drivers.radio")
    del machine.mem32
    __import__("boot")


def a_flag_is_good_for_one_start(root):
    bench.press(False)
    with open(root + "/service", "wb") as file:
        file.write(b"whatever")
    assert service.is_asked_for(False, root) is True
    assert service.is_asked_for(False, root) is False
    assert service.is_asked_for(True, root + "/that is not there") is False


class Time:
    """Passes only in sleeps, and wraps soon."""

    now_ms = (1 << 30) - 100

    @staticmethod
    def ticks_diff(later, earlier):
        return (later - earlier + (1 << 29)) % (1 << 30) - (1 << 29)

    def ticks_ms(self):
        return self.now_ms % (1 << 30)

    def sleep_ms(self, ms):
        self.now_ms += ms


def held(ms):
    """Both buttons are held at power-on, for so long; how long it took to be seen."""
    passing = service.time = Time()
    begin = passing.now_ms
    for pin in (pins.BUTTON_1, pins.BUTTON_2):
        machine.levels[pin] = lambda: 1 if passing.now_ms > begin + ms else 0
    return service.is_asked_for(True, "/nowhere"), passing.now_ms - begin


def both_buttons_held_at_power_on_ask_for_it(_):
    asked, ms = held(8000)
    assert asked is True and 5000 <= ms < 5100


def released_earlier_the_start_goes_on_at_once(_):
    asked, ms = held(300)
    assert asked is False and 300 <= ms < 400


def one_button_does_not_ask_for_it(_):
    for pin in (pins.BUTTON_1, pins.BUTTON_2):
        machine.levels[pins.BUTTON_1] = machine.levels[pins.BUTTON_2] = 1
        machine.levels[pin] = 0
        begin = time.ticks_ms()
        assert service.is_asked_for(True, "/nowhere") is False
        assert time.ticks_diff(time.ticks_ms(), begin) < 100


def buttons_count_at_power_on_only(_):
    bench.press(True)
    assert service.is_asked_for(False, "/nowhere") is False


def main_runs_the_firmware_and_restarts_when_it_ends(root):
    bench.press(False)
    assert run_main(root) is False
    assert start.runs == 1


def main_tells_what_the_firmware_died_of_and_restarts(root):
    bench.press(False)
    start.failure = ValueError("died")
    assert run_main(root) is False


def main_leaves_the_board_to_the_repl_if_asked(root):
    bench.press(False)
    with open(root + "/service", "wb"):
        pass
    assert run_main(root) is True
    assert start.runs == 0


def the_request_needs_both_buttons(root):
    app = bench.App(root)
    for first, second in ((1, 1), (0, 1), (1, 0)):
        machine.levels[pins.BUTTON_1], machine.levels[pins.BUTTON_2] = first, second
        assert bench.refusal(request, {}, app).code == "state"
    assert app.did == [] and not app.must_restart
    assert not app.parts.store.has("service")


def the_request_leaves_the_flag_and_restarts(root):
    app = bench.App(root, "recording")
    bench.press(True)
    assert request.answer({}, app) == {}
    assert app.did == ["stop now"] and app.must_restart
    assert log_file.read(app.parts.store, 0, 9)[-1]["what"] == "service"
    assert service.is_asked_for(False, root) is True
    assert service.is_asked_for(False, root) is False


cases.run(globals())
