"""The sound of a recording as one steady run: gaps become silence, so that every time stays right.

Blocks are at most BLOCK_FRAMES long, whatever the gaps: memory is bounded, and libsndfile's Vorbis
encoder, which keeps what it is given on the stack, stays within it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from host_tools.container.records import Event

BLOCK_FRAMES = 32_768


@dataclass(frozen=True)
class Span:
    """A part of a recording, as absolute sample indices: from `first` to before `until`."""

    first: int
    until: int

    @property
    def length(self) -> int:
        """How many samples it has."""
        return self.until - self.first


class Sound(Protocol):
    """What has sound: a body, or several in a row. All but `sound` is known as far as that was read."""

    @property
    def samples(self) -> int:
        """The index after the last sample."""

    @property
    def events(self) -> list[Event]:
        """What happened."""

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """What is missing: (first, after the last) index each."""

    def sound(self) -> Iterator[tuple[int, memoryview]]:
        """(index of the first sample, PCM bytes) of each run of samples, in order."""


def steady(body: Sound, span: Span, channels: int) -> Iterator[np.ndarray]:
    """The span's samples, int16[frames, channels] each time; ends early where the authentic sound does."""
    position = span.first
    for index, pcm in body.sound():
        samples = np.frombuffer(pcm, "<i2").reshape(-1, channels)
        yield from _silence(min(index, span.until) - position, channels)
        position = max(position, min(index, span.until))
        samples = samples[max(0, position - index) : max(0, span.until - index)]
        if len(samples):
            yield samples
            position += len(samples)
        if position >= span.until:
            return
    yield from _silence(min(body.samples, span.until) - position, channels)


def grouped(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The same samples in fewer blocks of about BLOCK_FRAMES: quicker for whoever takes them."""
    held: list[np.ndarray] = []
    frames = 0
    for block in blocks:
        if held and frames + len(block) > BLOCK_FRAMES:
            yield np.concatenate(held)
            held, frames = [], 0
        held.append(block)
        frames += len(block)
    if held:
        yield np.concatenate(held)


def lost_within(gaps: Iterable[tuple[int, int]], span: Span) -> list[tuple[int, int]]:
    """What of the span is missing: gaps, (first, after the last) index each, cut to it."""
    cut = ((max(first, span.first), min(until, span.until)) for first, until in gaps)
    return [(first, until) for first, until in cut if first < until]


def _silence(frames: int, channels: int) -> Iterator[np.ndarray]:
    """That many frames of zeros, block by block; none if negative."""
    for done in range(0, frames, BLOCK_FRAMES):
        yield np.zeros((min(BLOCK_FRAMES, frames - done), channels), np.int16)
