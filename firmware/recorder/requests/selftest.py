"""The request `selftest`: looks at each part of the recorder. No sound leaves it, only how loud it is.

The microphone has power for a second and a half, and the red light is lit: which is looked at, too. What was
prepared stays prepared, and a fault stays shown; only a card that fails while the recorder is ready is told
by preparing anew.
"""

import os

from micropython import const
from recorder.errors import CloisterFault

_SILENCE_DB = const(-120)  # what is told for no sound at all
_LOOKED_AT_HZ = const(8000)  # samples a second; the rest are as loud
_WAIT_MS = const(10)
_MOST_WAITS = const(500)
_NOISE_BYTES = const(512)
_FULL_SCALE_BITS = const(15)
_FINE = const(0x7FFF)
_CARD_BYTES = const(512)
_NAMES = const(10)


def answer(request, app):
    """Test all parts; refused while anything is under way."""
    app.refuse_while_busy()
    parts = app.parts
    microphone, lit = _microphone(parts)
    closed = [parts.buttons.closed(0), parts.buttons.closed(1)]
    chip = parts.clock.chip
    return {
        "microphone": microphone,
        "card": _card(app),
        "buttons": {"ok": not any(closed), "closed": closed},
        "indicator": {"ok": lit and not parts.indicator.red_flows()},
        "clock": {
            "ok": parts.clock.now_ms() is not None,
            "source": parts.clock.source,
            "chip": chip is not None and chip.present(),
        },
        "entropy": {"ok": _entropy(parts)},
    }


class _Meter:
    """One channel's samples: how many, their sum, their squares, the least and the most of them."""

    def __init__(self):
        self._count = self._sum = self._coarse = self._fine = 0
        self._least = self._most = None

    def hear(self, view, at, step):
        """Take every sample of 16 bits that begins at byte `at`, at + step, …"""
        count = total = coarse = fine = 0  # small integers all of them, which take no memory
        least, most = 32767, -32768
        for i in range(at, len(view), step):
            sample = ((view[i] | view[i + 1] << 8) ^ 0x8000) - 0x8000
            square = sample * sample
            count += 1
            total += sample
            coarse += square >> _FULL_SCALE_BITS
            fine += square & _FINE
            least = min(least, sample)
            most = max(most, sample)
        self._count += count
        self._sum += total
        self._coarse += coarse
        self._fine += fine
        if count:
            self._least = least if self._least is None else min(least, self._least)
            self._most = most if self._most is None else max(most, self._most)

    def levels(self):
        """Return (True if it is no constant, RMS in dBFS, peak in dBFS), the mean taken off."""
        count = self._count
        if not count:
            return False, _SILENCE_DB, _SILENCE_DB
        squares = (self._coarse << _FULL_SCALE_BITS) + self._fine
        peak = max(self._most * count - self._sum, self._sum - self._least * count)
        whole = (count << _FULL_SCALE_BITS) ** 2
        return self._least != self._most, _db(squares * count - self._sum**2, whole), _db(peak**2, whole)


def _db(power, whole):
    """Return 10 log10(power / whole), rounded down; no floats, for those of the board are short."""
    db = 0
    while db > _SILENCE_DB and power**10 * 10**-db < whole**10:
        db -= 1
    return db


def _microphone(parts):
    """Listen for a second; return (what is told of the microphone, whether the red light was lit)."""
    rate_hz, channels = parts.settings["rate"], parts.settings["channels"]
    capture = parts.capture
    meters = [_Meter() for _ in range(channels)]
    step = rate_hz // _LOOKED_AT_HZ * 2 * channels
    skip, left = parts.skip_frames, rate_hz
    capture.start(rate_hz, channels)
    try:
        lit = parts.indicator.red_flows()
        for _ in range(_MOST_WAITS):
            parts.feed()
            view = capture.full()
            if view is None:
                parts.ticks.sleep_ms(_WAIT_MS)
                continue
            passed = min(skip, capture.frames)
            skip -= passed
            left -= capture.frames - passed
            for channel in range(channels):
                meters[channel].hear(view, 2 * (passed * channels + channel), step)
            parts.entropy.add(view[:_NOISE_BYTES])
            capture.give_back()
            if left <= 0:
                break
    finally:
        capture.stop()
        capture.clear()
    found = [meter.levels() for meter in meters]
    rms, peak = min(one[1] for one in found), max(one[2] for one in found)
    return {"ok": all(one[0] for one in found), "rms_dbfs": rms, "peak_dbfs": peak}, lit


def _card(app):
    """Write, read back and remove a small file; a card that was not in use is not in use afterwards."""
    card = app.parts.card
    mounted = card.mounted
    try:
        if not mounted:
            card.mount()
        _write_and_read(card)
        return {"ok": True}
    except (OSError, CloisterFault) as failure:
        if app.state == "ready":
            app.prepare_again()  # what was prepared may be lost with the card
        return {"ok": False, "reason": str(failure)}
    finally:
        if not mounted:
            card.unmount()


def _write_and_read(card):
    for number in range(_NAMES):
        name = "TEST%d.TMP" % number
        if not card.exists(name):
            break
    else:
        raise OSError("every name for a test is taken")
    written = os.urandom(_CARD_BYTES)
    _use(card, name, "wb", lambda file: file.write(written))
    read = _use(card, name, "rb", lambda file: file.read())
    card.remove(name)
    if read != written:
        raise OSError("it does not keep what is written")


def _use(card, name, mode, do):
    file = card.open(name, mode)
    try:
        return do(file)
    finally:
        card.close(file)


def _entropy(parts):
    """Whether what is drawn differs, and the sources that can be seen are not stuck."""
    draws = bytes(parts.entropy.draw(32)), bytes(parts.entropy.draw(32))
    return draws[0] != draws[1] and min(len(set(parts.battery.noise())), len(set(os.urandom(32)))) > 1
