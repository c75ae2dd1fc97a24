"""The simulated recorder's DS3231, which has a cell of its own: a small JSON file between runs.

`{"time": "2026-03-01T09:00:00.000Z", "stopped": false}`: the chip's time in UTC, and its flag that the
oscillator has stood still. A file that is missing is a new chip: 2000-01-01, with the flag. The chip's time
goes on by the virtual time of a run, whatever ends it, and stands still between runs.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from host_tools.errors import CloisterError

LARGEST_BYTES = 1000
NEW = datetime(2000, 1, 1)
YEARS = range(2000, 2100)  # it has two digits for them


@dataclass
class ClockChip:
    """The chip's time was `moment` (UTC) at `at_ms` of the run's virtual time."""

    path: Path
    moment: datetime = NEW
    stopped: bool = True
    at_ms: int = 0

    def setup(self, time_ms: int) -> tuple[list[int], int, bool]:
        """What the stand-in is given when the firmware starts at `time_ms`."""
        moment = self._moment(time_ms)
        return list(moment.timetuple()[:6]), moment.microsecond // 1000, self.stopped

    def take(self, said: dict[str, Any], time_ms: int) -> None:
        """The firmware has set it at `time_ms`."""
        self.moment = datetime(*said["moment"]) + timedelta(milliseconds=said["ms"])
        self.stopped = said["stopped"]
        self.at_ms = time_ms

    def forget(self, time_ms: int) -> None:
        """Its cell is empty and the power goes at `time_ms`: it is as good as new."""
        self.moment, self.stopped, self.at_ms = NEW, True, time_ms

    def save(self, time_ms: int) -> None:
        """Write what it has become by the end of a run, at `time_ms`. Raises CloisterError."""
        time = self._moment(time_ms).isoformat(timespec="milliseconds") + "Z"
        partial = self.path.with_name(self.path.name + ".partial")
        try:
            partial.write_text(json.dumps({"time": time, "stopped": self.stopped}) + "\n", encoding="utf-8")
            partial.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            reason = (error.strerror or "").lower()
            raise CloisterError(f"clock chip {self.path} cannot be written: {reason}") from None

    def _moment(self, time_ms: int) -> datetime:
        moment = self.moment + timedelta(milliseconds=time_ms - self.at_ms)
        return moment if moment.year in YEARS else moment.replace(year=moment.year - len(YEARS))


def read_clock_chip(path: Path) -> ClockChip:
    """The chip in that file, or a new one. Raises CloisterError if the file is something else."""
    if not path.exists():
        return ClockChip(path)
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(LARGEST_BYTES))
        time, stopped = content.pop("time"), content.pop("stopped")
        moment = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ" if "." in time else "%Y-%m-%dT%H:%M:%SZ")
        right = not content and isinstance(stopped, bool) and moment.year in YEARS
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        right = False
    if not right:
        raise CloisterError(
            f"{path} is no clock chip", 'it holds {"time": "2026-03-01T09:00:00Z", "stopped": false}'
        )
    return ClockChip(path, moment, stopped)
