"""A card that misbehaves does so as the scenario says, and the same again with the same seed."""

import pytest

from host_tools.simulator.write_log import ANOTHER_CARD, CARD_WRITE, read_write_log

FIRST = 20_000
SECTOR_BYTES = 512

WRITES = """
card = machine.SDCard(slot=2)
time.sleep_ms(50)
def write(block, value, sectors=1):
    return card.writeblocks(block, bytes([value]) * 512 * sectors)
def back(block, sectors=1):
    data = bytearray(512 * sectors)
    return [card.readblocks(block, data)] + [data[index * 512] for index in range(sectors)]
"""


def sectors(bench, count, first=FIRST):
    """What is on the image, sector after sector."""
    with bench.card.open("rb") as file:
        file.seek(first * SECTOR_BYTES)
        return [file.read(SECTOR_BYTES) for _ in range(count)]


def test_writes_raise_as_the_newer_port_does_or_return_false(bench):
    main = (
        WRITES
        + """
results = []
for number in range(4):
    try:
        results.append(write(20000 + number, 1))
    except OSError as error:
        results.append(error.errno)
tell(results=results)
"""
    )
    bench.run(main, "0.01 card-raise 2\n0.02 card-error 1\n1 end")
    assert bench.told["results"] == [False, 5, 5, True]
    assert [sector[0] for sector in sectors(bench, 4)] == [0, 0, 0, 1]


def test_reads_fail_so_many_times(bench):
    bench.run(WRITES + "tell(reads=[back(0)[0] for _ in range(4)])", "0.01 card-read-error 3\n1 end")
    assert bench.told["reads"] == [False, False, False, True]


def test_error_reaches_the_program_through_the_file_system(bench):
    main = """
    mount()
    errors = []
    for number in range(3):
        time.sleep_ms(100)
        try:
            with open("/sd/file%d" % number, "wb") as file:
                file.write(bytes(5000))
            errors.append(os.stat("/sd/file%d" % number)[6])
        except OSError as error:
            errors.append(-error.errno)
    tell(errors=errors)
    """
    bench.run(main, "0.05 card-raise 1\n0.15 card-read-error 1\n1 end")
    assert bench.told["errors"][0] == -5
    assert bench.told["errors"][2] == 5000


def test_busy_times_follow_the_trace_and_begin_anew(bench):
    (bench.folder / "trace.txt").write_text("# in milliseconds\n2 2\n\n0.5  # short\n1250.125 1\n")
    main = (
        WRITES
        + """
took = []
for block in range(7):
    before = time.ticks_us()
    write(20000, 1, 8)
    took.append(time.ticks_diff(time.ticks_us(), before) - 1 - 409)
tell(took=took)
"""
    )
    bench.run(main, "0.01 card-busy trace.txt\n0.02 card-stall 100\n9 end")
    assert bench.told["took"] == [102_000, 2000, 500, 1_250_125, 2000, 2000, 500]


def test_worn_sectors_keep_other_data(bench):
    main = WRITES + "write(20000, 7, 8); write(20008, 7, 1); write(20009, 7, 3); tell(back=back(20000, 12))"
    found = {}
    for seed in (1, 1, 2):
        bench.run(main, "0.01 card-rot 5\n1 end", seed=seed)
        worn = sectors(bench, 12)
        assert [index for index, data in enumerate(worn) if data != b"\x07" * 512] == [4, 9]
        assert all(len(data.replace(b"\x07", b"")) == 1 for data in (worn[4], worn[9]))
        assert found.setdefault(seed, worn) == worn
    assert found[1] != found[2]


@pytest.mark.parametrize(
    ("beyond", "back", "image"),
    [
        ("", [3, 0, 0, 0], [3, 9, 9, 9]),
        (" vanish", [3, 0, 0, 0], [3, 9, 9, 9]),
        (" wrap", [3, 4, 5, 6], [3, 4, 5, 6]),
    ],
)
def test_fake_card_has_less_room_than_it_says(bench, beyond, back, image):
    main = (
        WRITES
        + """
blocks = card.ioctl(4, 0)
size = 32 * 2048
first = [write(number, 9) for number in range(3)]
data = bytearray(4 * 512)
for number in range(4):
    data[number * 512] = 3 + number
beyond = card.writeblocks(size - 1, data)
tell(blocks=blocks, first=first, beyond=beyond, back=back(size - 1, 4), over=write(blocks, 1))
"""
    )
    bench.run(main, f"0.01 card-size 32MiB{beyond}\n1 end")
    assert bench.told["blocks"] == 64 * 2048
    assert (bench.told["first"], bench.told["beyond"], bench.told["over"]) == ([True] * 3, True, False)
    assert bench.told["back"] == [True, *back]
    there = sectors(bench, 1, 32 * 2048 - 1) + sectors(bench, 3, 0)
    assert [data[0] for data in there] == image
    assert not any(b"".join(sectors(bench, 3, 32 * 2048)))


def test_card_with_a_cache_loses_some_of_the_last_writes(bench):
    main = WRITES + "for number in range(20): write(20000 + number, 1)"
    kept = []
    for seed in (0, 1, 2, 2):
        bench.card.unlink(missing_ok=True)
        bench.run(main, "0.01 card-cache 8\n0.5 power-cut", seed=seed)
        values = [data[0] for data in sectors(bench, 20)]
        assert values[:12] == [1] * 12
        kept.append(values[12:])
    assert all(0 < sum(values) < 8 for values in kept)
    assert kept[0] != kept[1]
    assert kept[2] == kept[3]


def test_sector_written_twice_has_either_or_neither_after_a_cut(bench):
    main = WRITES + "for value in (1, 2):\n    for number in range(12):\n        write(20000 + number, value)"
    bench.run(main, "0.01 card-cache 24\n0.5 power-cut", seed=1)
    assert {data[0] for data in sectors(bench, 12)} == {0, 1, 2}


def test_what_was_flushed_is_never_lost(bench):
    main = (
        WRITES + "for number in range(20):\n    write(20000 + number, 1)\ncard.ioctl(3, 0)\nwrite(20000, 2)"
    )
    found = set()
    for seed in range(4):
        bench.run(main, "0.01 card-cache 30\n0.5 power-cut", seed=seed)
        values = [data[0] for data in sectors(bench, 20)]
        found.add(values[0])
        assert values[1:] == [1] * 19
    assert found == {1, 2}


@pytest.mark.parametrize("event", ["", "0.01 card-cache 0\n", "0.01 card-cache 30\n0.4 card-cache 0\n"])
def test_card_without_a_cache_keeps_whatever_is_no_longer_busy(bench, event):
    bench.run(WRITES + "for number in range(20): write(20000 + number, 1)", f"{event}0.5 power-cut")
    assert [data[0] for data in sectors(bench, 20)] == [1] * 20


def test_cache_is_lost_when_the_card_is_pulled_and_not_by_a_reset(bench):
    reset = "if not os.listdir('/data'):\n    open('/data/x', 'w').close()\n    machine.reset()"
    bench.run(
        WRITES + "for number in range(20): write(20000 + number, 1)\n" + reset, "0.01 card-cache 30\n0.5 end"
    )
    assert [data[0] for data in sectors(bench, 20)] == [1] * 20
    main = WRITES + "for number in range(20): write(20100 + number, 1)\ntime.sleep_ms(500)\ncard.deinit()\n"
    bench.run(
        main + "tell(back=back(20100, 20))", "0.01 card-cache 30\n0.2 card-out\n0.3 card-in\n2 end", seed=1
    )
    assert bench.told["back"][0] is True
    assert 0 < sum(bench.told["back"][1:]) < 20


def test_long_write_is_held_back_in_parts(bench):
    main = (
        WRITES
        + """
data = bytearray(80 * 512)
for number in range(80):
    data[number * 512] = 1 + number
for block in (20000, 20050, 20100):
    card.writeblocks(block, data)
"""
    )
    there = list(range(1, 81))
    bench.run(main, "0.01 card-cache 4\n2 end")
    assert [data[0] for data in sectors(bench, 180)] == there[:50] + there[:50] + there
    lost = set()
    for seed in range(4):
        bench.card.unlink()
        bench.run(main, "0.01 card-cache 4\n2 power-cut", seed=seed)
        values = [data[0] for data in sectors(bench, 180)]
        assert values[:50] == there[:50]
        assert values[164:] in ([0] * 16, there[64:])
        assert values[130:164] in ([0] * 34, there[30:64])
        lost |= {values[164], values[130]}
    assert lost == {0, 65, 31}


def test_card_pulled_in_a_write_has_its_beginning_and_the_write_fails(bench):
    main = (
        WRITES
        + """
first = write(20000, 5, 64)
again = write(20100, 5, 1)
card.deinit()
time.sleep_ms(300)
tell(first=first, again=again, after=write(20200, 6, 2), back=back(20200, 2), last=back(20000)[0])
"""
    )
    lengths = set()
    for seed, scenario in enumerate(
        ["0.1 card-out\n0.4 card-in", "0.1 card-out\n0.101 card-in", "0.1 card-out\n0.4 card-in"]
    ):
        bench.card.unlink(missing_ok=True)
        bench.run(main, f"0.01 card-stall 200\n{scenario}\n2 end", seed=seed)
        assert bench.told == {
            "first": False,
            "again": False,
            "after": True,
            "back": [True, 6, 6],
            "last": True,
        }
        written = b"".join(sectors(bench, 64))
        lengths.add(written.count(5))
        assert written == b"\x05" * written.count(5) + bytes(written.count(0))
        assert [data[0] for data in sectors(bench, 3, FIRST + 200)] == [6, 6, 0]
    assert len(lengths) > 1
    assert any(length % SECTOR_BYTES for length in lengths)


def test_another_card_put_in_during_a_write_gets_nothing_of_it(bench):
    other = bench.folder / "other.img"
    other.write_bytes(bytes(32 * 1024 * 1024))
    log = bench.folder / "writes.log"
    main = WRITES + "tell(done=write(20000, 5, 64)); card.deinit(); tell(after=write(20000, 6))"
    bench.run(main, "0.01 card-stall 200\n0.1 card-in other.img\n1 end", write_log=log, seed=4)
    assert (bench.told["done"], bench.told["after"]) == (False, True)
    assert other.read_bytes()[FIRST * 512 :].strip(b"\0") == b"\x06" * 512
    writes = [write for write in read_write_log(log) if write.is_card]
    assert [write.kind for write in writes] == [CARD_WRITE, ANOTHER_CARD, CARD_WRITE]
    assert writes[1].data.decode() == str(other.resolve())
    assert b"".join(sectors(bench, 64)).rstrip(b"\0") == writes[0].data


def test_what_is_wrong_with_a_card_outlasts_a_reset_and_not_the_card(bench):
    other = bench.folder / "other.img"
    other.write_bytes(bytes(64 * 1024 * 1024))
    main = (
        WRITES
        + """
starts = len(os.listdir("/data"))
if starts == 0:
    open("/data/x", "w").close()
    machine.reset()
def look():
    write(100000, 1)
    return back(100000)
first = look()
time.sleep_ms(1000)
card.deinit()
tell(first=first, other=look())
"""
    )
    bench.run(main, "0.01 card-size 32MiB\n1 card-in other.img\n3 end")
    assert (bench.told["first"], bench.told["other"]) == ([True, 0], [True, 1])


def test_bad_card_costs_the_firmware_no_heap(bench, micropython):
    (bench.folder / "trace.txt").write_text("1.5 3\n40\n")
    main = (
        WRITES
        + """
data = bytes(4096)
while True:
    card.writeblocks(20000 + time.ticks_ms() % 1000 * 8, data)
    time.sleep_ms(100)
"""
    )
    events = "0.1 card-busy trace.txt\n0.1 card-cache 20\n0.1 card-rot 50\n0.1 card-size 8MiB wrap\n150 end"
    bench.run(main, events, write_log=bench.folder / "writes.log")
    signs = bench.values("sign")
    assert len(signs) >= 14
    assert max(signs[2:]) - min(signs[2:]) < 200  # nothing grows
    bench.run(main, "150 end")
    assert max(bench.values("sign")) - min(signs) < 1500
