"""Reads a scenario: what happens to a simulated recorder from outside, one physical event a line.

`SECONDS KIND ARGUMENTS… # comment`, in seconds of virtual time since power-on, to the millisecond. The
kinds are those of docs/simulator.md. Lines may stand in any order; events of one
instant happen in the order of their lines. Whatever is wrong is said with the number of its line.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from host_tools.errors import CloisterError

LONGEST_MS = 1_000_000_000  # what the board's small integers hold
LARGEST_SCENARIO_BYTES = 1024 * 1024
LONGEST_LINE = 5000
MOST_LINES = 20_000  # with an event
LONGEST_NUMBER = 40
LARGEST_CARD_BYTES = 2 * 1024**4  # SDXC's most
SECTOR_BYTES = 512
PLAIN = ("end", "power-cut", "card-out", "card-locked", "light-off", "light-on", "clock-battery-out")
PARTIES = {"p1": (1,), "p2": (2,), "both": (1, 2)}


@dataclass(frozen=True)
class Event:
    """One event for the simulated world: `kind` and `arguments` as firmware/simulator/world.py takes them."""

    time_ms: int
    kind: str
    arguments: tuple[int | bool | str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """Events in order of time, and the files that `mic`, `card-in` and `card-busy` events name by index."""

    events: list[Event] = field(default_factory=list)
    audio_files: list[Path] = field(default_factory=list)
    card_files: list[Path] = field(default_factory=list)
    busy_files: list[Path] = field(default_factory=list)

    @property
    def last_ms(self) -> int:
        """When the last event happens; 0 if there is none."""
        return self.events[-1].time_ms if self.events else 0

    @property
    def end_ms(self) -> int | None:
        """When the scenario itself ends the run, by `end` or `power-cut`; None if it does not."""
        return next((event.time_ms for event in self.events if event.kind in ("end", "power-cut")), None)


def read_scenario(path: Path) -> Scenario:
    """The scenario in that file; the files it names are beside it, or else here. Raises CloisterError."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_SCENARIO_BYTES + 1)
    except OSError as error:
        raise CloisterError(f"scenario {path} cannot be read: {(error.strerror or '').lower()}") from None
    try:
        return parse_scenario(text.decode(), path.parent, name=str(path))
    except UnicodeDecodeError:
        raise CloisterError(f"scenario {path} is not UTF-8 text") from None


def parse_scenario(text: str, folder: Path = Path(), name: str = "scenario") -> Scenario:
    """The scenario that `text` describes; its files are in `folder`, or else here. Raises CloisterError."""
    if len(text) > LARGEST_SCENARIO_BYTES:
        raise CloisterError(f"{name} is larger than {LARGEST_SCENARIO_BYTES} bytes")
    parser = _Parser(folder)
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            parser.take(line)
        except ValueError as error:
            raise CloisterError(f"{name}, line {number}: {error}") from None
    try:
        return parser.finish()
    except ValueError as error:
        raise CloisterError(f"{name}: {error}") from None


def milliseconds(text: str) -> int:
    """A time in seconds, at most three decimals, as whole milliseconds. Raises ValueError."""
    try:
        exact_s = Decimal(text if len(text) <= LONGEST_NUMBER else "")
    except InvalidOperation:
        raise ValueError(f"{_shown(text)} is not a time in seconds") from None
    if not exact_s.is_finite() or not 0 <= exact_s <= LONGEST_MS // 1000:
        raise ValueError(f"{_shown(text)} is not a time from 0 to {LONGEST_MS // 1000} seconds")
    rounded_s = exact_s.quantize(Decimal("0.001"))
    if exact_s != rounded_s:
        raise ValueError(f"{_shown(text)} is finer than a millisecond")
    return int(rounded_s * 1000)


def _shown(text: str) -> str:
    """A word of the file as a message may quote it."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[: LONGEST_NUMBER + 1])
    return f"'{printable[:LONGEST_NUMBER]}…'" if len(text) > LONGEST_NUMBER else f"'{printable}'"


def _whole(text: str) -> int | None:
    """A whole number in digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


class _Parser:
    """Takes line after line; every complaint is a ValueError."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._events: list[Event] = []
        self._presses: list[tuple[int, int, int]] = []  # button, from, to
        self._audio_files: list[Path] = []
        self._card_files: list[Path] = []
        self._busy_files: list[Path] = []
        self._lines = 0
        self._kinds: dict[str, tuple[Callable[..., None], tuple[int, ...]]] = {
            "press": (self._press, (2,)),
            "mic": (self._file("mic", self._audio_files), (1,)),
            "card-in": (self._file("card-in", self._card_files), (0, 1)),
            "battery": (self._number("battery", "millivolts", 6000), (1,)),
            "card-stall": (self._number("card-stall", "milliseconds", 60_000), (1,)),
            "card-error": (self._number("card-error", "writes", 1_000_000), (1,)),
            "card-raise": (self._number("card-raise", "writes", 1_000_000), (1,)),
            "card-read-error": (self._number("card-read-error", "reads", 1_000_000), (1,)),
            "card-rot": (self._number("card-rot", "sectors", 1_000_000), (1,)),
            "card-cache": (self._number("card-cache", "writes", 1000, least=0), (1,)),
            "card-size": (self._card_size, (1, 2)),
            "card-busy": (self._file("card-busy", self._busy_files), (1,)),
        }
        for kind in PLAIN:
            self._kinds[kind] = (self._plain(kind), (0,))

    def take(self, line: str) -> None:
        """One line, with its comment."""
        line = line.lstrip()
        if not line or line[0] == "#":
            return
        if len(line) > LONGEST_LINE:
            raise ValueError(f"longer than {LONGEST_LINE} characters")
        words = shlex.split(line, comments=True)
        if not words:
            return
        self._lines += 1
        if self._lines > MOST_LINES:
            raise ValueError(f"more than {MOST_LINES} events")
        if len(words) == 1:
            raise ValueError("a time and an event are needed")
        time_ms, kind, arguments = milliseconds(words[0]), words[1], words[2:]
        if kind not in self._kinds:
            raise ValueError(f"{_shown(kind)} is no event; known are {', '.join(sorted(self._kinds))}")
        happen, counts = self._kinds[kind]
        if len(arguments) not in counts:
            takes = " or ".join(map(str, counts)) + (" argument" if counts[-1] == 1 else " arguments")
            raise ValueError(f"'{kind}' takes {takes}, not {len(arguments)}")
        happen(time_ms, *arguments)

    def finish(self) -> Scenario:
        """Everything taken, in order of time."""
        presses = sorted(self._presses)
        for (button, _, up_ms), (next_button, down_ms, _) in zip(presses, presses[1:], strict=False):
            if button == next_button and down_ms <= up_ms:
                down, up = down_ms / 1000, up_ms / 1000
                raise ValueError(f"p{button} is pressed at {down:g} s, but held until {up:g} s")
        events = sorted(self._events, key=lambda event: event.time_ms)
        return Scenario(events, self._audio_files, self._card_files, self._busy_files)

    def _press(self, time_ms: int, party: str, seconds: str) -> None:
        if party not in PARTIES:
            raise ValueError(f"{_shown(party)} is none of {', '.join(PARTIES)}")
        held_ms = milliseconds(seconds)
        if held_ms == 0:
            raise ValueError("a press takes longer than 0 seconds")
        for button in PARTIES[party]:
            self._presses.append((button, time_ms, time_ms + held_ms))
            self._events.append(Event(time_ms, "button", (button, True)))
            self._events.append(Event(time_ms + held_ms, "button", (button, False)))

    def _file(self, kind: str, files: list[Path]) -> Callable[..., None]:
        def happen(time_ms: int, *names: str) -> None:
            self._events.append(Event(time_ms, kind, tuple(len(files) + n for n in range(len(names)))))
            for name in names:
                if not name or "\0" in name:
                    raise ValueError(f"'{kind}' takes the name of a file, not {_shown(name)}")
                beside, here = self._folder / name, Path(name)
                try:
                    files.append(here if here.exists() and not beside.exists() else beside)
                except OSError as error:  # a name that is too long, a folder that is closed to us
                    raise ValueError(f"{_shown(name)}: {(error.strerror or '').lower()}") from None

        return happen

    def _number(self, kind: str, unit: str, most: int, least: int = 1) -> Callable[[int, str], None]:
        def happen(time_ms: int, text: str) -> None:
            number = _whole(text)
            if number is None or not least <= number <= most:
                raise ValueError(f"'{kind}' takes {unit} from {least} to {most}, not {_shown(text)}")
            self._events.append(Event(time_ms, kind, (number,)))

        return happen

    def _card_size(self, time_ms: int, text: str, beyond: str = "vanish") -> None:
        number = _whole(text.removesuffix("MiB"))
        size_bytes = None if number is None else number * (1024 * 1024 if text.endswith("MiB") else 1)
        if size_bytes is None or not 0 < size_bytes <= LARGEST_CARD_BYTES or size_bytes % SECTOR_BYTES:
            raise ValueError(f"'card-size' takes whole sectors in bytes, or 64MiB, not {_shown(text)}")
        if beyond not in ("vanish", "wrap"):
            raise ValueError(f"what is beyond the card's size may vanish or wrap, not {_shown(beyond)}")
        self._events.append(Event(time_ms, "card-size", (size_bytes // SECTOR_BYTES, beyond == "wrap")))

    def _plain(self, kind: str) -> Callable[[int], None]:
        return lambda time_ms: self._events.append(Event(time_ms, kind))
