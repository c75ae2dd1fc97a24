"""How loud a recording is by EBU R 128, and the one gain that brings it to the level of broadcasting.

Measured with libebur128 as the sound comes by, so memory does not grow with the length. The gain is the same
for every sample: who spoke softly beside somebody loud still does. Where the full gain would push a peak
beyond the limit, it is reduced instead; nothing is ever clipped or compressed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, log10

import numpy as np
import pyebur128

TARGET_LUFS = -23.0  # EBU R 128
PEAK_LIMIT_DBTP = -1.0
MEASURED = pyebur128.MeasurementMode.MODE_I | pyebur128.MeasurementMode.MODE_TRUE_PEAK


@dataclass(frozen=True)
class Loudness:
    """Integrated loudness in LUFS, highest true peak in dBTP; minus infinity if nothing is to be heard."""

    lufs: float
    peak_dbtp: float


@dataclass(frozen=True)
class Gain:
    """What to do to every sample, and why. `db` is 0 for a recording that is left as it is."""

    db: float
    measured: Loudness

    @property
    def words(self) -> str:
        """What was measured and done, for the one who asked for it."""
        if not isfinite(self.measured.lufs):
            return "too quiet to be measured: left as it is"
        was, wanted = self.measured.lufs, TARGET_LUFS - self.measured.lufs
        words = f"{self.db:+.1f} dB, from {was:.1f} to {was + self.db:.1f} LUFS"
        return words if wanted - self.db < 0.05 else f"{words}; {wanted:+.1f} dB would have cut off peaks"

    def applied(self, blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """The same blocks with the gain, int16 again."""
        if self.db == 0:
            yield from blocks
            return
        factor = np.float32(10 ** (self.db / 20))
        for block in blocks:
            yield np.rint(block * factor).clip(-32768, 32767).astype(np.int16)


def measure(blocks: Iterator[np.ndarray], rate_hz: int, channels: int) -> Loudness:
    """The loudness of all of it; `blocks` are int16[frames, channels]."""
    state = pyebur128.R128State(channels, rate_hz, MEASURED)
    for block in blocks:
        state.add_frames(np.ascontiguousarray(block).reshape(-1), len(block))
    peaks = [
        max(pyebur128.get_true_peak(state, channel), pyebur128.get_sample_peak(state, channel))
        for channel in range(channels)
    ]
    return Loudness(pyebur128.get_loudness_global(state), _db(max(peaks)))


def gain_for(measured: Loudness) -> Gain:
    """The gain to the target, or as much of it as the peaks allow; none if the loudness is not known."""
    if not isfinite(measured.lufs):
        return Gain(0.0, measured)
    return Gain(min(TARGET_LUFS - measured.lufs, PEAK_LIMIT_DBTP - measured.peak_dbtp), measured)


def _db(factor: float) -> float:
    return 20 * log10(factor) if factor > 0 else float("-inf")
