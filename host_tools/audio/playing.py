"""A recording heard from memory: `Player` hands it to an output piece by piece and does what keys ask.

It knows neither PortAudio nor a terminal, and no time passes in it: output and keys are given to it. `Tape`
decrypts as it goes and keeps a bounded stretch behind, so that going back a little is at once; further back
it decrypts again from the beginning. Nothing is written anywhere.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from host_tools.audio.pcm import Span

KEPT_BYTES = 16 * 1024 * 1024
SKIP_S = 10
PIECES_PER_S = 10  # a key is answered after a tenth of a second


class Action(Enum):
    """What a key asks for."""

    PAUSE = "pause"
    BACK = "back"
    FORWARD = "forward"
    NEXT_MARK = "next mark"
    QUIT = "quit"


class Output(Protocol):
    """Where the sound goes."""

    def play(self, piece: np.ndarray) -> None:
        """Take int16[frames, channels]; waits until there is room."""

    def finish(self) -> None:
        """Let what was taken be heard to its end, then be still; `play` starts it again."""

    def drop(self) -> None:
        """Be still at once; what was taken and not yet heard is forgotten."""


class Keys(Protocol):
    """Where wishes come from."""

    def pressed(self) -> Action | None:
        """The next one, or None at once."""

    def wait(self) -> Action:
        """The next one, whenever it comes."""


@dataclass(frozen=True)
class Place:
    """How far it is: the index of the next sample, and whether it rests there."""

    index: int
    paused: bool


class Tape:
    """The samples of a span, from wherever they are asked for. `unwind` gives them from its beginning.

    `kept` are the pieces in memory.
    """

    def __init__(
        self,
        unwind: Callable[[], Generator[np.ndarray, None, None]],
        span: Span,
        kept_bytes: int = KEPT_BYTES,
    ):
        self._unwind = unwind
        self._span = span
        self._kept_bytes = kept_bytes
        self._begin()

    def read(self, index: int, frames: int) -> np.ndarray:
        """At most so many samples from that index on; none where the authentic sound has ended."""
        if index < (self._starts[0] if self._starts else self._end):
            self.close()
            self._begin()
        while self._end <= index and self._wind():
            pass
        place = bisect_right(self._starts, index) - 1
        if self._end <= index or place < 0:
            return np.zeros((0, 1), np.int16)
        offset = index - self._starts[place]
        return self.kept[place][offset : offset + frames]

    def close(self) -> None:
        """Stop decrypting."""
        self._source.close()

    def _begin(self) -> None:
        """At the beginning, with nothing kept."""
        self._source = self._unwind()
        self.kept: deque[np.ndarray] = deque()
        self._starts: deque[int] = deque()
        self._end = self._span.first
        self._bytes = 0

    def _wind(self) -> bool:
        """Take the next piece, and forget the oldest if there are too many; False at the end."""
        piece = next(self._source, None)
        if piece is None:
            return False
        self.kept.append(piece)
        self._starts.append(self._end)
        self._end += len(piece)
        self._bytes += piece.nbytes
        while self._bytes > self._kept_bytes and len(self.kept) > 1:
            self._bytes -= self.kept.popleft().nbytes
            self._starts.popleft()
        return True


class Player:
    """Plays a span from its beginning to its end, or until somebody quits.

    `index` is the index after the last sample that was handed to the output.
    """

    def __init__(
        self,
        tape: Tape,
        span: Span,
        rate_hz: int,
        marks: Sequence[int],
        output: Output,
        keys: Keys,
        show: Callable[[Place], None] = lambda place: None,
    ):
        self._tape, self._span, self._rate_hz = tape, span, rate_hz
        self._marks = [mark for mark in marks if span.first <= mark < span.until]
        self._output, self._keys, self._show = output, keys, show
        self.index = span.first
        self._paused = False

    def run(self) -> None:
        """Play."""
        while True:
            action = self._keys.wait() if self._paused else self._keys.pressed()
            if action is Action.QUIT:
                self._output.drop()
                return
            self._do(action)
            self._show(Place(self.index, self._paused))
            if self._paused:
                continue
            piece = self._tape.read(self.index, max(1, self._rate_hz // PIECES_PER_S))
            if not len(piece):
                self._output.finish()
                return
            self._output.play(piece)
            self.index += len(piece)

    def _do(self, action: Action | None) -> None:
        """Pause or go on, or go elsewhere."""
        if action is Action.PAUSE:
            self._paused = not self._paused
            if self._paused:
                self._output.finish()
        elif action is Action.BACK:
            self._go(self.index - SKIP_S * self._rate_hz)
        elif action is Action.FORWARD:
            self._go(self.index + SKIP_S * self._rate_hz)
        elif action is Action.NEXT_MARK:
            later = [mark for mark in self._marks if mark > self.index]
            if later:
                self._go(later[0])

    def _go(self, index: int) -> None:
        """Go on from there, within the span."""
        self._output.drop()
        self.index = max(self._span.first, min(index, self._span.until))
