"""Entry: makes this interpreter a recorder with the world around it, then starts boot.py and main.py.

Called with the path of a JSON file that the host wrote: `simulator` and `firmware` (folders), `board`,
`flash`, `blank`, `card`, `card_sectors`, `scratch` (a file that may be made), `seed` (hex), `real`,
`console`, `heap_bytes` (free for the firmware, null for all there is), `events`, `mic` ([track,
since_ms]), `calendar` (what machine.RTC was set to, and how many ms ago), `clock_chip` (as ds3231.fit
takes it; null: none), `cut_at_write`, `write_log` (path, and when this start is; null: none), `cause` (of
this start: `power-on`, or what ended the last run), `out`, `replies`.
Ends through `host.end` in every case; for a main.py that returned the port opens the REPL, hence `repl`.
"""

import json
import sys


def _load_stand_ins(folder):
    sys.path.insert(0, folder)
    from simulator import heap

    heap.keep_hole()
    from simulator import imports

    sys.path.pop(0)
    return imports


def _connect(setup):
    from simulator import (
        card,
        chance,
        clock,
        ds3231,
        flash,
        host,
        machine,
        os,
        power,
        room,
        rtc,
        select,
        write_log,
    )

    host.connect(setup["out"], setup["replies"])
    os.seed_random(bytes.fromhex(setup["seed"]))
    chance.seed(int(setup["seed"][:8], 16))
    if setup["write_log"]:
        write_log.begin(*setup["write_log"])
    flash.mount(setup["flash"], setup["blank"])
    card.insert(setup["card"], setup["card_sectors"], setup["scratch"])
    room.play(*setup["mic"])
    rtc.begin(*setup["calendar"])
    machine.started_by(setup["cause"])
    if setup["clock_chip"]:
        ds3231.fit(*setup["clock_chip"])
    if setup["console"]:
        select.attach_console()
    if setup["real"]:
        clock.follow_real_time()
    if setup["cut_at_write"]:
        power.cut_at(setup["cut_at_write"])


def _run(setup):
    from simulator import host, wiring, world

    board = __import__("boards.selected", None, None, ("NAME",))
    board.NAME = setup["board"]
    wiring.connect(__import__("boards." + setup["board"] + ".pins", None, None, ("BUTTON_1",)))
    world.start(setup["events"])
    __import__("boot")
    observer = __import__("recorder.observer", None, None, ("watch",))
    observer.watch = host.send
    __import__("main")


def _start():
    with open(sys.argv[1]) as file:
        setup = json.load(file)
    imports = _load_stand_ins(setup["simulator"])
    _connect(setup)
    from simulator import heap, host

    imports.guard()
    sys.path[:] = [
        ".",
        ".frozen",
    ]  # the firmware's folder, by a name as short as on the board: names cost heap
    if setup["heap_bytes"]:
        word_bits = 32 if sys.maxsize >> 31 == 0 else 64
        heap.fill(setup["heap_bytes"] * word_bits // 32)  # what the board has, in objects
    try:
        _run(setup)
    except BaseException as error:  # noqa: BLE001 - whatever stops the firmware is told to the host
        sys.print_exception(error, sys.stderr)
        host.end("crash")
    host.end("repl")


_start()
