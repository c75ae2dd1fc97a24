"""Card and flash behave as on the board: failures are returned, power cuts are final, images persist."""

import pytest

from host_tools.card import open_card
from host_tools.errors import CloisterError

WRITE_CARD = """
card = machine.SDCard(slot=2)
results = []
for block in range({first}, {first} + {count}):
    results.append(card.writeblocks(block, bytes([block % 251]) * 512))
    time.sleep_ms(10)
tell(results=results)
"""


def test_failed_writes_return_false_and_change_nothing(bench):
    bench.run("time.sleep_ms(50)" + WRITE_CARD.format(first=20_000, count=4), "0.02 card-error 2\n1 end")
    assert bench.told["results"] == [False, False, True, True]
    data = bench.card.read_bytes()[20_000 * 512 :]
    assert data[: 2 * 512] == bytes(2 * 512)
    assert data[2 * 512 : 3 * 512] == bytes([20_002 % 251]) * 512


def test_card_that_is_out_fails_until_it_is_initialised_again(bench):
    main = """
    card = machine.SDCard(slot=2)
    sector = bytearray(512)
    def look(**options):
        time.sleep_ms(100)
        tell(**{"at%d" % (time.ticks_ms() // 100): [card.readblocks(0, sector), card.writeblocks(99, sector),
                                                     card.info(), card.ioctl(1, 0)]})
    look(); look(); look()
    card.deinit()
    look()
    """
    bench.run(main, "0.15 card-out\n0.25 card-in\n1 end")
    works, fails = [True, True, [64 * 1024 * 1024, 512], 0], [False, False, None, -1]
    assert [bench.told[f"at{n}"] for n in (1, 2, 3, 4)] == [works, fails, fails, works]


def test_locked_card_is_read_and_takes_no_write(bench):
    main = (
        "time.sleep_ms(50)"
        + WRITE_CARD.format(first=20_000, count=4)
        + """
back = bytearray(512)
tell(read=card.readblocks(20000, back), back=back[0], init=card.ioctl(1, 0), info=card.info())
"""
    )
    bench.run(main, "0.065 card-locked\n1 end")
    assert bench.told["results"] == [True, True, False, False]
    assert (bench.told["read"], bench.told["back"], bench.told["init"]) == (True, 20_000 % 251, 0)
    assert bench.card.read_bytes()[20_002 * 512 : 20_004 * 512] == bytes(1024)


def test_power_cut_in_a_write_leaves_a_locked_card_as_it_is(bench):
    main = "card = machine.SDCard(slot=2)\ntime.sleep_ms(20)\ncard.writeblocks(20000, bytes([1]) * 512 * 64)"
    for seed in range(3):
        bench.run(main, "0.01 card-locked\n0.01 card-stall 500\n0.3 power-cut", seed=seed)
        assert not any(bench.card.read_bytes()[20_000 * 512 : 20_064 * 512])


def test_another_card_may_be_put_in_and_is_there_after_a_reset(bench):
    main = """
    starts = len(os.listdir("/data"))
    open("/data/%d" % starts, "w").close()
    card = machine.SDCard(slot=2)
    sectors = lambda: card.info() and card.info()[0] // 512
    def write(block):
        return card.writeblocks(block, bytes([9]) * 512)
    seen = [[sectors(), write(20000 + starts)]]
    time.sleep_ms(400)
    seen.append([sectors(), write(20010)])
    card.deinit()
    seen.append([sectors(), write(20020 + starts)])
    tell(**{"seen%d" % starts: seen})
    if starts == 0:
        machine.reset()
    """
    other = bench.folder / "other.img"
    other.write_bytes(bytes(32 * 1024 * 1024))
    bench.run(main, "0.1 card-out\n0.2 card-in other.img\n2 end")
    first, second = 64 * 2048, 32 * 2048
    assert bench.told["seen0"] == [[first, True], [None, False], [second, True]]
    assert bench.told["seen1"] == [[second, True], [second, True], [second, True]]
    data = other.read_bytes()
    written = [block for block in range(20_000, 20_030) if data[block * 512]]
    assert written == [20_001, 20_010, 20_020, 20_021]
    assert [block for block in range(20_000, 20_030) if bench.card.read_bytes()[block * 512]] == [20_000]


@pytest.mark.parametrize(
    ("name", "reason"), [("missing", "not a file"), ("odd", "no card image"), ("flash.img", "at once")]
)
def test_another_card_that_is_none_is_refused_before_anything_runs(bench, name, reason):
    (bench.folder / "odd").write_bytes(bytes(700))
    with pytest.raises(CloisterError, match=reason):
        bench.run("", f"1 card-in {name}")
    assert not bench.flash.exists()


def test_stall_is_for_one_write_and_takes_that_long(bench):
    main = """
    card = machine.SDCard(slot=2)
    time.sleep_ms(20)
    took = []
    for block in range(3):
        before = time.ticks_us()
        card.writeblocks(20000 + block, bytes(4096))
        took.append(time.ticks_diff(time.ticks_us(), before))
    tell(took=took)
    """
    bench.run(main, "0.01 card-stall 750\n2 end")
    usual_us = 1000 + 409
    assert bench.told["took"] == [usual_us + 750_000 + 1, usual_us + 1, usual_us + 1]


def test_fat_file_written_by_the_firmware_is_read_back_and_fsck_is_content(bench, fsck_vfat):
    main = """
    mount()
    with open("/sd/R0000001.DAT", "wb") as file:
        for number in range(300):
            file.write(bytes([number % 256]) * 4096)
    """
    bench.run(main, "5 end")
    fsck_vfat(bench.card)
    with open_card(bench.card) as card:
        (file,) = card.files()
        assert (file.name, file.size_bytes) == ("R0000001.DAT", 300 * 4096)
        assert file.read_at(0, file.size_bytes) == b"".join(bytes([n % 256]) * 4096 for n in range(300))


def test_card_of_4_gib_is_written_up_to_its_end(bench):
    bench.card.touch()
    with bench.card.open("r+b") as image:
        image.truncate(4 * 1024**3)
    main = """
    card = machine.SDCard(slot=2)
    last = card.info()[0] // 512 - 1
    tell(written=[card.writeblocks(block, bytes([7]) * 512) for block in (last, 0, last - 1, last + 1)])
    back = bytearray(512)
    card.readblocks(last, back)
    tell(back=back[511])
    """
    bench.run(main, "1 end")
    assert bench.told["written"] == [True, True, True, False]
    assert bench.told["back"] == 7
    with bench.card.open("rb") as image:
        image.seek(4 * 1024**3 - 1024)
        assert image.read() == bytes([7]) * 1024


def test_flash_keeps_files_between_runs(bench):
    main = """
    names = os.listdir("/data")
    tell(names=names)
    with open("/data/start%d" % len(names), "w") as file:
        file.write("x" * 3000)
    """
    for expected in ([], ["start0"], ["start0", "start1"]):
        bench.run(main, "1 end")
        assert bench.told["names"] == expected
    assert bench.flash.stat().st_size == 2 * 1024 * 1024


def test_power_cut_lets_no_later_write_through(bench):
    main = """
    card = machine.SDCard(slot=2)
    block = 20000
    try:
        while True:
            try:
                card.writeblocks(block, bytes([1]) * 512)
                time.sleep_ms(10)
                block += 1
            except BaseException:
                card.writeblocks(30000, bytes([2]) * 512)
    finally:
        card.writeblocks(30001, bytes([3]) * 512)
        open("/data/after", "w").write("after")
    """
    outcome = bench.run(main, "1.005 power-cut")
    assert (outcome.reason, outcome.time_ms) == ("power-cut", 1005)
    data = bench.card.read_bytes()
    assert data[20_000 * 512] == 1
    assert data[30_000 * 512 : 30_002 * 512] == bytes(1024)
    bench.run("tell(names=os.listdir('/data'))", "1 end")
    assert bench.told["names"] == []


def test_power_cut_during_a_busy_write_tears_it_at_any_byte(bench):
    main = """
    card = machine.SDCard(slot=2)
    time.sleep_ms(20)
    card.writeblocks(20000, bytes([1]) * 512 * 64)
    """
    counts = set()
    for seed in range(6):
        bench.card.unlink(missing_ok=True)
        bench.run(main, "0.01 card-stall 500\n0.3 power-cut", seed=seed)
        written = bench.card.read_bytes()[20_000 * 512 : 20_064 * 512]
        counts.add(written.count(1))
        assert written == bytes([1]) * written.count(1) + bytes(written.count(0))
    assert len(counts) > 4
    assert any(count % 512 for count in counts)


def test_cut_at_write_stops_in_that_write(bench):
    main = WRITE_CARD.format(first=20_000, count=10)
    outcome = bench.run(main, cut_at_write=4, seed=1)
    assert outcome.reason == "power-cut"
    data = bench.card.read_bytes()
    assert all(data[(20_000 + n) * 512] == (20_000 + n) % 251 for n in range(3))
    assert not any(data[20_004 * 512 : 20_010 * 512])


def test_cut_at_any_flash_write_leaves_a_file_system_that_mounts(bench):
    write = """
    with open("/data/new", "w") as file:
        file.write("n" * 600)
    os.rename("/data/new", "/data/kept")
    """
    bench.run(write.replace('n" * 600', 'o" * 500'), "1 end")
    image = bench.flash.read_bytes()
    found = set()
    for number in range(1, 30):
        bench.flash.write_bytes(image)
        reason = bench.run(write, "1 end", cut_at_write=number).reason
        bench.run("tell(kept=read('/data/kept').decode())", "0.1 end")
        found.add(bench.told["kept"])
        if reason == "end":
            break
    assert reason == "end"
    assert found == {"o" * 500, "n" * 600}


def test_card_image_is_made_when_it_is_missing(bench, fsck_vfat):
    firmware = bench.write_firmware("mount(); tell(files=os.listdir('/sd'), blocks=os.statvfs('/sd')[:3])")
    from host_tools.simulator.run import simulate

    simulate(bench.flash, bench.card, for_ms=1000, board="bench", firmware=firmware,
             interpreter=bench.interpreter, on_event=bench.reports.append)  # fmt: skip
    assert bench.told["files"] == []
    assert bench.told["blocks"][0] == 32768
    assert bench.card.stat().st_size == 4 * 1024**3
    assert bench.card.stat().st_blocks * 512 < 1024 * 1024
    fsck_vfat(bench.card)


@pytest.mark.parametrize("content", [b"", b"not a flash image", b"x" * (2 * 1024 * 1024)])
def test_a_file_that_is_no_flash_image_is_refused_and_kept(bench, content):
    bench.flash.write_bytes(content)
    with pytest.raises(CloisterError, match="no flash image"):
        bench.run("")
    assert bench.flash.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"x" * 1000])
def test_a_file_that_can_be_no_card_image_is_refused_and_kept(bench, content):
    bench.card.write_bytes(content)
    with pytest.raises(CloisterError, match="no card image"):
        bench.run("")
    assert bench.card.read_bytes() == content


def test_a_folder_is_no_image(bench):
    bench.flash.mkdir()
    with pytest.raises(CloisterError, match="not a file"):
        bench.run("")
