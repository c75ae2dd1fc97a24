"""The I2S stand-in delivers what was said in the room, and loses exactly what the ESP32 port loses."""

import numpy as np
import pytest

STARTUP_FRAMES = 4096  # before that the microphone delivers nothing valid

# Records buffers of 8192 bytes (4096 frames of 16-bit mono: 256 ms) into a file of the laptop.
RECORD = """
out = open("{out}", "wb")
i2s = microphone(ibuf=16384)
buffers = [bytearray(8192) for _ in range(3)]
full = []
def on_full(i2s):
    full.append(time.ticks_ms())
i2s.irq(on_full)
def use(i):
    out.write(buffers[i])
"""


def recorded(path) -> np.ndarray:
    """The samples that the firmware wrote, as the ramp's positions."""
    return np.fromfile(path, dtype="<u2").astype(int)


def test_samples_are_those_of_the_file(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
for i in range(10):
    i2s.readinto(buffers[(i + 1) % 3])
    while len(full) <= i:
        time.sleep_ms(5)
    use(i % 3)
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "9 end", mic=ramp(60_000))
    samples = recorded(tmp_path / "out")
    assert len(samples) == 10 * 4096
    assert np.array_equal(samples[STARTUP_FRAMES:], np.arange(STARTUP_FRAMES, len(samples)))
    assert set(samples[:STARTUP_FRAMES]) == {0x4040}


def test_third_readinto_returns_its_length_and_is_dropped(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
tell(lengths=[i2s.readinto(buffer) for buffer in buffers])
time.sleep(3)
tell(callbacks=len(full), third=max(buffers[2]))
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "4 end", mic=ramp(60_000))
    assert bench.told["lengths"] == [8192] * 3
    assert bench.told["callbacks"] == 2
    assert bench.told["third"] == 0


def test_full_dma_drops_exactly_its_oldest_buffers(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
time.sleep_ms(1000)
use(0)
i2s.readinto(buffers[1])
time.sleep_ms(1000)
use(1)
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "4 end", mic=ramp(60_000))
    second = recorded(tmp_path / "out")[4096:]
    # After 1000 ms 62 DMA buffers of 256 frames had been filled; the last 7 waited, one was being filled.
    assert np.array_equal(second, np.arange(4096) + (62 - 7) * 256)


def test_no_dma_overflow_loses_nothing(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
time.sleep_ms(256 + 111)
use(0)
i2s.readinto(buffers[1])
time.sleep_ms(1000)
use(1)
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "4 end", mic=ramp(60_000))
    assert np.array_equal(recorded(tmp_path / "out")[4096:], np.arange(4096) + 4096)


def test_task_fills_both_buffers_while_the_card_holds_the_interpreter(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
mount()
file = open("/sd/A.DAT", "wb")
i2s.readinto(buffers[0])
i2s.readinto(buffers[1])
before = time.ticks_ms()
file.write(bytes(4096))
tell(held=time.ticks_diff(time.ticks_ms(), before), callbacks_in_write=len(full))
i2s.readinto(buffers[2])
time.sleep(1)
use(0), use(1), use(2)
tell(first_callback=time.ticks_diff(full[0], before))
"""
    )
    scenario = "0.001 card-stall 600\n4 end"
    bench.run("time.sleep_ms(2)\n" + main.format(out=tmp_path / "out"), scenario, mic=ramp(60_000))
    assert bench.told["held"] >= 600
    assert bench.told["first_callback"] >= 600  # not before the interpreter was free
    samples = recorded(tmp_path / "out")
    assert np.array_equal(samples[4096:], np.arange(4096, 3 * 4096))


def test_callbacks_are_late_never_early(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
start = time.ticks_ms()
i2s.readinto(buffers[0])
i2s.readinto(buffers[1])
time.sleep(2)
tell(at=[time.ticks_diff(moment, start) for moment in full])
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "3 end", mic=ramp(60_000))
    assert [256, 512] <= bench.told["at"] <= [257, 513]


def test_read_inside_a_dma_buffer_gets_what_was_written_over_its_rest(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
half = memoryview(buffers[0])[: 2 * (4096 + 128)]
buffers[0] = bytearray(2 * (4096 + 128))
i2s.readinto(buffers[0])
time.sleep_ms(1500)
i2s.readinto(buffers[1])
time.sleep_ms(1000)
use(1)
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "4 end", mic=ramp(60_000))
    samples = recorded(tmp_path / "out")
    done = 1500 * 16000 // 1000 // 256
    overwritten = 16 + (done - 16) // 8 * 8  # the newest content of the place of DMA buffer 16
    assert np.array_equal(samples[:128], np.arange(128) + overwritten * 256 + 128)
    assert np.array_equal(samples[128:], np.arange(4096 - 128) + (done - 7) * 256)


def test_restart_begins_with_empty_dma_where_the_room_is_by_then(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
time.sleep_ms(1000)
i2s.deinit()
time.sleep_ms(500)
i2s = microphone(ibuf=16384)
i2s.readinto(buffers[0])
i2s.readinto(buffers[1])
use(1)
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "4 end", mic=ramp(60_000))
    assert np.array_equal(recorded(tmp_path / "out"), np.arange(4096) + 24_000 + 4096)


def test_microphone_without_its_supply_is_silent(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
i2s.readinto(buffers[1])
time.sleep_ms(600)
Pin(25, Pin.OUT).off()
i2s.readinto(buffers[2])
time.sleep_ms(600)
use(1), use(2)
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "2 end", mic=ramp(60_000))
    samples = recorded(tmp_path / "out")
    assert np.array_equal(samples[:4096], np.arange(4096) + 4096)
    assert not samples[4096 + 1024 + 512 :].any()


def test_broken_red_light_silences_the_microphone(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
time.sleep_ms(900)
i2s.readinto(buffers[1])
time.sleep_ms(300)
use(1)
tell(sense=Pin(36).value())
Pin(25, Pin.OUT).off()
Pin(25, Pin.OUT).on()
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "0.5 light-off\n2 end", mic=ramp(60_000))
    assert not recorded(tmp_path / "out").any()
    assert bench.told["sense"] == 0
    assert bench.values("light") == [{"red": True, "green": False}, {"red": False, "green": False}]


def test_mended_red_light_gives_the_microphone_its_supply_again(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
time.sleep_ms(1000)
i2s.readinto(buffers[0])
i2s.readinto(buffers[1])
tell(sense=Pin(36).value())
time.sleep_ms(700)
use(1)
"""
    )
    scenario = "0.1 light-off\n0.7 light-on\n3 end"
    bench.run(main.format(out=tmp_path / "out"), scenario, mic=ramp(60_000))
    lights = [(report.time_ms, report.value["red"]) for report in bench.reports if report.kind == "light"]
    assert lights == [(0, True), (100, False), (700, True)]
    assert bench.told["sense"] == 1
    assert np.array_equal(np.diff(recorded(tmp_path / "out")[-1000:]), np.ones(999))


def test_after_the_audio_there_is_only_noise(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
i2s.readinto(buffers[1])
time.sleep(1)
use(1)
"""
    )
    bench.run(main.format(out=tmp_path / "out"), "2 end", mic=ramp(5000), seed=1)
    samples = np.fromfile(tmp_path / "out", dtype="<i2")
    assert np.array_equal(samples[:904], np.arange(4096, 5000))
    assert 1 <= np.abs(samples[904:]).max() <= 2


@pytest.mark.parametrize(
    ("bits", "form", "frame_bytes"), [(16, "STEREO", 4), (32, "MONO", 4), (32, "STEREO", 8)]
)
def test_other_formats_carry_the_same_samples(bench, ramp, tmp_path, bits, form, frame_bytes):
    main = f"""
out = open("{tmp_path / "out"}", "wb")
i2s = microphone(bits={bits}, format=machine.I2S.{form})
buffer = bytearray(6144 * {frame_bytes})
i2s.readinto(buffer)
out.write(buffer)
"""
    bench.run(main, "2 end", mic=ramp(60_000))
    values = np.fromfile(tmp_path / "out", dtype=f"<i{bits // 8}").reshape(6144, -1)
    top = (values >> (bits - 16)).astype(np.uint16)
    for channel in top.T:
        assert np.array_equal(channel[4096:], np.arange(4096, 6144))


def test_mic_event_changes_what_is_heard_at_that_moment(bench, ramp, tmp_path):
    main = (
        RECORD
        + """
i2s.readinto(buffers[0])
i2s.readinto(buffers[1])
time.sleep(1)
use(1)
"""
    )
    ramp(60_000)
    bench.run(main.format(out=tmp_path / "out"), "0.4 mic ramp.wav\n2 end", seed=1)
    samples = recorded(tmp_path / "out")
    changed = 6400 - 4096
    assert np.array_equal(samples[changed:], np.arange(4096 - changed))
    assert np.abs(samples[:changed].astype(np.uint16).view(np.int16)).max() <= 2
