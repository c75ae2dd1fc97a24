"""Turns audio files into what the simulated microphone delivers: raw frames as I2S asks for them.

A file's full scale is the microphone's. Where rate and channels are what is asked for, every sample is
handed on unaltered; otherwise it is resampled (soxr) or mixed. The microphone's own noise is a track of
its own, one or two steps of 16 bits either way. Rendered block by block: memory does not grow with length.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from host_tools.errors import CloisterError

NOISE_TRACK = -1
NOISE_FRAMES = 1 << 17
BLOCK_FRAMES = 1 << 16
FULL_SCALE = 1 << 15

Samples = npt.NDArray[Any]


class Microphone:
    """Renders tracks into `folder`; a track is the number of an audio file, or NOISE_TRACK."""

    def __init__(self, audio_files: list[Path], folder: Path, seed: int):
        self._audio_files = audio_files
        self._folder = folder
        self._seed = seed
        self._rendered: dict[tuple[int, int, int, int], tuple[Path, int]] = {}
        for path in audio_files:
            _open(path).close()

    def render(self, track: int, rate_hz: int, channels: int, bits: int) -> tuple[Path, int]:
        """Path of the raw file (little-endian, interleaved), and how many frames. Raises CloisterError."""
        form = (track, rate_hz, channels, bits)
        if form not in self._rendered:
            path = self._folder / f"mic_{track}_{rate_hz}_{channels}_{bits}.raw"
            with path.open("wb") as file:
                frames = sum(_write(file, block, bits) for block in self._blocks(track, rate_hz, channels))
            self._rendered[form] = (path, frames)
        return self._rendered[form]

    def _blocks(self, track: int, rate_hz: int, channels: int) -> Iterator[Samples]:
        if track == NOISE_TRACK:
            return iter([_noise(self._seed, channels)])
        return _audio(self._audio_files[track], rate_hz, channels)


def _noise(seed: int, channels: int) -> Samples:
    """16-bit noise of about one step, never more than two."""
    drawn = np.random.default_rng(seed).normal(0.0, 1.0, (NOISE_FRAMES, channels))
    return np.clip(np.rint(drawn), -2, 2).astype(np.int16)


def _write(file: Any, samples: Samples, bits: int) -> int:
    """Write frames of 16 bits in the width asked for; how many."""
    wide = samples.astype("<i2") if bits == 16 else samples.astype("<i4") << 16
    file.write(wide.tobytes())
    return len(samples)


def _open(path: Path) -> soundfile.SoundFile:
    """The audio file, opened; CloisterError if it is not there or is none."""
    if not path.exists():
        raise CloisterError(f"audio file {path} is not there")
    if not path.is_file():
        raise CloisterError(f"{path} is no audio file")
    try:
        return soundfile.SoundFile(str(path))
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        raise CloisterError(f"audio file {path} cannot be read: {_reason(error)}") from None


def _audio(path: Path, rate_hz: int, channels: int) -> Iterator[Samples]:
    """Blocks of 16-bit frames at that rate with so many channels."""
    with _open(path) as file:
        try:
            if file.samplerate == rate_hz:
                for block in file.blocks(BLOCK_FRAMES, dtype="int16", always_2d=True):
                    yield _mixed(block, channels).astype(np.int16)
            else:
                yield from _resampled(file, rate_hz, channels)
        except (soundfile.SoundFileError, OSError) as error:
            raise CloisterError(f"audio file {path} cannot be read: {_reason(error)}") from None


def _resampled(file: soundfile.SoundFile, rate_hz: int, channels: int) -> Iterator[Samples]:
    """The whole file at another rate, saturated."""
    stream = soxr.ResampleStream(file.samplerate, rate_hz, channels, dtype="float32")
    for block in file.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True):
        yield _to_steps(stream.resample_chunk(_mixed(np.nan_to_num(block), channels)))
    yield _to_steps(stream.resample_chunk(np.zeros((0, channels), np.float32), last=True))


def _to_steps(samples: Samples) -> Samples:
    """Floats of full scale 1 as 16-bit steps."""
    return np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def _mixed(block: Samples, channels: int) -> Samples:
    """As many channels as asked for: unaltered, or the mean of all in each."""
    if block.shape[1] == channels:
        return block
    mean = block.mean(axis=1, keepdims=True, dtype=np.float64)
    mono = np.rint(mean) if block.dtype == np.int16 else mean.astype(np.float32)
    return np.repeat(mono, channels, axis=1)


def _reason(error: Exception) -> str:
    """A library's sentence as the end of one of ours."""
    text = (getattr(error, "error_string", None) or str(error)).rstrip(".")
    return text[:1].lower() + text[1:]
