"""`machine` on a bench, for tests of single modules in MicroPython: each device does what the test says.

A test has this folder on its path, and sets `levels`, `bus`, `words` and the rest before or while the drivers
run.
"""

import time

import micropython

PWRON_RESET = 1
WDT_RESET = 3

levels = {}  # of pins, by number: 1 where nothing is said
words = {}  # what mem32 has, by address
cause = PWRON_RESET


class Pin:
    IN = 1
    OUT = 3
    PULL_UP = 2

    def __init__(self, number, *options, value=None, **more):
        self.number = number
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            found = levels.get(self.number, 1)
            return found() if callable(found) else found
        levels[self.number] = level
        return None


class Bus:
    """A DS3231's registers; so many transfers are `broken` or `garbled`; all fail if it is not `fitted`."""

    def __init__(self):
        self.registers = bytearray(0x13)
        self.registers[0x0F] = 0x88
        self.broken = self.garbled = self.writes = 0
        self.fitted = True
        self.keeps = True

    def transfer(self):
        if not self.fitted or self.broken:
            self.broken = max(0, self.broken - 1)
            raise OSError(19)


bus = Bus()


class I2C:
    def __init__(self, number, *, scl, sda, freq):
        self.scl, self.sda = scl.number, sda.number

    def readfrom_mem(self, address, register, count):
        bus.transfer()
        if address != 0x68:
            raise OSError(19)
        found = bytearray(bus.registers[register : register + count])
        if bus.garbled:
            bus.garbled -= 1
            found[-1] ^= 0x10
        return bytes(found)

    def writeto_mem(self, address, register, data):
        bus.transfer()
        bus.writes += 1
        if bus.keeps:
            bus.registers[register : register + len(data)] = data


class SDCard:
    """The card image at `path`; the card is out if that is None, and may fail, or lie, from some write on."""

    path = None
    writes_left = -1  # before all fail
    keeps_sectors = 1 << 40  # what is written beyond is lost, and the card says nothing
    written = 0

    def __init__(self, **options):
        self._file = None

    def _open(self):
        if SDCard.path is None:
            return False
        if self._file is None:
            self._file = open(SDCard.path, "r+b")
        return True

    def deinit(self):
        if self._file is not None:
            self._file.close()
            self._file = None

    def ioctl(self, operation, argument):
        if not self._open():
            return -1
        return {4: self._file.seek(0, 2) // 512, 5: 512}.get(operation, 0)

    def readblocks(self, block, buffer):
        if not self._open():
            return False
        self._file.seek(block * 512)
        self._file.readinto(buffer)
        return True

    def writeblocks(self, block, buffer):
        if not self._open() or SDCard.writes_left == 0:
            return False
        SDCard.writes_left -= 1
        SDCard.written += 1
        if block < SDCard.keeps_sectors:
            self._file.seek(block * 512)
            self._file.write(buffer)
        return True


class RTC:
    def datetime(self, moment=None):
        return None


class ADC:
    ATTN_11DB = 3
    readings = None  # or what it gives, over and over

    def __init__(self, pin, *, atten):
        self._count = 0

    def read_uv(self):
        return 1_950_000

    def read_u16(self):
        self._count += 1
        return 30_000 + (self._count * 7 & 0xFF if ADC.readings is None else ADC.readings)


class I2S:
    """Fills each buffer at once with what `hear(frame)` says, 16 bits of one channel or two."""

    RX, MONO, STEREO = 2, 1, 0
    deaf = False

    @staticmethod
    def hear(frame, channel):
        return 0

    def __init__(self, number, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        self._channels = 1 if format == I2S.MONO else 2
        self._frame = 0
        self._waiting = []

    def irq(self, handler):
        self._handler = handler

    def readinto(self, buffer):
        if I2S.deaf:
            return
        self._waiting.append(buffer)
        if len(self._waiting) == 1:
            micropython.schedule(self._fill, None)

    def _fill(self, _):
        buffer = self._waiting[0]
        for at in range(0, len(buffer), 2):
            frame, channel = divmod(at // 2, self._channels)
            sample = I2S.hear(self._frame + frame, channel) & 0xFFFF
            buffer[at], buffer[at + 1] = sample & 0xFF, sample >> 8
        self._frame += len(buffer) // 2 // self._channels
        self._waiting.pop(0)
        self._handler(self)
        if self._waiting:
            micropython.schedule(self._fill, None)

    def deinit(self):
        self._waiting.clear()


class _Words:
    def __getitem__(self, address):
        found = words[address]
        return found() if callable(found) else found

    def __setitem__(self, address, value):
        words[address] = value


mem32 = _Words()


def reset_cause():
    return cause


def reset():
    raise SystemExit("reset")


def idle():
    time.sleep_ms(1)
