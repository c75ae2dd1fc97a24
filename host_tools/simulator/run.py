"""`simulate`: the recorder's firmware on this computer, from power-on to the end of the run.

What the firmware does is reported as it happens, with its virtual time. The run ends at the scenario's
`end` or `power-cut`, after `for_ms`, ten seconds after the last event where nothing else ends it, or by
Ctrl-C. A reset, the watchdog's too, starts the firmware again in the same world. A firmware that stops by
an exception, or by coming to its end, is an error.
"""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.errors import EXIT_USAGE, CloisterError
from host_tools.firmware.simulated import compiled_firmware
from host_tools.simulator.console import Console
from host_tools.simulator.images import prepare_images
from host_tools.simulator.interpreter import COMPILED_DIR, FIRMWARE_DIR, find_interpreter, word_bits
from host_tools.simulator.mic import NOISE_TRACK, Microphone
from host_tools.simulator.process import LOG_TAIL_BYTES, Recorder
from host_tools.simulator.scenario import Event, Scenario
from host_tools.simulator.world import DEFAULT_BOARD, World, has_psram

AFTER_LAST_EVENT_MS = 10_000
MOST_QUICK_RESTARTS = 5
QUICK_RESTART_MS = 1000
RESTARTING = ("reset", "watchdog")


@dataclass(frozen=True)
class Report:
    """One thing that happened; `kind` is `light`, `state`, `event`, `rtc`, `reset`, `sign` or `end`.

    Values: light `{"red": bool, "green": bool}` as seen; state a name; event an object with `event`; rtc
    the eight numbers it was set to; reset and end the reason; sign (of life) True, every ten seconds.
    """

    time_ms: int
    kind: str
    value: Any


@dataclass(frozen=True)
class Outcome:
    """How a run ended: by `end`, `for`, `idle`, `power-cut` or `interrupted`; `log` is what was printed."""

    reason: str
    time_ms: int
    restarts: int
    log: str


OnEvent = Callable[[Report], None]


def planned_end_ms(scenario: Scenario, for_ms: int | None, console: bool) -> int | None:
    """When the run will end at the latest, in virtual time; None if only Ctrl-C ends it."""
    ends = [end for end in (scenario.end_ms, for_ms) if end is not None]
    if ends:
        return min(ends)
    return None if console else scenario.last_ms + AFTER_LAST_EVENT_MS


def _with_end(scenario: Scenario, for_ms: int | None, console: bool) -> list[Event]:
    """The events, and one that ends the run where the scenario does not."""
    end_ms = planned_end_ms(scenario, for_ms, console)
    events = [
        Event(event.time_ms, "end", ("end",)) if event.kind == "end" else event for event in scenario.events
    ]
    if end_ms is None or end_ms == scenario.end_ms:
        return events
    reason = "idle" if for_ms is None else "for"
    return sorted([*events, Event(end_ms, "end", (reason,))], key=lambda event: event.time_ms)


def simulate(
    flash: Path,
    card: Path,
    mic: Path | None = None,
    scenario: Scenario | None = None,
    console: bool = False,
    speed: str = "max",
    for_ms: int | None = None,
    seed: int | None = None,
    on_event: OnEvent = lambda report: None,
    on_console: Callable[[str], None] = lambda path: None,
    board: str = DEFAULT_BOARD,
    interpreter: list[str] | None = None,
    firmware: Path = FIRMWARE_DIR,
    cut_at_write: int | None = None,
) -> Outcome:
    """Run the firmware; what happens goes to `on_event`, the pty's path to `on_console` before anything else.

    `cut_at_write` lets the supply fail in that write to card or flash, counted from 1 at power-on. With
    `seed` two runs on the same images are the same. Raises CloisterError for whatever is wrong with a file,
    the board, the interpreter or the firmware.
    """
    scenario = scenario or Scenario()
    if speed not in ("max", "real"):
        raise CloisterError("speed is max or real", exit_status=EXIT_USAGE)
    psram = has_psram(firmware, board)
    command = interpreter or find_interpreter()
    installed = compiled_firmware(firmware, board, command, COMPILED_DIR)
    with tempfile.TemporaryDirectory(prefix="cloister-mic-") as folder:
        audio_files = [*scenario.audio_files, *([mic] if mic else [])]
        microphone = Microphone(audio_files, Path(folder), seed or 0)
        blank, sectors = prepare_images(flash, card)
        world = World(
            flash, card, sectors, board, installed, psram,
            seed=secrets.token_bytes(32) if seed is None else str(seed).encode(),
            real_time=console or speed == "real", console=console,
            events=_with_end(scenario, for_ms, console),
            track=len(scenario.audio_files) if mic else NOISE_TRACK,
            cut_at_write=cut_at_write,
        )  # fmt: skip
        with _console(console, on_console) as pty:
            return _Run(world, microphone, command, pty, on_event).until_end(blank)


@contextmanager
def _console(wanted: bool, on_console: Callable[[str], None]) -> Iterator[Console | None]:
    """A pty if one is wanted, announced before the recorder starts."""
    if not wanted:
        yield None
        return
    pty = Console()
    try:
        on_console(pty.path)
        yield pty
    finally:
        pty.close()


class _Run:
    """Start after start, until a reason that is no restart."""

    def __init__(
        self, world: World, microphone: Microphone, command: list[str], pty: Console | None, on_event: OnEvent
    ):
        self._world = world
        self._microphone = microphone
        start = FIRMWARE_DIR / "simulator" / "start.py"
        heap = world.heap(word_bits(command[0]) or 64)
        self._command = [*command, "-X", f"heapsize={heap}", str(start)]
        self._pty = pty
        self._on_event = on_event
        self._time_ms = 0
        self._log = ""

    def until_end(self, blank: bool) -> Outcome:
        """Run to the end; `blank` says that the flash image is to be formatted at the first start."""
        restarts = quick = 0
        while quick <= MOST_QUICK_RESTARTS:
            started_ms = self._time_ms
            try:
                reason = self._one_start(restarts, blank and restarts == 0)
            except KeyboardInterrupt:
                reason = "interrupted"
            if reason not in RESTARTING:
                self._on_event(Report(self._time_ms, "end", reason))
                return Outcome(reason, self._time_ms, restarts, self._log)
            self._on_event(Report(self._time_ms, "reset", reason))
            restarts += 1
            quick = quick + 1 if self._time_ms - started_ms < QUICK_RESTART_MS else 0
        raise CloisterError(f"the firmware restarts again and again: {_last_line(self._log)}")

    def _one_start(self, boot: int, blank: bool) -> str:
        origin_ms = self._time_ms
        recorder = Recorder(self._command, self._world.setup(boot, origin_ms, blank), self._pty)
        try:
            for message in recorder.messages():
                self._time_ms = origin_ms + message.pop("ms")
                kind, value = message.popitem()
                if kind == "end":
                    return self._ended(value, recorder)
                self._take(kind, value, recorder)
            raise CloisterError(f"the interpreter died: {_last_line(recorder.log())}")
        finally:
            self._log = (self._log + recorder.log())[-LOG_TAIL_BYTES:]
            recorder.close()

    def _take(self, kind: str, value: Any, recorder: Recorder) -> None:
        if kind == "mic":
            form = (value["rate"], value["channels"], value["bits"])
            path, frames = self._microphone.render(value["track"], *form)
            recorder.answer({"path": str(path), "frames": frames})
        elif kind == "playing":
            self._world.playing_since_ms = self._time_ms
        else:
            self._on_event(Report(self._time_ms, kind, value))

    def _ended(self, reason: str, recorder: Recorder) -> str:
        if reason == "crash":
            raise CloisterError(f"the firmware stopped by an exception: {_last_line(recorder.log())}")
        if reason == "exit":
            raise CloisterError("the firmware came to its end: main.py returned")
        return reason


def _last_line(log: str) -> str:
    """What an exception is called: the last line that is not empty."""
    return next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "it said nothing")
