"""What the simulated recorder is started with: the JSON file that firmware/simulator/start.py reads.

A restart (the watchdog, `machine.reset`) is a new interpreter in the same world: time goes on, and what is
physical stays as it was. `remaining` says which events a start at a later time still has to see.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import CloisterError
from host_tools.simulator.interpreter import FIRMWARE_DIR
from host_tools.simulator.mic import NOISE_TRACK
from host_tools.simulator.scenario import Event

BOARD_HEAP_BYTES = 163_344  # free on an ESP32 without PSRAM when boot.py starts
HEAP_KB = (
    288  # of a 32-bit interpreter: the board's and the stand-ins'; little more, for each collection reads all
)
HEAP_WITH_PSRAM_KB = 2048
DEFAULT_BOARD = "esp32_wroom"
LASTING = ("battery", "light-off", "card-out", "card-in")


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
    track: int = NOISE_TRACK
    playing_since_ms: int | None = None
    cut_at_write: int | None = None

    def heap(self, word_bits: int) -> str:
        """What the interpreter's `-X heapsize=` gets."""
        return f"{(HEAP_WITH_PSRAM_KB if self.has_psram else HEAP_KB) * word_bits // 32}k"

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
            "heap_bytes": None if self.has_psram else BOARD_HEAP_BYTES,
            "events": [[event.time_ms, event.kind, *event.arguments] for event in events],
            "mic": [track, since_ms],
            "cut_at_write": self.cut_at_write if boot == 0 else None,
        }

    def _playing(self, origin_ms: int) -> tuple[int, int | None]:
        """Which track is heard at `origin_ms`, and since when, relative to it."""
        track, since_ms = self.track, self.playing_since_ms
        for event in self.events:
            if event.kind == "mic" and event.time_ms <= origin_ms and origin_ms > 0:
                track = int(event.arguments[0])
                since_ms = None if since_ms is None else max(since_ms, event.time_ms)
        return track, None if since_ms is None else since_ms - origin_ms


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
