"""What the simulated recorder is started with: the JSON file that firmware/simulator/start.py reads.

A restart (the watchdog, `machine.reset`) is a new interpreter in the same world: time goes on, and what is
physical stays as it was. `remaining` says which events a start at a later time still has to see.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from host_tools.errors import CloisterError
from host_tools.simulator.clock_chip import ClockChip
from host_tools.simulator.interpreter import FIRMWARE_DIR
from host_tools.simulator.mic import NOISE_TRACK
from host_tools.simulator.scenario import Event

BOARD_HEAP_BYTES = 163_344  # free on an ESP32 without PSRAM when boot.py starts
# What the stand-ins and an event take of the interpreter's heap. It is made no larger than it must be: a
# collection reads all of it, and a call of a function with many locals searches it from its start for room.
STAND_INS_BYTES = {32: 72_000, 64: 92_000}
EVENT_BYTES = 80  # 32-bit
HEAP_WITH_PSRAM_KB = 2048
DEFAULT_BOARD = "esp32_wroom"
LASTING = (
    *("battery", "light-off", "light-on", "card-out", "card-in"),
    *("card-locked", "card-busy", "card-rot", "card-size", "card-cache"),
)
BATTERY_OUT = "clock-battery-out"  # shows only when the power goes, and then in the chip's file

Calendar = list[int]  # year, month, day, weekday, hour, minute, second, microsecond: as machine.RTC takes it
POWER_ON: Calendar = [2000, 1, 1, 5, 0, 0, 0, 0]


@dataclass
class World:
    """Everything that outlasts a restart. Times are milliseconds since the first power-on."""

    flash: Path
    card: Path
    card_sectors: int
    board: str
    firmware: Path  # compiled, as it is installed
    has_psram: bool
    seed: bytes
    real_time: bool
    console: bool
    events: list[Event]
    cards: list[tuple[str, int]] = field(default_factory=list)  # path and sectors, of `card-in` events
    busy: list[str] = field(default_factory=list)  # paths of traces, of `card-busy` events
    track: int = NOISE_TRACK
    playing_since_ms: int | None = None
    cut_at_write: int | None = None
    chip: ClockChip | None = None
    write_log: Path | None = None
    calendar: tuple[Calendar, int] = (POWER_ON, 0)  # what machine.RTC was set to, and when
    cause: str = "power-on"  # of the next start
    native_bytes: int = 0  # of the board's memory, for native code

    @property
    def free_bytes(self) -> int | None:
        """What the board has for the heap, its native code taken off; None: as much as is wanted."""
        return None if self.has_psram else BOARD_HEAP_BYTES - self.native_bytes

    def heap_bytes(self, word_bits: int) -> int:
        """How large the interpreter's heap has to be."""
        free = self.free_bytes or HEAP_WITH_PSRAM_KB * 1024
        objects = (free + len(self.events) * EVENT_BYTES) * word_bits // 32
        return (objects + STAND_INS_BYTES[word_bits]) * 33 // 32  # its own tables take one byte of 43

    def setup(self, boot: int, origin_ms: int, blank: bool) -> dict[str, object]:
        """The JSON object for the start of number `boot` at `origin_ms`, without the pipes."""
        track, since_ms = self._playing(origin_ms)
        events = remaining(self.events, origin_ms)
        return {
            "simulator": str(FIRMWARE_DIR),
            "firmware": str(self.firmware.resolve()),
            "board": self.board,
            "flash": str(self.flash.resolve()),
            "blank": blank,
            "card": str(self.card.resolve()),
            "card_sectors": self.card_sectors,
            "seed": hashlib.sha256(self.seed + boot.to_bytes(4, "big")).hexdigest(),
            "real": self.real_time,
            "console": self.console,
            "heap_bytes": self.free_bytes,
            "events": [self._for_firmware(event) for event in events if event.kind != BATTERY_OUT],
            "mic": [track, since_ms],
            "calendar": [self.calendar[0], origin_ms - self.calendar[1]],
            "clock_chip": self.chip and self.chip.setup(origin_ms),
            "cut_at_write": self.cut_at_write if boot == 0 else None,
            "write_log": self.write_log and [str(self.write_log.resolve()), origin_ms],
            "cause": self.cause,
        }

    def take(self, kind: str, value: Any, time_ms: int) -> None:
        """Note what the firmware has set at `time_ms`, if it outlasts a restart."""
        if kind == "rtc":
            self.calendar = (value, time_ms)
        elif kind == "clock-chip" and self.chip is not None:
            self.chip.take(value, time_ms)

    def end(self, time_ms: int) -> None:
        """The run has ended: what has a cell of its own goes into its file. Raises CloisterError."""
        if self.chip is not None:
            if any(event.kind == BATTERY_OUT and event.time_ms <= time_ms for event in self.events):
                self.chip.forget(time_ms)
            self.chip.save(time_ms)

    def _for_firmware(self, event: Event) -> list[object]:
        arguments: tuple[object, ...] = event.arguments
        if event.kind == "card-in" and event.arguments:
            arguments = self.cards[int(event.arguments[0])]
        if event.kind == "card-busy":
            arguments = (self.busy[int(event.arguments[0])],)
        return [event.time_ms, event.kind, *arguments]

    def _playing(self, origin_ms: int) -> tuple[int, int | None]:
        """Which track is heard at `origin_ms`, and since when, relative to it."""
        track, since_ms = self.track, self.playing_since_ms
        for event in self.events:
            if event.kind == "mic" and event.time_ms <= origin_ms and origin_ms > 0:
                track = int(event.arguments[0])
                since_ms = None if since_ms is None else max(since_ms, event.time_ms)
        return track, None if since_ms is None else since_ms - origin_ms


def calendar_at_start(moment: tuple[int, ...] | None) -> Calendar:
    """(year, month, day and perhaps hour, minute, second) as a Calendar. Raises CloisterError."""
    if moment is None:
        return POWER_ON
    try:
        start = datetime(*moment)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise CloisterError(f"{moment} is no moment for the board's calendar") from None
    year, month, day, hour, minute, second, weekday = start.timetuple()[:7]
    return [year, month, day, weekday, hour, minute, second, 0]


def remaining(events: list[Event], origin_ms: int) -> list[Event]:
    """The events after `origin_ms`, in time since then; first, at 0, what is lasting of the earlier ones."""
    if origin_ms == 0:
        return events
    past = [event for event in events if event.time_ms <= origin_ms]
    lasting = [Event(0, event.kind, event.arguments) for event in past if event.kind in LASTING]
    buttons = {event.arguments[0]: event for event in past if event.kind == "button"}
    lasting += [Event(0, "button", event.arguments) for event in buttons.values() if event.arguments[1]]
    later = [event for event in events if event.time_ms > origin_ms]
    return lasting + [Event(event.time_ms - origin_ms, event.kind, event.arguments) for event in later]


def has_psram(firmware: Path, board: str) -> bool:
    """What the board's own pins.py says; CloisterError if there is no such board."""
    pins = firmware / "boards" / board / "pins.py"
    if not re.fullmatch(r"[a-z0-9_]+", board) or not pins.is_file():
        raise CloisterError(f"there is no board '{board}'", "the boards are the folders in firmware/boards")
    text = pins.read_text(encoding="utf-8")
    return re.search(r"^HAS_PSRAM\s*=\s*True\b", text, re.MULTILINE) is not None
