"""FLAC as a run of bytes, front to back: for sound that is encrypted as it is made and never lies anywhere.

An encoder goes back to the head of its file at the end, to write down length and checksum. Here that is
found out first, by encoding once for nothing (`find_head`); `encoded` then gives the finished file at once.
Both must be given the same sound: if it is not, the second run ends with an error.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soundfile

from host_tools.errors import CloisterError
from host_tools.strip import Rewritten, Strip, corrected

START_BYTES = 4096  # all that the encoder goes back to
ZEROS = bytes(1024 * 1024)


@dataclass(frozen=True)
class Head:
    """What is known of one FLAC file beforehand: what belongs at its head, and its size and CRC-32.

    `frames` is how long its sound is, in samples of all channels.
    """

    rewritten: Rewritten
    frames: int
    size_bytes: int
    crc32: int


def find_head(blocks: Iterator[np.ndarray], rate_hz: int, channels: int) -> Head:
    """Encode once, for what is known only at the end; `blocks` are int16[frames, channels]."""
    run = _Run()
    start, rest_bytes, rest_crc = bytearray(), 0, 0
    for _, piece in run.pieces(blocks, rate_hz, channels):
        if len(start) < START_BYTES:
            start += piece
        else:
            rest_bytes, rest_crc = rest_bytes + len(piece), zlib.crc32(piece, rest_crc)
    rewritten = run.strip.rewritten
    assert all(at + len(data) <= len(start) for at, data in rewritten)
    crc = joined_crc32(zlib.crc32(corrected(0, start, rewritten)), rest_crc, rest_bytes)
    return Head(rewritten, run.frames, len(start) + rest_bytes, crc)


def encoded(blocks: Iterator[np.ndarray], rate_hz: int, channels: int, head: Head) -> Iterator[bytes]:
    """The bytes of the file, in order. Raises CloisterError if the sound is not the one that `head` is of."""
    run = _Run()
    for position, piece in run.pieces(blocks, rate_hz, channels):
        yield corrected(position, piece, head.rewritten)
    if (run.strip.rewritten, run.frames) != (head.rewritten, head.frames):
        raise CloisterError("the vault's copy changed while it was being read", "cloister verify checks it")


def joined_crc32(first: int, second: int, second_bytes: int) -> int:
    """The CRC-32 of two pieces in a row, out of that of each: `first` counts as if zeros followed it."""
    begun, fresh, left = first, 0, second_bytes
    while left:
        zeros = ZEROS[: min(left, len(ZEROS))]
        begun, fresh, left = zlib.crc32(zeros, begun), zlib.crc32(zeros, fresh), left - len(zeros)
    return begun ^ fresh ^ second


class _Run:
    """One run of the encoder over all of the sound."""

    def __init__(self) -> None:
        self.strip = Strip()
        self.frames = 0

    def pieces(
        self, blocks: Iterator[np.ndarray], rate_hz: int, channels: int
    ) -> Iterator[tuple[int, bytearray]]:
        """Position and bytes of each piece of the file, as the encoder first writes it."""
        with soundfile.SoundFile(
            self.strip, "w", samplerate=rate_hz, channels=channels, format="FLAC", subtype="PCM_16"
        ) as sound:
            for block in blocks:
                sound.write(block)
                self.frames += len(block)
                yield self.strip.taken()
        yield self.strip.taken()
