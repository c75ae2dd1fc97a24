"""The write log has every write in order: played onto the first images it gives the last ones."""

import shutil

import pytest

from host_tools.card import format_fat32
from host_tools.errors import CloisterError
from host_tools.simulator.write_log import (
    CARD_SYNC,
    CARD_WRITE,
    FLASH_ERASE,
    FLASH_PROGRAM,
    Write,
    read_write_log,
)

CARD_BYTES = 64 * 1024 * 1024

# Two starts: files on both media, then a reset; then more of them, with raw writes at the end.
MAIN = """
mount()
starts = len(os.listdir("/data"))
for number in range(6):
    time.sleep_ms(50)
    with open("/data/%d-%d" % (starts, number), "wb") as file:
        file.write(os.urandom(900))
    with open("/sd/%d-%d" % (starts, number), "wb") as file:
        file.write(os.urandom(5000))
if starts == 0:
    machine.reset()
os.remove("/data/0-0")
card = machine.SDCard(slot=2)
while True:
    card.writeblocks(100000, os.urandom(4096))
    time.sleep_ms(3)
"""


def run(bench, main=MAIN, **options):
    """One run on new images; returns the outcome, the log, and the images as they were before."""
    bench.card.unlink(missing_ok=True)
    bench.flash.unlink(missing_ok=True)
    format_fat32(bench.card, CARD_BYTES)
    bench.flash.write_bytes(b"\xff" * 2 * 1024 * 1024)
    shutil.copy(bench.card, bench.folder / "card.before")
    shutil.copy(bench.flash, bench.folder / "flash.before")
    log = bench.folder / "writes.log"
    outcome = bench.run(main, write_log=log, **options)
    return outcome, list(read_write_log(log))


def replayed(bench, writes):
    """Both images after these writes."""
    with (
        (bench.folder / "card.before").open("r+b") as card,
        (bench.folder / "flash.before").open("r+b") as flash,
    ):
        for write in writes:
            write.apply(card, flash)
    return (bench.folder / "card.before").read_bytes(), (bench.folder / "flash.before").read_bytes()


@pytest.mark.parametrize(
    "cut",
    [
        {},
        {"cut_at_write": 40},
        {"scenario": "0.901 power-cut"},
        {"scenario": "0 card-cache 9\n0.9 power-cut"},
    ],
    ids=["no cut", "in a write", "at a time", "with a cache"],
)
def test_whole_log_makes_the_last_images_of_the_first(bench, cut):
    options = {"scenario": "1.5 end", "seed": 3} | cut
    outcome, writes = run(bench, **options)
    assert outcome.reason == ("power-cut" if cut else "end")
    card, flash = replayed(bench, writes)
    assert card == bench.card.read_bytes()
    assert flash == bench.flash.read_bytes()
    if "cut_at_write" not in cut:
        assert outcome.restarts == 1
        assert {write.kind for write in writes} == {CARD_WRITE, CARD_SYNC, FLASH_PROGRAM, FLASH_ERASE}
        assert {len(write.data) for write in writes if write.kind in (CARD_SYNC, FLASH_ERASE)} == {0}
    times = [write.time_ms for write in writes]
    assert times == sorted(times)
    assert times[-1] <= outcome.time_ms


def test_torn_flash_write_is_logged_as_far_as_it_went(bench):
    lengths = set()
    for number in range(1, 13):
        _, writes = run(bench, cut_at_write=number, seed=number, main="open('/data/x', 'w').write('x' * 900)")
        assert replayed(bench, writes)[1] == bench.flash.read_bytes()
        lengths.add(len(writes[-1].data))
    assert len(lengths) > 5


def test_last_write_of_a_power_cut_is_what_reached_the_medium(bench):
    stops = set()
    for seed in range(6):
        outcome, writes = run(bench, scenario="1.0 card-stall 400\n1.2 power-cut", seed=seed)
        last = writes[-1]
        assert last.kind == CARD_WRITE
        assert last.place == 100_000
        assert last.time_ms == outcome.time_ms == 1200
        stops.add(len(last.data))
    assert max(stops) <= 4096
    assert len(stops) > 2


def test_write_is_logged_with_the_time_of_its_end(bench):
    log = bench.folder / "writes.log"
    main = """
    card = machine.SDCard(slot=2)
    time.sleep_ms(20)
    card.writeblocks(7, b"x" * 512)
    """
    bench.run(main, "0.01 card-stall 300\n1 end", write_log=log)
    cards = [write for write in read_write_log(log) if write.kind == CARD_WRITE]
    assert cards == [Write(CARD_WRITE, 321, 7, b"x" * 512)]


def test_failed_writes_are_not_in_the_log(bench):
    log = bench.folder / "writes.log"
    log.write_bytes(b"of an earlier run")
    main = """
    card = machine.SDCard(slot=2)
    time.sleep_ms(20)
    tell(done=[card.writeblocks(block, b"x" * 512) for block in range(4)])
    """
    bench.run(main, "0.01 card-error 3\n1 end", write_log=log)
    assert bench.told["done"] == [False, False, False, True]
    assert [write.place for write in read_write_log(log) if write.kind == CARD_WRITE] == [3]


def test_log_that_cannot_be_written_is_one_clear_error(bench):
    with pytest.raises(CloisterError, match="at once"):
        bench.run("", write_log=bench.card)
    with pytest.raises(CloisterError, match="write log .* cannot be written"):
        bench.run("", write_log=bench.folder)
