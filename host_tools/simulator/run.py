"""`simulate`: the recorder's firmware on this computer, from power-on to the end of the run.

What the firmware does is reported as it happens, with its virtual time. The run ends at the scenario's
`end` or `power-cut`, after `for_ms`, ten seconds after the last event where nothing else ends it, by
Ctrl-C, or when main.py returns, for then a board opens its REPL. A reset, the watchdog's too, starts the
firmware again in the same world. A firmware that stops by an exception is an error.
"""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.errors import EXIT_USAGE, CloisterError
from host_tools.firmware.native import native_memory_bytes
from host_tools.simulator.builds import installed_firmware
from host_tools.simulator.busy import write_traces
from host_tools.simulator.clock_chip import ClockChip, read_clock_chip
from host_tools.simulator.console import Console
from host_tools.simulator.images import look_at_cards, prepare_images
from host_tools.simulator.interpreter import COMPILED_DIR, FIRMWARE_DIR, find_interpreter, word_bits
from host_tools.simulator.mic import NOISE_TRACK, Microphone
from host_tools.simulator.process import LOG_TAIL_BYTES, Recorder
from host_tools.simulator.scenario import Event, Scenario
from host_tools.simulator.world import DEFAULT_BOARD, World, calendar_at_start, has_psram

AFTER_LAST_EVENT_MS = 10_000
MOST_QUICK_RESTARTS = 5
QUICK_RESTART_MS = 1000
RESTARTING = ("reset", "watchdog")


@dataclass(frozen=True)
class Report:
    """One thing that happened; `kind` is what the firmware or its stand-ins call it.

    Values: light `{"red": bool, "green": bool}` as seen; state a name; event an object with `event`; fault
    words; rtc the eight numbers that machine.RTC was set to; clock-chip `{"moment", "ms", "stopped"}`, as it
    was set; radio whether its clocks run, at each setting; reset and end the reason; sign (of life) the
    bytes that are free after a collection, every ten seconds.
    """

    time_ms: int
    kind: str
    value: Any


@dataclass(frozen=True)
class Outcome:
    """How a run ended (docs/simulator.md has the reasons); `log` is what was printed."""

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
    clock_chip: Path | None = None,
    calendar: tuple[int, ...] | None = None,
    write_log: Path | None = None,
) -> Outcome:
    """Run the firmware; what happens goes to `on_event`, the pty's path to `on_console` before anything else.

    `cut_at_write` lets the supply fail in that write to card or flash, counted from 1 at power-on. With
    `seed` two runs on the same images are the same. `clock_chip` is the file of the DS3231, without which
    there is none; `calendar` (year, month, day and perhaps hour, minute, second) is where machine.RTC
    starts instead of 2000-01-01. Into the file `write_log` goes every write to card and flash, as in
    firmware/simulator/write_log.py. Raises CloisterError for whatever is wrong with a file, the board,
    the interpreter or the firmware.
    """
    scenario = scenario or Scenario()
    if speed not in ("max", "real"):
        raise CloisterError("speed is max or real", exit_status=EXIT_USAGE)
    set_to = calendar_at_start(calendar)
    psram = has_psram(firmware, board)
    command = interpreter or find_interpreter()
    with ExitStack() as stack:
        installed = stack.enter_context(installed_firmware(firmware, board, command, COMPILED_DIR))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cloister-mic-"))
        audio_files = [*scenario.audio_files, *([mic] if mic else [])]
        microphone = Microphone(audio_files, Path(folder), seed or 0)
        cards = look_at_cards(scenario.card_files, flash)
        busy = write_traces(scenario.busy_files, Path(folder))
        chip = read_clock_chip(clock_chip) if clock_chip else None
        blank, sectors = _prepare(flash, card, chip)
        if write_log is not None:
            _begin_write_log(write_log, (flash, card))
        world = World(
            flash, card, sectors, board, installed, psram,
            seed=secrets.token_bytes(32) if seed is None else str(seed).encode(),
            real_time=console or speed == "real", console=console,
            events=_with_end(scenario, for_ms, console), cards=cards, busy=busy,
            track=len(scenario.audio_files) if mic else NOISE_TRACK,
            cut_at_write=cut_at_write, chip=chip, calendar=(set_to, 0), write_log=write_log,
            native_bytes=native_memory_bytes(firmware, board, installed),
        )  # fmt: skip
        pty = stack.enter_context(_console(console, on_console))
        return _Run(world, microphone, command, pty, on_event).until_end(blank)


def _prepare(flash: Path, card: Path, chip: ClockChip | None) -> tuple[bool, int]:
    """As prepare_images; the clock chip's file is made, too, or nothing is."""
    is_new = chip is not None and not chip.path.exists()
    if chip is not None:
        chip.save(0)
    try:
        return prepare_images(flash, card)
    except CloisterError:
        if chip is not None and is_new:
            chip.path.unlink()
        raise


def _begin_write_log(path: Path, images: tuple[Path, Path]) -> None:
    """Make it an empty file. Raises CloisterError if it cannot be one, or is one of the images."""
    if path.resolve() in [image.resolve() for image in images]:
        raise CloisterError(f"{path} cannot be an image and the write log at once")
    try:
        path.write_bytes(b"")
    except OSError as error:
        raise CloisterError(f"write log {path} cannot be written: {(error.strerror or '').lower()}") from None


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
        heap = world.heap_bytes(word_bits(command[0]) or 64)
        self._command = [*command, "-X", f"heapsize={heap}", str(start)]
        self._pty = pty
        self._on_event = on_event
        self._time_ms = 0
        self._heard_s = time.monotonic()
        self._log = ""

    def until_end(self, blank: bool) -> Outcome:
        """Run to the end; `blank` says that the flash image is to be formatted at the first start."""
        try:
            return self._start_again_and_again(blank)
        finally:
            self._world.end(self._time_ms)

    def _start_again_and_again(self, blank: bool) -> Outcome:
        restarts = quick = 0
        while quick <= MOST_QUICK_RESTARTS:
            started_ms = self._time_ms
            try:
                reason = self._one_start(restarts, blank and restarts == 0)
            except KeyboardInterrupt:
                reason = self._interrupted()
            if reason not in RESTARTING:
                self._on_event(Report(self._time_ms, "end", reason))
                return Outcome(reason, self._time_ms, restarts, self._log)
            self._on_event(Report(self._time_ms, "reset", reason))
            self._world.cause = reason
            restarts += 1
            quick = quick + 1 if self._time_ms - started_ms < QUICK_RESTART_MS else 0
        raise CloisterError(f"the firmware restarts again and again: {_last_line(self._log)}")

    def _interrupted(self) -> str:
        if self._world.real_time:  # the recorder may have been silent for ten seconds
            self._time_ms += int((time.monotonic() - self._heard_s) * 1000)
        return "interrupted"

    def _one_start(self, boot: int, blank: bool) -> str:
        origin_ms = self._time_ms
        recorder = Recorder(self._command, self._world.setup(boot, origin_ms, blank), self._pty)
        try:
            for message in recorder.messages():
                self._heard_s = time.monotonic()
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
            self._world.take(kind, value, self._time_ms)
            self._on_event(Report(self._time_ms, kind, value))

    def _ended(self, reason: str, recorder: Recorder) -> str:
        if reason == "crash":
            raise CloisterError(f"the firmware stopped by an exception: {_last_line(recorder.log())}")
        return reason


def _last_line(log: str) -> str:
    """What an exception is called: the last line that is not empty."""
    return next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "it said nothing")
