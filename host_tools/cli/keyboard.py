"""Single keys from a terminal, without Enter, on every platform; the terminal is left as it was found.

What a key means is in one table; others mean nothing. Where there is no terminal nothing is ever pressed.
POSIX's terminal modules and Windows's are each imported only there.
"""

import re
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from host_tools.audio.playing import Action, Keys

HELP = "space: pause   left, right: 10 seconds   m: next mark   q: quit"
READ_BYTES = 64
INTERRUPT = "\x03"
MEANINGS = {
    " ": Action.PAUSE,
    "m": Action.NEXT_MARK,
    "q": Action.QUIT,
    "\x1b[D": Action.BACK,
    "\x1b[C": Action.FORWARD,
    "\x1bOD": Action.BACK,  # the same keys of a terminal in application mode
    "\x1bOC": Action.FORWARD,
    "\xe0K": Action.BACK,  # and on Windows
    "\xe0M": Action.FORWARD,
    "\x00K": Action.BACK,
    "\x00M": Action.FORWARD,
}
KEY = re.compile("|".join(re.escape(key) for key in sorted(MEANINGS, key=len, reverse=True)))
OTHER_KEY = re.compile("\x1b[\\[O][0-9;]*[A-Za-z~]|[\xe0\x00].|.", re.DOTALL)


def meant(typed: str) -> Iterator[Action]:
    """What the keys in `typed` ask for."""
    place = 0
    while place < len(typed):
        known = KEY.match(typed, place)
        if known:
            yield MEANINGS[known.group()]
        match = known or OTHER_KEY.match(typed, place)
        place = match.end() if match else len(typed)


class NoKeys:
    """Where there is no terminal."""

    def pressed(self) -> Action | None:
        """Never anything."""
        return None

    def wait(self) -> Action:
        """Nobody will ever press anything: leave."""
        return Action.QUIT


class _Terminal(ABC):
    """The wishes typed into a terminal; both platforms below say how characters are got from it."""

    def __init__(self) -> None:
        self._wishes: deque[Action] = deque()

    def pressed(self) -> Action | None:
        """The next wish, or None at once."""
        if not self._wishes and self._is_ready():
            self._take()
        return self._wishes.popleft() if self._wishes else None

    def wait(self) -> Action:
        """The next wish; the end of all input is one to leave."""
        while not self._wishes:
            self._take()
        return self._wishes.popleft()

    def _take(self) -> None:
        typed = self._typed()
        if INTERRUPT in typed:
            raise KeyboardInterrupt
        self._wishes.extend(meant(typed) if typed else [Action.QUIT])

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether something was typed."""

    @abstractmethod
    def _typed(self) -> str:
        """What was typed, once there is something; empty at the end of all input."""


if sys.platform == "win32":
    import msvcrt

    class _Keyboard(_Terminal):
        """Windows's console."""

        def _is_ready(self) -> bool:
            return msvcrt.kbhit()

        def _typed(self) -> str:
            first = msvcrt.getwch()
            return first + msvcrt.getwch() if first in "\xe0\x00" else first

    @contextmanager
    def _keyboard() -> Iterator[_Keyboard]:
        yield _Keyboard()

else:
    import os
    import select
    import termios
    import tty

    class _Keyboard(_Terminal):
        """A POSIX terminal, in cbreak mode."""

        def _is_ready(self) -> bool:
            return bool(select.select([sys.stdin], [], [], 0)[0])

        def _typed(self) -> str:
            try:
                return os.read(sys.stdin.fileno(), READ_BYTES).decode("latin-1")
            except OSError:  # the terminal is gone
                return ""

    @contextmanager
    def _keyboard() -> Iterator[_Keyboard]:
        before = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        try:
            yield _Keyboard()
        finally:
            with suppress(termios.error):  # a terminal that is gone needs nothing
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextmanager
def keys() -> Iterator[Keys]:
    """The keys of the terminal that the command was started from, or none."""
    if not sys.stdin.isatty():
        yield NoKeys()
        return
    with _keyboard() as keyboard:
        yield keyboard
