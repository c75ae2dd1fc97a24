"""FLAC made front to back: the bytes of a file made as usual, and an error if the sound changed."""

import io
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from host_tools.audio.flac import ZEROS, encoded, find_head, joined_crc32
from host_tools.errors import CloisterError


def noise(frames: int, channels: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-3000, 3000, (frames, channels), dtype=np.int16)


def blocks(samples: np.ndarray) -> Iterator[np.ndarray]:
    yield from np.array_split(samples, 7)


def made(samples: np.ndarray, rate_hz: int = 16_000) -> list[bytes]:
    head = find_head(blocks(samples), rate_hz, samples.shape[1])
    pieces = list(encoded(blocks(samples), rate_hz, samples.shape[1], head))
    file = b"".join(pieces)
    assert (head.frames, head.size_bytes, head.crc32) == (len(samples), len(file), zlib.crc32(file))
    return pieces


@pytest.mark.parametrize(("frames", "channels"), [(100_000, 1), (77_777, 2), (4096, 1), (7, 1)])
def test_the_bytes_are_those_of_a_seekable_file(frames: int, channels: int) -> None:
    samples, file = noise(frames, channels), io.BytesIO()
    with soundfile.SoundFile(
        file, "w", samplerate=16_000, channels=channels, format="FLAC", subtype="PCM_16"
    ) as sound:
        for block in blocks(samples):
            sound.write(block)
    assert b"".join(made(samples)) == file.getvalue()


def test_the_bytes_come_as_the_sound_does() -> None:
    samples = noise(700_000, 1)
    sizes = [len(piece) for piece in made(samples)]
    assert max(sizes) < sum(sizes) / 3


def test_a_second_sound_that_is_not_the_first_is_refused() -> None:
    samples = noise(50_000, 1)
    head = find_head(blocks(samples), 16_000, 1)
    for other in (noise(50_000, 1, seed=2), samples[:-1]):
        with pytest.raises(CloisterError, match="changed while it was being read"):
            list(encoded(blocks(other), 16_000, 1, head))


@pytest.mark.parametrize(
    "sizes", [(0, 0), (0, 5), (5, 0), (1, 1), (4096, len(ZEROS)), (7, 2 * len(ZEROS) + 3)]
)
def test_checksums_of_two_pieces_are_joined(sizes: tuple[int, int]) -> None:
    first, second = (np.random.default_rng(size).bytes(size) for size in sizes)
    joined = joined_crc32(zlib.crc32(first), zlib.crc32(second), len(second))
    assert joined == zlib.crc32(first + second)
