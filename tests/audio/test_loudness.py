"""Loudness by EBU R 128: against the sine of EBU Tech 3341, against ffmpeg's figures, and never clipped."""

from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from host_tools.audio.loudness import PEAK_LIMIT_DBTP, TARGET_LUFS, Gain, Loudness, gain_for, measure
from host_tools.simulator.interpreter import CHECKOUT_DIR

SPEECH = CHECKOUT_DIR / "tests" / "data" / "reading-16k.flac"
# ffmpeg 9.0.2: ffmpeg -i reading-16k.flac -af ebur128=peak=true -f null -
SPEECH_LUFS, SPEECH_DBTP = -24.3, -4.6


def sine(peak_dbfs: float, rate_hz: int, channels: int, seconds: float = 5, hz: float = 1000) -> np.ndarray:
    moments = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = np.sin(2 * np.pi * hz * moments) * 32768 * 10 ** (peak_dbfs / 20)
    return np.repeat(np.rint(wave).clip(-32768, 32767).astype(np.int16)[:, None], channels, axis=1)


def blocks(samples: np.ndarray, frames: int = 3001) -> Iterator[np.ndarray]:
    for first in range(0, len(samples), frames):
        yield samples[first : first + frames]


def measured(samples: np.ndarray, rate_hz: int) -> Loudness:
    return measure(blocks(samples), rate_hz, samples.shape[1])


def normalized(samples: np.ndarray, rate_hz: int) -> tuple[np.ndarray, Gain]:
    gain = gain_for(measured(samples, rate_hz))
    return np.concatenate(list(gain.applied(blocks(samples)))), gain


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_a_stereo_sine_is_as_loud_as_the_ebu_says(rate_hz: int, level: float) -> None:
    found = measured(sine(level, rate_hz, 2), rate_hz)
    assert found.lufs == pytest.approx(level, abs=0.1)
    assert found.peak_dbtp == pytest.approx(level, abs=0.1)


def test_one_channel_alone_is_half_as_loud() -> None:
    assert measured(sine(-23, 16_000, 1), 16_000).lufs == pytest.approx(-23 - 10 * np.log10(2), abs=0.1)


def test_speech_is_as_loud_as_ffmpeg_measures_it() -> None:
    speech, rate_hz = soundfile.read(SPEECH, dtype="int16", always_2d=True)
    found = measured(speech, rate_hz)
    assert found.lufs == pytest.approx(SPEECH_LUFS, abs=0.1)
    assert found.peak_dbtp == pytest.approx(SPEECH_DBTP, abs=0.1)


@pytest.mark.parametrize(("level", "rate_hz"), [(-40.0, 8000), (-50.0, 16_000), (-10.0, 48_000)])
def test_what_was_quiet_or_loud_reaches_the_target(level: float, rate_hz: int) -> None:
    louder, gain = normalized(sine(level, rate_hz, 2), rate_hz)
    assert measured(louder, rate_hz).lufs == pytest.approx(TARGET_LUFS, abs=0.1)
    # A sine's loudness follows from its peak alone: no library is asked.
    assert 20 * np.log10(np.abs(louder.astype(float)).max() / 32768) == pytest.approx(TARGET_LUFS, abs=0.1)
    assert f"{gain.db:+.1f} dB" in gain.words and "cut off" not in gain.words


def test_quiet_speech_is_made_louder_and_stays_the_same_sound() -> None:
    speech, rate_hz = soundfile.read(SPEECH, dtype="int16", always_2d=True)
    louder, gain = normalized(speech // 8, rate_hz)
    assert measured(louder, rate_hz).lufs == pytest.approx(TARGET_LUFS, abs=0.1)
    assert np.abs(louder - (speech // 8) * 10 ** (gain.db / 20)).max() <= 0.501


def test_the_gain_is_reduced_where_a_peak_would_be_cut_off() -> None:
    rate_hz = 16_000
    knock = sine(-45, rate_hz, 1)
    knock[40_000:40_008] = 20_000
    louder, gain = normalized(knock, rate_hz)
    found = measured(louder, rate_hz)
    assert found.peak_dbtp == pytest.approx(PEAK_LIMIT_DBTP, abs=0.05)
    assert found.lufs < TARGET_LUFS - 5
    assert "would have cut off peaks" in gain.words
    assert np.abs(louder.astype(int)).max() < 32767


def test_a_peak_between_two_samples_counts() -> None:
    """A sine at a quarter of the rate, sampled 45 degrees off its peaks, is 3 dB higher than its samples."""
    rate_hz = 16_000
    phase = np.pi / 4 + np.pi / 2 * np.arange(5 * rate_hz)
    samples = np.rint(np.sin(phase) * 10_000).astype(np.int16)[:, None]
    of_samples = 20 * np.log10(np.abs(samples.astype(float)).max() / 32768)
    assert measured(samples, rate_hz).peak_dbtp == pytest.approx(of_samples + 3, abs=0.2)


@pytest.mark.parametrize(
    "samples", [np.zeros((80_000, 1), np.int16), sine(-80, 16_000, 1), sine(-20, 16_000, 1, 0.3)]
)
def test_silence_and_what_is_too_short_are_left_as_they_are(samples: np.ndarray) -> None:
    left, gain = normalized(samples, 16_000)
    assert np.array_equal(left, samples)
    assert gain.words == "too quiet to be measured: left as it is"


def test_lost_parts_do_not_count() -> None:
    """Silence is below the gate: it is not what somebody said softly."""
    speech = sine(-30, 16_000, 1)
    with_gap = np.concatenate([speech, np.zeros((20 * 16_000, 1), np.int16), speech])
    assert measured(with_gap, 16_000).lufs == pytest.approx(measured(speech, 16_000).lufs, abs=0.3)
