"""Cards in memory: an honest one, and each kind that is not. Time passes only in what they do.

Every card notes where it was written (`writes`), and refuses what is no whole sector or too long.
"""

import errno

from host_tools.errors import CloisterError

MIB = 1024 * 1024
SECTOR = 512
LONGEST = MIB


class HonestCard:
    """Keeps what it gets. A sector takes `sector_s`, each write `write_s` besides."""

    def __init__(self, size_bytes: int = 16 * MIB, sector_s: float = 1e-5, write_s: float = 0.001):
        self.size_bytes = size_bytes
        self.content = bytearray(b"\x11" * size_bytes)
        self.now_s = 1000.0
        self.writes: list[tuple[int, int]] = []
        self.reads: list[tuple[int, int]] = []
        self.unsynced = 0
        self._sector_s = sector_s
        self._write_s = write_s

    def clock(self) -> float:
        return self.now_s

    def write_at(self, offset: int, data: bytes) -> None:
        self._check(offset, len(data))
        self.writes.append((offset, len(data)))
        self.unsynced += 1
        self.now_s += self._write_s + len(data) // SECTOR * self._sector_s
        for start in range(0, len(data), SECTOR):
            self.write_sector(offset + start, data[start : start + SECTOR])

    def read_at(self, offset: int, length: int) -> bytes:
        self._check(offset, length)
        assert not self.unsynced, "what is read now may come from a cache"
        self.reads.append((offset, length))
        self.now_s += length // SECTOR * self._sector_s
        return b"".join(self.read_sector(offset + start) for start in range(0, length, SECTOR))

    def sync(self) -> None:
        self.unsynced = 0

    def write_sector(self, offset: int, data: bytes) -> None:
        self.content[offset : offset + SECTOR] = data

    def read_sector(self, offset: int) -> bytes:
        return bytes(self.content[offset : offset + SECTOR])

    def _check(self, offset: int, length: int) -> None:
        assert offset % SECTOR == 0 and length % SECTOR == 0
        assert offset >= 0 and 0 < length <= LONGEST and offset + length <= self.size_bytes


class WrappingCard(HonestCard):
    """Has `real` bytes, and begins at its start again behind them."""

    def __init__(self, real: int, **options):
        super().__init__(**options)
        self._real = real

    def write_sector(self, offset: int, data: bytes) -> None:
        super().write_sector(offset % self._real, data)

    def read_sector(self, offset: int) -> bytes:
        return super().read_sector(offset % self._real)


class LosingCard(HonestCard):
    """Has `real` bytes; what is written behind them vanishes, and zeros are read."""

    def __init__(self, real: int, **options):
        super().__init__(**options)
        self._real = real

    def write_sector(self, offset: int, data: bytes) -> None:
        if offset < self._real:
            super().write_sector(offset, data)

    def read_sector(self, offset: int) -> bytes:
        return super().read_sector(offset) if offset < self._real else bytes(SECTOR)


class CachingFake(LosingCard):
    """A losing card that remembers the last 100 sectors that it got: it passes a naive probe."""

    def __init__(self, real: int, **options):
        super().__init__(real, **options)
        self._recent: dict[int, bytes] = {}

    def write_sector(self, offset: int, data: bytes) -> None:
        super().write_sector(offset, data)
        self._recent.pop(offset, None)
        self._recent[offset] = data
        if len(self._recent) > 100:
            del self._recent[next(iter(self._recent))]

    def read_sector(self, offset: int) -> bytes:
        return self._recent.get(offset) or super().read_sector(offset)


class BadSectorsCard(HonestCard):
    """Some sectors give other data than was written: one bit is stuck."""

    def __init__(self, bad: set[int], **options):
        super().__init__(**options)
        self._bad = bad

    def read_sector(self, offset: int) -> bytes:
        found = super().read_sector(offset)
        return found[:7] + bytes([found[7] ^ 4]) + found[8:] if offset in self._bad else found


class SwappedCard(HonestCard):
    """Gives each of two blocks for the other."""

    def __init__(self, one: int, other: int, **options):
        super().__init__(**options)
        self._places = (one, other)

    def read_sector(self, offset: int) -> bytes:
        one, other = self._places
        block = offset // 4096 * 4096
        moved = {one: other, other: one}.get(block, block)
        return super().read_sector(moved + offset - block)


class StaleCard(HonestCard):
    """Never takes a write within some bytes: what was there before stays."""

    def __init__(self, stale: range, **options):
        super().__init__(**options)
        self._stale = stale

    def write_sector(self, offset: int, data: bytes) -> None:
        if offset not in self._stale:
            super().write_sector(offset, data)


class FailingCard(HonestCard):
    """Reads or writes of some sectors are errors; with `times` only the first so many."""

    def __init__(self, reads=(), writes=(), times: int = 10**9, **options):
        super().__init__(**options)
        self._failing_reads = reads
        self._failing_writes = writes
        self.times = times

    def _fail(self, offset: int, failing) -> None:
        if offset in failing and self.times > 0:
            self.times -= 1
            self.now_s += 30
            raise OSError(errno.EIO, "Input/output error")

    def write_sector(self, offset: int, data: bytes) -> None:
        self._fail(offset, self._failing_writes)
        super().write_sector(offset, data)

    def read_sector(self, offset: int) -> bytes:
        self._fail(offset, self._failing_reads)
        return super().read_sector(offset)


class PulledCard(HonestCard):
    """Is taken out at the write or read of that number."""

    def __init__(self, after: int, **options):
        super().__init__(**options)
        self._left = after

    def _check(self, offset: int, length: int) -> None:
        super()._check(offset, length)
        self._left -= 1
        if self._left < 0:
            raise CloisterError("/dev/fake is no longer there: was the card taken out?")


class SlowCard(HonestCard):
    """Some writes, by their number, take longer: `stalls` is number to seconds."""

    def __init__(self, stalls: dict[int, float], **options):
        super().__init__(**options)
        self._stalls = stalls

    def write_at(self, offset: int, data: bytes) -> None:
        self.now_s += self._stalls.get(len(self.writes), 0)
        super().write_at(offset, data)
