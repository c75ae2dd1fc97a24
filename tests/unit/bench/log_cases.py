"""The recorder's own log, in MicroPython: one case a run, with a folder for its files; fails by an assert."""

import gc
import json
import sys

import cases

from recorder import log_file
from recorder.errors import Refused, StoreDamaged
from recorder.log import Log
from recorder.requests import log as request
from recorder.store import Store

root = sys.argv[2]


class Clock:
    uptime_ms = 0


clock = Clock()


class Parts:
    pass


class App:
    parts = Parts()


def start():
    clock.uptime_ms = 0
    return Log(Store(root), clock)


def told(log):
    return [(entry["n"], entry["boot"], entry["what"]) for entry in log_file.read(log._store, 0, 1000)]


def entries_come_back_after_a_restart(_):
    log = start()
    clock.uptime_ms = 61_999
    log.note("start", 17)
    log.note("stop")
    assert told(log) == [(1, 1, "power-on")]
    log.flush()
    log = start()
    assert told(log) == [(1, 1, "power-on"), (2, 1, "start"), (3, 1, "stop"), (4, 2, "power-on")]
    assert log_file.read(log._store, 1, 1) == [
        {"n": 2, "boot": 1, "uptime_s": 61, "what": "start", "value": 17}
    ]
    assert log_file.read(log._store, 4, 10) == []
    assert log_file.read(log._store, 1 << 29, 10) == []


def every_kind_comes_back(_):
    log = start()
    kinds = "start stop pause resume fault settings keys time provision wipe destroy expire reset service"
    for kind in kinds.split():
        log.note(kind, 3)
        log.flush()
    assert [entry["what"] for entry in log_file.read(log._store, 1, 100)] == kinds.split()


def numbers_count_for_ever_and_the_newest_are_kept(_):
    log = start()
    for number in range(300):
        log.note("keys", number)
        if number % 7 == 0:
            log.flush()
    log.flush()
    entries = log_file.read(log._store, 0, 1000)
    assert 64 <= len(entries) <= 128
    assert [entry["n"] for entry in entries] == list(range(302 - len(entries), 302))
    assert all(entry["value"] == entry["n"] - 2 for entry in entries)
    for _ in range(100):
        log = start()
    assert log_file.read(log._store, 0, 1000)[-1]["n"] == 401
    assert log_file.read(log._store, 0, 1000)[-1]["boot"] == 101


def no_more_than_16_wait_and_the_newest_is_dropped(_):
    log = start()
    for number in range(20):
        log.note("keys", number)
    log.flush()
    assert [entry["value"] for entry in log_file.read(log._store, 1, 100)] == list(range(16))
    log.note("stop")
    log.flush()
    assert log_file.read(log._store, 17, 100)[0]["what"] == "stop"


def large_uptimes_and_values_fit(_):
    log = start()
    clock.uptime_ms = 3_000_000_000_000
    log.note("keys", 1 << 40)
    log.note("fault", -1)
    log.flush()
    first, second = log_file.read(log._store, 1, 2)
    assert first["uptime_s"] == 3_000_000_000 and first["value"] == (1 << 30) - 1
    assert second["value"] == 0


def what_has_no_kind_is_dropped(_):
    log = start()
    log.note("a secret")
    log.flush()
    assert len(told(log)) == 1


def a_damaged_file_begins_a_new_one(_):
    log = start()
    log.note("stop")
    log.flush()
    with open(root + "/log", "r+b") as file:
        file.seek(3)
        file.write(b"\x77")
    log = start()
    assert told(log) == [(1, 1, "power-on")]
    with open(root + "/log", "wb") as file:
        file.write(b"x")
    log.note("start")
    log.flush()
    assert told(log) == [(1, 1, "start")]


def flash_that_fails_is_nobodys_fault(_):
    log = start()
    store = log._store
    real = store.write
    for failure in (OSError(28), StoreDamaged("gone bad"), MemoryError()):

        def write(name, data, failure=failure):
            raise failure

        store.write = write
        log.note("stop")
        log.flush()
    store.write = real
    log.flush()
    assert [entry["what"] for entry in log_file.read(log._store, 1, 10)] == ["stop", "stop", "stop"]
    store.write = write
    Log(store, clock)


def noting_takes_no_memory_for_long(_):
    log = start()
    log.note("stop")
    gc.collect()
    before = gc.mem_alloc()
    for number in range(10):
        log.note("keys", number)
    gc.collect()
    assert gc.mem_alloc() <= before


def the_request_gives_entries_by_the_line(_):
    log = App.parts.log = start()
    App.parts.store = log._store
    for _number in range(200):
        clock.uptime_ms += 10_000_000_000
        log.note("provision", (1 << 30) - 1)
        log.flush()
    log.note("stop")
    numbers = []
    after = 0
    while True:
        answer = request.answer({"id": 1, "do": "log", "after": after}, App)
        assert len(json.dumps(answer)) < 4000
        if not answer["entries"]:
            break
        numbers += [entry["n"] for entry in answer["entries"]]
        after = numbers[-1]
    assert numbers == list(range(202 - 95, 203))
    assert request.answer({"do": "log"}, App)["entries"][0]["n"] == 202 - 95


def the_request_refuses_what_is_no_number(_):
    App.parts.log = start()
    for after in (-1, 1 << 31, "1", None, True, 1.5, [1]):
        try:
            request.answer({"after": after}, App)
        except Refused as refusal:
            assert refusal.code == "value"
        else:
            raise AssertionError(after)


cases.run(globals())
