"""Filter and gain of the recorder against an oracle in plain Python and numpy, on both interpreters."""

import math
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parent / "scripts" / "run_levels.py"


def noise(frames: int, channels: int, level: float, dc: int = 0) -> np.ndarray:
    """Seeded noise with some full-scale samples among it, as little-endian 16-bit frames."""
    generator = np.random.default_rng(frames + channels)
    samples = generator.normal(dc, level, (frames, channels)).clip(-32768, 32767)
    samples[::501] = 32767
    samples[7::503] = -32768
    return samples.astype("<i2")


def level(micropython, tmp_path, samples, rate_hz, gain_db, high_pass=1) -> tuple[np.ndarray, int]:
    (tmp_path / "in.raw").write_bytes(samples.tobytes())
    clips = micropython.output(
        SCRIPT,
        tmp_path / "in.raw",
        tmp_path / "out.raw",
        str(rate_hz),
        str(samples.shape[1]),
        str(gain_db),
        str(high_pass),
    )
    return np.fromfile(tmp_path / "out.raw", "<i2").reshape(samples.shape), int(clips)


def oracle(samples: np.ndarray, pole: int, gain_db: int) -> tuple[np.ndarray, int]:
    """The same filter in exact integers, then the gain as a real number."""
    gain = 10 ** (gain_db / 20)
    wanted = np.empty(samples.shape, dtype="<i2")
    clips = 0
    for channel in range(samples.shape[1]):
        mean = 0
        for i, sample in enumerate(samples[:, channel].tolist()):
            above = (sample << 14) - mean
            mean += above >> pole
            value = math.floor(above / 16384 * gain + 0.5)
            clips += not -32768 <= value <= 32767
            wanted[i, channel] = max(-32768, min(32767, value))
    return wanted, clips


def test_no_gain_and_no_filter_passes_every_sample_unchanged(micropython, tmp_path):
    every = np.arange(-32768, 32768).astype("<i2").reshape(-1, 1)
    recorded, clips = level(micropython, tmp_path, every, 16000, 0, high_pass=0)
    assert np.array_equal(recorded, every) and clips == 0


@pytest.mark.parametrize(
    ("rate_hz", "pole", "channels", "gain_db"),
    [(8000, 6, 1, 0), (16000, 7, 1, 24), (24000, 7, 2, 6), (32000, 8, 2, 42), (48000, 8, 2, 17)],
)
def test_filter_and_gain_agree_with_the_oracle(micropython, tmp_path, rate_hz, pole, channels, gain_db):
    samples = noise(4000, channels, 20000 / 10 ** (gain_db / 20), dc=200)
    recorded, clips = level(micropython, tmp_path, samples, rate_hz, gain_db)
    wanted, wanted_clips = oracle(samples, pole, gain_db)
    # The gain's mantissa has 9 bits: at most 0.2 % off, and one more for rounding.
    allowed = np.abs(wanted.astype(int)) * 0.002 + 1
    assert (np.abs(recorded.astype(int) - wanted) <= allowed).all()
    assert clips == pytest.approx(wanted_clips, rel=0.01, abs=2)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000, 32000, 48000])
def test_a_constant_offset_is_gone_and_40_hz_is_kept(micropython, tmp_path, rate_hz):
    seconds = np.arange(rate_hz) / rate_hz
    tone = 3000 * np.sin(2 * np.pi * 40 * seconds)
    recorded, _ = level(micropython, tmp_path, (tone + 5000).round().astype("<i2").reshape(-1, 1), rate_hz, 0)
    settled = recorded[rate_hz // 2 :, 0].astype(float)
    assert abs(settled.mean()) < 2
    assert settled.std() / (3000 / math.sqrt(2)) > 10 ** (-3 / 20)  # the corner lies below 40 Hz
