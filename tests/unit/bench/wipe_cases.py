"""The request `wipe_card` in MicroPython: case, folder for files, and card image; it fails by an assert."""

import os
import sys

import cases
import machine
import recorder_on_bench as bench

from recorder import log_file
from recorder.requests import wipe_card

SECRET = b"what was said in the room stays in the room. " * 97
machine.SDCard.path = sys.argv[3]
app = bench.App(sys.argv[2])
parts = app.parts


def fill(parts):
    """Files of many sizes, empty ones, deep folders and long names."""
    parts.card.mount()
    for number, size in enumerate((0, 1, 511, 512, 513, 4096, 32768, 32769, 100_000)):
        with open("/sd/R000000%d.DAT" % number, "wb") as file:
            file.write((SECRET * 30)[:size])
    path = "/sd"
    for folder in ("Some Folder", "sub", "EMPTY"):
        path += "/" + folder
        os.mkdir(path)
        if folder != "EMPTY":
            for number in range(40):
                with open(path + "/a rather long name %d.txt" % number, "wb") as file:
                    file.write(SECRET)
    parts.card.unmount()


def done(refused=False):
    """What holds after every wiping, whatever came of it."""
    assert app.did == ["begin wiping", "end wiping"], app.did
    assert not parts.card.mounted
    assert "recorder.noise" not in sys.modules and "recorder.fat32" not in sys.modules
    parts.log.flush()
    assert log_file.read(parts.store, 0, 9)[-1]["what"] == "wipe"
    assert parts.fed > 3
    told = parts.laptop.told
    assert told == sorted(told) and all(0 <= permille <= 1000 for permille in told)
    assert len(told) > 3 or refused


def fill_only(*_):
    fill(parts)


def whole_files(*_):
    assert wipe_card.answer({"level": "files"}, app) == {}
    done()
    parts.card.mount()
    assert os.listdir("/sd") == []


def files_of_a_card_without_any(*_):
    parts.ticks.step_ms = 2000
    assert wipe_card.answer({"level": "files"}, app) == {}


def files_of_a_card_that_fails(*_):
    fill(parts)
    machine.SDCard.writes_left = 300
    assert bench.refusal(wipe_card, {"level": "files"}, app).code == "fault"
    done(refused=True)


def files_of_a_card_that_lies(*_):
    fill(parts)
    machine.SDCard.keeps_sectors = 0
    assert bench.refusal(wipe_card, {"level": "files"}, app).code == "fault"
    done(refused=True)


def whole_card(*_):
    parts.ticks.step_ms = 7
    assert wipe_card.answer({"level": "all"}, app) == {}
    done()
    assert parts.laptop.told[-1] >= 990
    parts.card.mount()
    assert os.listdir("/sd") == []


def all_of_a_card_that_fails(*_):
    machine.SDCard.writes_left = 5000
    assert bench.refusal(wipe_card, {"level": "all"}, app).code == "fault"
    done(refused=True)


def all_of_a_card_that_lies(*_):
    machine.SDCard.keeps_sectors = 100_000
    refused = bench.refusal(wipe_card, {"level": "all"}, app)
    assert refused.code == "fault" and "keep" in refused.message
    done(refused=True)


def no_card(*_):
    machine.SDCard.path = None
    for level in ("files", "all"):
        app.state = "fault"
        refused = bench.refusal(wipe_card, {"level": level}, app)
        assert refused.code == "fault"
    assert app.did == ["begin wiping", "end wiping"] * 2


def refused(*_):
    for request in ({}, {"level": None}, {"level": "some"}, {"level": ["all"]}, {"level": True}):
        assert bench.refusal(wipe_card, request, app).code == "value"
    app.state = "recording"
    assert bench.refusal(wipe_card, {"level": "all"}, app).code == "state"
    assert app.did == [] and machine.SDCard.written == 0


cases.run(globals())
