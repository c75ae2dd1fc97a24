"""The console is in memory only while a laptop talks; nothing is lost when it goes. On both interpreters."""

import json
from pathlib import Path

import pytest

from host_tools.firmware.build import sources_for
from host_tools.firmware.condense import survey
from host_tools.firmware.simulated import compiled_firmware
from host_tools.simulator.interpreter import COMPILED_DIR, FIRMWARE_DIR
from tests.unit.console_peer import AUTH, SYNTAX, Peer

SCRIPT = Path(__file__).parent / "scripts" / "measure_laptop_heap.py"
OVERLAY = {"recorder.answers", "recorder.console", "recorder.lines"}
RESIDENT = {"recorder.errors", "recorder.laptop", "recorder.overlay", "recorder.version"}
QUIET_MS = 20_000
GIVEN_UP_MS = 60_000


@pytest.fixture
def peer(micropython):
    peer = Peer(micropython.command, controlled=True)
    yield peer
    peer.close()


def test_the_console_is_loaded_by_the_first_byte_and_no_request_stays(peer):
    assert OVERLAY.isdisjoint(peer.control("look")["modules"])
    peer.hello()
    peer.ask("selftest")
    assert set(peer.control("look")["modules"]) == RESIDENT | OVERLAY | {"recorder.requests"}


def test_released_it_leaves_nothing_behind(peer):
    peer.hello()
    assert peer.control("release") == {"released": True}
    assert set(peer.control("look")["modules"]) == RESIDENT


def test_the_nonces_and_the_last_id_outlive_the_console(peer):
    peer.hello()
    line = peer.question("selftest", text="once")
    assert peer.opened(peer.ask_raw(line))["ok"]
    for _ in range(3):
        assert peer.control("release") == {"released": True}
        assert peer.ask_raw(line) == AUTH, "a request cannot be replayed"
        assert peer.control("release") == {"released": True}
        assert peer.ask("selftest")["ok"]


def test_it_goes_by_itself_when_nobody_talks_any_more(peer):
    peer.hello()
    assert set(peer.control(f"wait {QUIET_MS - 1}")["modules"]) >= OVERLAY
    assert set(peer.control("wait 1")["modules"]) == RESIDENT
    assert peer.ask("selftest")["ok"]


def test_each_byte_lets_it_stay(peer):
    peer.hello()
    for _ in range(5):
        assert set(peer.control(f"wait {QUIET_MS - 1}")["modules"]) >= OVERLAY
        peer.send(b"\n")


@pytest.mark.parametrize("cut", [1, 33, 191, 192, 193, 400, 512, 513, 2000, 4094])
def test_a_line_half_read_is_not_lost(peer, cut):
    peer.hello()
    text = json.dumps({"id": 7, "do": "selftest"}).encode()
    line = peer.sealed(text + b" " * (4096 - 34 - len(text)))
    acknowledged = peer.acknowledged
    peer.send(line[:cut])
    assert peer.control("release") == {"released": False}
    assert set(peer.control(f"wait {QUIET_MS}")["modules"]) == RESIDENT
    peer.send(line[cut:])
    assert peer.opened(peer.read())["request"]["id"] == 7
    assert peer.acknowledged - acknowledged == 21
    assert peer.control("release") == {"released": True}


def test_a_line_that_is_too_long_stays_so_when_the_console_goes(peer):
    peer.hello()
    peer.send(b"x" * 5000)
    assert peer.control("release") == {"released": False}
    acknowledged = peer.acknowledged
    assert peer.ask_raw(b'y" * 400\n' + b"\n") == SYNTAX
    assert acknowledged == 26
    assert peer.ask("selftest")["ok"]


@pytest.mark.parametrize("state", ["ready", "recording"])
def test_a_line_that_nobody_ends_is_given_up(peer, state):
    peer.control(f"become {state}")
    peer.hello()
    peer.send(b"x" * 3000)
    before = peer.control(f"wait {GIVEN_UP_MS - 1}")
    assert peer.control("release") == {"released": False}
    after = peer.control("wait 1")
    assert before["allocated_bytes"] - after["allocated_bytes"] > 2900
    assert peer.control("release") == {"released": True}
    assert peer.ask("selftest")["ok"]


def test_a_long_line_needs_no_memory_of_its_own_while_nobody_records(peer):
    taken = {}
    for state in ("ready", "recording"):
        peer.control(f"become {state}")
        peer.hello()
        before = peer.control("look")["allocated_bytes"]
        peer.send(b"x" * 3000)
        taken[state] = peer.control("look")["allocated_bytes"] - before
        assert peer.ask_raw(b"\n") == SYNTAX
    assert abs(taken["ready"]) < 100
    assert 4000 < taken["recording"] < 4200


@pytest.mark.parametrize(("taken", "survives"), [(100, True), (512, True), (513, False), (3000, False)])
def test_no_byte_of_a_line_gets_into_the_block_of_a_recording(peer, taken, survives):
    peer.hello()
    for _ in range(3):
        peer.control("become ready")
        text = json.dumps({"id": peer.last_id + 1, "do": "selftest"}).encode()
        line = peer.sealed(text + b" " * (4000 - 34 - len(text)))
        peer.send(line[:taken])
        peer.control("become recording")
        answer = peer.ask_raw(line[taken:])
        if survives:
            assert peer.opened(answer)["ok"]
            peer.last_id += 1
        else:
            assert answer == SYNTAX
        assert peer.control("block") == {"untouched": True}
        assert peer.ask("selftest")["ok"]


def test_a_line_half_read_survives_the_beginning_of_a_recording_if_it_is_released_before(peer):
    peer.hello()
    line = peer.sealed(json.dumps({"id": 7, "do": "selftest", "texts": ["x" * 250] * 12}).encode())
    peer.send(line[:2000])
    peer.control("release")
    peer.control("become recording")
    assert peer.opened(peer.ask_raw(line[2000:]))["request"]["texts"] == ["x" * 250] * 12
    assert peer.control("block") == {"untouched": True}


def test_nothing_accumulates_over_many_conversations(peer):
    allocated_bytes = set()
    for _ in range(12):
        peer.hello()
        peer.ask("selftest", padding="x" * 600)
        peer.ask("audio")
        peer.control("release")
        allocated_bytes.add(peer.control("look")["allocated_bytes"])
    assert max(allocated_bytes) - min(allocated_bytes) < 1000
    assert len(allocated_bytes) <= 6


def test_without_room_for_the_console_the_recorder_goes_on_and_answers_later(micropython):
    peer = Peer((*micropython.command, "-X", f"heapsize={160 * micropython.bits // 32}k"), controlled=True)
    peer.hello()
    peer.control("release")
    peer.control("starve 4000")
    peer.hello()
    modules, faults = peer.control("look")["starved"]
    assert set(modules) == RESIDENT
    assert faults == 1, "it does not try again at once"
    assert peer.faults() == 1
    peer.close()


def test_compiled_it_costs_little_while_nobody_talks_and_nothing_more_each_time(micropython):
    folder = compiled_firmware(FIRMWARE_DIR, "esp32_wroom", list(micropython.command), COMPILED_DIR)
    name = survey(FIRMWARE_DIR, sources_for(FIRMWARE_DIR, "esp32_wroom")).offered["recorder.laptop"]["Laptop"]
    measured = json.loads(micropython.output(SCRIPT, name, path=[folder]))
    words = micropython.bits // 32
    assert (measured["written"], measured["faults"]) == (16, 0)
    assert set(measured["modules"]) == RESIDENT
    assert measured["resident"] < 1800 * words
    assert max(measured["loaded"][1:]) < 10400 * words
    assert max(measured["left"][1:]) <= 64 * words


def test_a_line_too_long_for_the_heap_is_acknowledged_and_refused(micropython):
    heap = f"heapsize={160 * micropython.bits // 32}k"
    peer = Peer((*micropython.command, "-X", heap), controlled=True)
    peer.hello()
    peer.control("become recording")
    peer.control("starve 4000")
    before = peer.acknowledged
    assert peer.ask_raw(b"x" * 2000 + b"\n") == SYNTAX
    assert peer.acknowledged - before == 10
    peer.control("relieve")
    assert peer.hello()["ok"]
    assert peer.control("look")["starved"] == []
    peer.close()
