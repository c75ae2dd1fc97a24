"""From the microphone's samples to those recorded: DC removed, a fixed gain, saturation, clips counted.

The high-pass is one pole at 20 to 30 Hz in fixed point with 14 fractional bits; the gain is a 9-bit
mantissa and a shift, 0.03 dB fine. At 0 dB with the filter off samples pass unchanged. One pass, no
allocation. Not here: automatic gain or noise reduction, which are the player's business.
"""

from array import array

import micropython
from micropython import const

# Places in the parameter array; the viper code below has to spell them out as numbers.
_SOURCE = const(0)  # index of the first source sample
_TARGET = const(1)  # index of the first target sample
_FRAMES = const(2)
_STEP = const(3)  # channels
_MEAN = const(4)  # the mean tracked so far, 14 fractional bits, biased by 1 << 29 to be positive
_FILTER = const(5)  # 1 or 0
_POLE = const(6)  # the filter's shift
_MANTISSA = const(7)  # 256 … 511
_BOUND = const(8)  # beyond this, above or below the mean, a sample is cut off whatever the mantissa
_SHIFT = const(9)
_CLIPS = const(10)
_PARAMETERS = const(11)

_BIAS = const(1 << 29)
# 10 ** (dB / 20) as mantissa · 2 ** shift / 256, by whole decibels within one octave (6.02 dB) … as a table
_GAINS_256 = (
    256, 287, 322, 362, 406, 455, 511, 573, 643, 722, 810, 908, 1019, 1144, 1283, 1440, 1615, 1812, 2033,
    2282, 2560, 2872, 3223, 3616, 4057, 4552, 5108, 5731, 6430, 7215, 8095, 9083, 10192, 11435, 12830,
    14396, 16153, 18123, 20335, 22816, 25600, 28724, 32228,
)  # fmt: skip


def _pole_shift(rate_hz):
    """Return k for a pole at rate / (2 pi 2**k): 20 Hz at 8, 16 and 32 kHz, 30 Hz at 24 and 48 kHz."""
    shift = 6
    while rate_hz >> (shift - 6) > 15_999:
        shift += 1
    return shift


@micropython.viper
def _level(target: ptr16, source: ptr16, p: ptr32):
    # One channel. All stays within 31 bits: sample and mean have 16 + 14, the product 21 + 9.
    src = int(p[0])
    dst = int(p[1])
    left = int(p[2])
    step = int(p[3])
    mean = int(p[4]) - (1 << 29)
    on = int(p[5])
    pole = int(p[6])
    mantissa = int(p[7])
    bound = int(p[8])
    shift = int(p[9])
    clips = int(p[10])
    while left > 0:
        sample = ((int(source[src]) ^ 0x8000) - 0x8000) << 14
        above = sample - mean
        mean += (above >> pole) * on
        if above > bound:
            above = bound
        elif above < 0 - bound:
            above = 0 - bound
        value = ((above >> shift) * mantissa + 2048) >> 12
        if value > 32767:
            value = 32767
            clips += 1
        elif value < -32768:
            value = -32768
            clips += 1
        target[dst] = value
        src += step
        dst += step
        left -= 1
    src = 4  # a store needs its index in a variable (viper_rules.py)
    p[src] = mean + (1 << 29)
    src = 10
    p[src] = clips


@micropython.viper
def _run(source: ptr16, last: int, frames: int, step: int) -> int:
    run = 1
    while run < frames:
        if int(source[last]) != int(source[last - step]):
            break
        last -= step
        run += 1
    return run


def run_frames(source, first, frames, channels):
    """Return for how many frames at the end of these all channels kept their value; allocates nothing."""
    last = (first + frames - 1) * channels
    run = _run(source, last, frames, channels)
    return run if channels == 1 else min(run, _run(source, last + 1, frames, channels))


class Levels:
    """The filter and gain of one recording; `clips` counts the samples that were cut off."""

    def __init__(self, rate_hz, channels, gain_db, high_pass=True):
        self._channels = channels
        octave = 0
        while _GAINS_256[gain_db] >> octave > 511:
            octave += 1
        mantissa = min(511, (_GAINS_256[gain_db] + ((1 << octave) >> 1)) >> octave)
        self._parameters = []
        for _ in range(channels):
            p = array("i", [0] * _PARAMETERS)
            p[_STEP] = channels
            p[_MEAN] = _BIAS
            p[_FILTER] = 1 if high_pass else 0
            p[_POLE] = _pole_shift(rate_hz)
            p[_MANTISSA] = mantissa
            p[_BOUND] = 1 << (30 - octave)
            p[_SHIFT] = 10 - octave
            self._parameters.append(p)

    @property
    def clips(self):
        """Samples saturated so far, all channels."""
        return sum(p[_CLIPS] for p in self._parameters)

    def process(self, target, target_frame, source, source_frame, frames):
        """Filter `frames` frames from source to target, both 16-bit little-endian, interleaved, word-aligned.

        target_frame, source_frame: where to start, in frames. Allocates nothing.
        """
        channel = 0
        while channel < self._channels:
            p = self._parameters[channel]
            p[_SOURCE] = source_frame * self._channels + channel
            p[_TARGET] = target_frame * self._channels + channel
            p[_FRAMES] = frames
            _level(target, source, p)
            channel += 1
