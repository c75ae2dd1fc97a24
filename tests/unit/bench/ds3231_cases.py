"""What the DS3231's driver makes of a chip, in MicroPython: one case a run, which fails by an assert."""

import cases
import machine

from boards.esp32_wroom import pins
from drivers.ds3231 import ClockChip

bus = machine.bus
NOON_MS = 1_790_856_000_000  # 2026-10-01T12:00:00Z
NOON = b"\x00\x00\x12\x04\x01\x10\x26"


def started(time=NOON):
    """The driver, and a chip that runs with that time."""
    bus.registers[:7] = time
    bus.registers[0x0F] = 0x08
    return ClockChip(pins)


def pins_are_the_boards():
    chip = ClockChip(pins)
    del chip
    seen = []
    real = machine.I2C
    machine.I2C = lambda number, *, scl, sda, freq: (
        seen.append((scl.number, sda.number)) or real(number, scl=scl, sda=sda, freq=freq)
    )
    ClockChip(pins)
    assert seen == [(pins.RTC_SCL, pins.RTC_SDA)]


def time_is_read():
    assert started().now_ms() == NOON_MS
    assert started(b"\x59\x59\x23\x01\x31\x12\x99").now_ms() == 4_102_444_799_000
    assert started(b"\x00\x00\x00\x07\x29\x02\x28").now_ms() == 1_835_395_200_000
    assert started(b"\x00\x00\x00\x03\x01\x03\x28").now_ms() == 1_835_481_600_000


def nonsense_is_no_time():
    nonsense = (
        b"\x60\x00\x12\x04\x01\x10\x26",  # a 60th second
        b"\x0a\x00\x12\x04\x01\x10\x26",  # no decimal
        b"\x00\x60\x12\x04\x01\x10\x26",
        b"\x00\x00\x24\x04\x01\x10\x26",
        b"\x00\x00\x52\x04\x01\x10\x26",  # 12-hour mode
        b"\x00\x00\x12\x04\x00\x10\x26",
        b"\x00\x00\x12\x04\x31\x09\x26",
        b"\x00\x00\x12\x04\x29\x02\x27",
        b"\x00\x00\x12\x04\x01\x00\x26",
        b"\x00\x00\x12\x04\x01\x13\x26",
        b"\x00\x00\x12\x04\x01\x90\x26",  # the next century
        b"\x00\x00\x12\x04\x01\x10\x19",  # before anybody could have set it
        b"\xff\xff\xff\xff\xff\xff\xff",
        b"\x00\x00\x00\x00\x00\x00\x00",
    )
    for time in nonsense:
        assert started(time).now_ms() is None, time
        assert started(time).present()


def a_stopped_chip_has_no_time_until_it_is_set():
    chip = started()
    bus.registers[0x0F] |= 0x80
    assert chip.present() and chip.now_ms() is None
    assert chip.set(NOON_MS)
    assert bus.registers[0x0F] & 0x80 == 0
    assert bus.registers[0x0E] & 0x80 == 0  # it goes on by its battery
    assert chip.now_ms() == NOON_MS


def set_to_the_nearest_second():
    chip = started()
    for beyond, seconds in ((0, 0), (499, 0), (500, 1), (999, 1)):
        assert chip.set(NOON_MS + beyond)
        assert chip.now_ms() == NOON_MS + seconds * 1000
    assert chip.set(4_102_444_799_000)
    assert bytes(bus.registers[:3]) == b"\x59\x59\x23" and bytes(bus.registers[4:7]) == b"\x31\x12\x99"
    assert 1 <= bus.registers[3] <= 7
    assert not chip.set(4_102_444_799_999)  # the next century is none of ours


def a_chip_that_keeps_nothing_took_nothing():
    chip = started()
    bus.keeps = False
    assert not chip.set(NOON_MS + 10_000)


def no_chip_raises_nothing():
    chip = started()
    bus.fitted = False
    assert not chip.present()
    assert chip.now_ms() is None
    assert chip.set(NOON_MS) is False
    bus.fitted = True
    assert chip.present() and chip.now_ms() == NOON_MS


def one_broken_transfer_is_made_up_for():
    chip = started()
    bus.broken = 1
    assert chip.now_ms() == NOON_MS
    bus.broken = 2
    assert chip.now_ms() is None
    assert chip.now_ms() == NOON_MS


def every_transfer_may_fail():
    for place in range(1, 8):
        chip = started()
        count = 0

        def transfer(place=place):
            nonlocal count
            count += 1
            if count >= place:
                raise OSError(110)

        bus.transfer = transfer
        assert chip.present() in (True, False)
        assert chip.now_ms() is None or place > 3
        assert chip.set(NOON_MS) is False
        del bus.transfer


def one_garbled_reading_is_not_believed():
    chip = started()
    bus.garbled = 2  # the status, and the first reading of the time
    assert chip.now_ms() == NOON_MS


cases.run(globals())
