"""An output and keys for tests of playing, in which no time passes."""

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from host_tools.audio.playing import Action


class Sink:
    """Keeps what was played, and when it was told to be still."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.stills: list[tuple[str, int]] = []

    def play(self, piece: np.ndarray) -> None:
        self.pieces.append(piece.copy())

    def finish(self) -> None:
        self.stills.append(("finish", self.frames))

    def drop(self) -> None:
        self.stills.append(("drop", self.frames))

    @property
    def frames(self) -> int:
        return sum(map(len, self.pieces))

    @property
    def samples(self) -> np.ndarray:
        return np.concatenate(self.pieces) if self.pieces else np.zeros((0, 1), np.int16)


class Typed:
    """Keys that are pressed once so many samples have been played: (frames, action) in their order."""

    def __init__(self, sink: Callable[[], int], presses: Sequence[tuple[int, Action]]):
        self._frames = sink
        self._presses = deque(presses)

    def pressed(self) -> Action | None:
        if self._presses and self._frames() >= self._presses[0][0]:
            return self._presses.popleft()[1]
        return None

    def wait(self) -> Action:
        return self._presses.popleft()[1]
