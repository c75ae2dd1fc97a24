"""The request `selftest` on the bench, in MicroPython: one case a run, with a folder and a card image."""

import os
import sys

import cases
import machine
import recorder_on_bench as bench

from boards.esp32_wroom import pins
from recorder.requests import selftest

root, image = sys.argv[2:4]
machine.SDCard.path = image
machine.levels[pins.LIGHT_SENSE] = lambda: machine.levels[pins.LIGHT_RED]
card = []  # the one that may be mounted
RUBBISH_FRAMES = pins.MIC_STARTUP_FRAMES


def square(amplitude, mean):
    """A square wave, after a start-up that must not be listened to."""

    def hear(frame, channel):
        if frame < RUBBISH_FRAMES:
            return 0x4040
        return mean + (amplitude if frame >> 3 & 1 else -amplitude)

    return hear


def app_with_card(state="ready"):
    """A recorder; ready, its card is in use."""
    app = bench.App(root, state)
    if state == "ready":
        card.append(app.parts.card)
        card[0].unmount()
        app.parts.card = card[0]
        card[0].mount()
    return app


def ask(app):
    """The answer, and what holds after each."""
    state = app.state
    answer = selftest.answer({}, app)
    assert sorted(answer) == ["buttons", "card", "clock", "entropy", "indicator", "microphone"]
    assert app.state == state and not app.parts.capture.running
    assert machine.levels[pins.LIGHT_RED] == 0
    assert app.parts.fed > 1
    return answer


def level(amplitude, mean=0):
    machine.I2S.hear = square(amplitude, mean)
    found = ask(app_with_card())["microphone"]
    return found["ok"], found["rms_dbfs"], found["peak_dbfs"]


def all_is_well(*_):
    machine.I2S.hear = square(1000, 50)
    app = app_with_card()
    machine.bus.registers[:7] = b"\x00\x00\x12\x04\x01\x10\x26"
    machine.bus.registers[0x0F] = 0
    answer = ask(app)
    assert [part for part in answer if not answer[part]["ok"]] == [], answer
    assert answer["buttons"]["closed"] == [False, False]
    assert answer["clock"] == {"ok": True, "source": "rtc", "chip": True}
    assert app.did == [] and app.parts.card.mounted
    assert app.parts.entropy.added > 0
    assert os.listdir("/sd") == []


def levels_are_whole_decibels_below_full_scale(*_):
    assert level(32767) == (True, -1, -1)
    assert level(16384) == (True, -7, -7)
    assert level(328, 12_000) == (True, -40, -40)
    assert level(1) == (True, -91, -91)
    assert level(1, -32767) == (True, -91, -91)


def a_peak_is_told_beside_what_is_usual(*_):
    machine.I2S.hear = lambda frame, channel: 8192 if frame % 1000 == 0 else 0
    # Every second sample is looked at, so that one in 500 is the peak: 27 dB below it on the average.
    assert ask(app_with_card())["microphone"] == {"ok": True, "rms_dbfs": -40, "peak_dbfs": -13}


def a_constant_is_no_sound(*_):
    for value in (0, 1, -1, 32767, -32768):
        machine.I2S.hear = lambda frame, channel, value=value: value if frame >= RUBBISH_FRAMES else -value
        found = ask(app_with_card())["microphone"]
        assert found == {"ok": False, "rms_dbfs": -120, "peak_dbfs": -120}


def a_deaf_microphone_is_waited_for_no_longer_than_five_seconds(*_):
    machine.I2S.deaf = True
    app = app_with_card()
    slept = []
    app.parts.ticks.sleep_ms = slept.append
    found = ask(app)["microphone"]
    assert found == {"ok": False, "rms_dbfs": -120, "peak_dbfs": -120}
    assert 2000 < sum(slept) <= 5000 and app.parts.fed >= len(slept)


def both_channels_are_listened_to(*_):
    for silent in (0, 1):
        machine.I2S.hear = lambda frame, channel, silent=silent: (
            0 if channel == silent else (frame & 15) * 100
        )
        app = app_with_card()
        app.parts.settings = {"rate": 48000, "channels": 2}
        found = ask(app)["microphone"]
        assert found["ok"] is False and found["rms_dbfs"] == -120
    machine.I2S.hear = square(1000, 0)
    app = app_with_card()
    app.parts.settings = {"rate": 48000, "channels": 2}
    assert ask(app)["microphone"]["ok"]


def the_slowest_rate_is_looked_at_whole(*_):
    machine.I2S.hear = square(1000, 0)
    app = app_with_card()
    app.parts.settings = {"rate": 8000, "channels": 1}
    assert ask(app)["microphone"] == {"ok": True, "rms_dbfs": -31, "peak_dbfs": -31}


def a_card_that_fails_is_told_and_prepared_anew(*_):
    app = app_with_card()
    machine.SDCard.writes_left = 0
    card = ask(app)["card"]
    assert card["ok"] is False and card["reason"]
    assert app.did == ["prepare again"]


def a_card_that_lies_is_told(*_):
    app = app_with_card()
    machine.SDCard.keeps_sectors = 0
    assert ask(app)["card"]["ok"] is False


def no_card_is_told_and_the_fault_stays(*_):
    machine.SDCard.path = None
    app = app_with_card("fault")
    card = ask(app)["card"]
    assert card["ok"] is False and "card" in card["reason"]
    assert app.did == [] and not app.parts.card.mounted


def a_card_that_was_not_in_use_is_not_afterwards(*_):
    app = app_with_card("fault")
    assert ask(app)["card"] == {"ok": True}
    assert app.did == [] and not app.parts.card.mounted


def files_of_other_people_are_left_alone(*_):
    app = app_with_card()
    for number in range(3):
        with open("/sd/TEST%d.TMP" % number, "wb") as file:
            file.write(b"mine")
    assert ask(app)["card"]["ok"]
    assert os.listdir("/sd") == ["TEST0.TMP", "TEST1.TMP", "TEST2.TMP"]
    for number in range(3, 10):
        with open("/sd/TEST%d.TMP" % number, "wb") as file:
            file.write(b"mine")
    assert ask(app)["card"]["ok"] is False


def buttons_and_lights_are_looked_at(*_):
    app = app_with_card()
    machine.levels[pins.BUTTON_2] = 0
    assert ask(app)["buttons"] == {"ok": False, "closed": [False, True]}
    for stuck in (0, 1):
        machine.levels[pins.LIGHT_SENSE] = stuck
        assert ask(app)["indicator"] == {"ok": False}


def a_clock_without_chip_and_time_is_told(*_):
    machine.bus.fitted = False
    app = app_with_card()
    assert ask(app)["clock"] == {"ok": False, "source": "none", "chip": False}
    app.parts.clock.set(1_790_856_000_000)
    assert ask(app)["clock"] == {"ok": True, "source": "laptop", "chip": False}
    machine.bus.fitted = True
    assert ask(app)["clock"]["chip"] is True


def stuck_sources_of_randomness_are_told(*_):
    app = app_with_card()
    machine.ADC.readings = 7
    assert ask(app)["entropy"] == {"ok": False}
    machine.ADC.readings = None
    app.parts.entropy.draw = bytearray
    assert ask(app)["entropy"] == {"ok": False}


def refused_while_busy(*_):
    for state in ("consent", "recording", "paused", "closing", "wiping"):
        assert bench.refusal(selftest, {}, bench.App(root, state)).code == "state"


cases.run(globals())
