"""The request `wipe_card`: overwrites the card's files, or all of it, with random bytes.

`files`: every file, in whatever folder, is overwritten to the end of its last cluster and removed; free space
is not touched. `all`: every sector, read back in 64 places spread over the card once all are written, then a
fresh file system. At 20 MHz on SPI that is about an hour for each 4 GB: a laptop's card reader is faster.
"""

import os

from micropython import const
from recorder import errors, overlay

_SECTOR_BYTES = const(512)
_BLOCK_SECTORS = const(8)
_FOLDER = const(0x4000)  # of what os.ilistdir gives
_TOLD_MS = const(1000)
_SAMPLES = const(64)
_SAMPLE_BYTES = const(16)
_OVERLAYS = ("recorder.noise", "recorder.fat32")


def answer(request, app):
    """Wipe. The recorder goes on as after a start, whatever becomes of the card."""
    level = request.get("level")
    if level not in ("files", "all"):
        raise errors.Refused("value", "level must be files or all")
    app.begin_wiping()
    app.parts.log.note("wipe", level == "all")
    try:
        work = _Work(app.parts)
        work.all() if level == "all" else work.files()
    except (OSError, UnicodeError, errors.CloisterFault) as failure:
        raise errors.Refused("fault", "the wiping was not completed: %s" % failure)
    finally:
        app.parts.card.unmount()
        overlay.forget(*_OVERLAYS)
        app.end_wiping()
    return {}


class _Work:
    """One card's wiping, and how far it has come."""

    def __init__(self, parts):
        self._parts = parts
        self._noise = overlay.fetch("recorder.noise").Noise(parts)
        self._done = 0
        self._whole = 1
        self._told_ms = parts.ticks.ticks_ms()

    def _tick(self):
        """Keep the watchdog quiet, and the laptop informed."""
        parts = self._parts
        parts.feed()
        now_ms = parts.ticks.ticks_ms()
        if parts.ticks.ticks_diff(now_ms, self._told_ms) >= _TOLD_MS:
            self._told_ms = now_ms
            parts.laptop.progress(min(1000, self._done * 1000 // self._whole))

    def all(self):
        """Overwrite the card whole, and make a fresh file system."""
        fat32 = overlay.fetch("recorder.fat32")
        device = self._parts.card.raw()
        count = self._whole = fat32.sectors(device)
        samples = bytearray(_SAMPLES * _SAMPLE_BYTES)
        sample = 0
        while self._done < count:
            block = memoryview(self._noise.next())
            step = min(count - self._done, _BLOCK_SECTORS)
            device.writeblocks(self._done, block[: step * _SECTOR_BYTES])
            if self._done == _place(sample, count):
                samples[sample * _SAMPLE_BYTES : (sample + 1) * _SAMPLE_BYTES] = block[:_SAMPLE_BYTES]
                sample += 1
            self._done += step
            self._tick()
        sector = memoryview(self._noise.block)[:_SECTOR_BYTES]
        for sample in range(_SAMPLES):
            device.readblocks(_place(sample, count), sector)
            if sector[:_SAMPLE_BYTES] != samples[sample * _SAMPLE_BYTES : (sample + 1) * _SAMPLE_BYTES]:
                raise OSError("it does not keep what is written")
            self._tick()
        fat32.make(device, self._noise.block, self._tick)

    def files(self):
        """Overwrite and remove every file, and remove the folders."""
        card = self._parts.card
        card.mount()
        self._cluster_bytes = os.statvfs(card.path(""))[0]
        self._whole = max(1, self._bytes_below(""))
        self._clear("")

    def _bytes_below(self, folder):
        total = 0
        for entry in os.ilistdir(self._parts.card.path(folder)):
            total += self._bytes_below(_join(folder, entry[0])) if entry[1] == _FOLDER else entry[-1]
            self._tick()
        return total

    def _clear(self, folder):
        card = self._parts.card
        while True:
            name = None
            for entry in os.ilistdir(card.path(folder)):  # anew for each: it must not change under our hands
                name = _join(folder, entry[0])
                break
            if name is None:
                return
            if entry[1] == _FOLDER:
                self._clear(name)
                os.rmdir(card.path(name))
            else:
                self._overwrite(name, entry[-1])
                card.remove(name)

    def _overwrite(self, name, size):
        """Overwrite a file, and what its last cluster holds beyond it."""
        card = self._parts.card
        left = -(-size // self._cluster_bytes) * self._cluster_bytes
        file = card.open(name, "r+b")
        try:
            start = b""
            while left > 0:
                block = memoryview(self._noise.next())[:left]
                file.write(block)
                start = start or bytes(block[:_SAMPLE_BYTES])
                left -= len(block)
                self._done += len(block)
                self._tick()
            card.flush(file)
            file.seek(0)
            if file.read(_SAMPLE_BYTES) != start:
                raise OSError("it does not keep what is written")
        finally:
            card.close(file)


def _join(folder, name):
    return folder + "/" + name if folder else name


def _place(sample, count):
    """Where a sample is taken on a card of so many sectors: at the beginning of a block."""
    return -(-sample * count // (_SAMPLES * _BLOCK_SECTORS)) * _BLOCK_SECTORS
