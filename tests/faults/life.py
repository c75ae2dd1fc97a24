"""A recorder's whole life, recorded write by write, so that any moment of it can be made again.

Two recordings in one run: the first with a pause, a mark and a second container, then one that is destroyed
on the spot, then a short one; two days later everything has expired and is erased at the start.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from host_tools.simulator.run import Report
from host_tools.simulator.write_log import Write, read_write_log
from tests.faults.images import copy_sparse
from tests.simulated_recorder import STARTUP_FRAMES, Recorder, make_recorder

RATE_HZ = 8000  # the least that a container of ten minutes can hold: 2400 segments
CARD_BYTES = 300 * 1024 * 1024  # with clusters of one segment
CONFIG = {"rate": RATE_HZ, "retention_days": 1, "erase_expired": True}
RECORDED = """
3 press both 0.2
20 press p1 0.1
23 press both 0.2
30 press p2 0.1
30.25 press p2 0.1
640 press p1 2.5
646 press both 0.2
650 press both 8.5
666 press both 0.2
669 press p2 2.5
676 end
"""
RECORDED_ON = "2026-03-01T09:00:00.000Z"
ERASED = frozenset({1, 2, 3, 4})
ERASED_ON = "2026-03-03T09:00:00.000Z"


@dataclass(frozen=True)
class Run:
    """One run of a life: what was written, in order, and what was seen meanwhile."""

    day: str
    writes: list[Write]
    reports: list[Report]
    folder: Path  # of its first images: flash.img, card.img, vault

    def sound_ms(self, time_ms: int) -> list[int]:
        """How long each recording's microphone had delivered sound by then, start-ups left out."""
        lengths: list[int] = []
        goes_on = False
        for began_ms, ended_ms in self._powered(time_ms):
            heard_ms = max(0, ended_ms - began_ms - STARTUP_FRAMES * 1000 // RATE_HZ)
            if goes_on:
                lengths[-1] += heard_ms
            else:
                lengths.append(heard_ms)
            goes_on = any(
                state == "paused" and 0 <= at_ms - ended_ms < 1000 for state, at_ms in self._states()
            )
        return lengths

    def _powered(self, until_ms: int) -> list[tuple[int, int]]:
        """When the microphone had power to record, as (from, to) in ms: the red light, but in no wiping."""
        spans: list[tuple[int, int]] = []
        lit, state = False, ""
        for report in self.reports:
            if report.time_ms > until_ms:
                break
            if report.kind == "state":
                state = report.value
            elif report.kind == "light" and report.value["red"] != lit:
                lit = not lit
                if lit and state in ("consent", "paused"):
                    spans.append((report.time_ms, until_ms))
                elif not lit and spans:
                    spans[-1] = (spans[-1][0], min(spans[-1][1], report.time_ms))
        return spans

    def blips(self, time_ms: int) -> int:
        """How many seconds the light had told to be safe by then, of the recording under way or the last."""
        count, paused, lit = 0, False, False
        state = ""
        # A state's own first blip is told before the state is.
        seen = (report for report in self.reports if report.time_ms <= time_ms)
        for report in sorted(seen, key=lambda report: (report.time_ms, report.kind != "state")):
            if report.kind == "state":
                if report.value == "recording" and not paused:
                    count = 0
                paused = report.value == "paused"
                state = report.value
            elif report.kind == "light":
                count += report.value["green"] and not lit and state == "recording"
                lit = report.value["green"]
        return count

    def state_at(self, time_ms: int) -> str:
        """The state that was shown last before that moment."""
        shown = [state for state, began_ms in self._states() if began_ms < time_ms]
        return shown[-1] if shown else "start"

    def _states(self) -> list[tuple[str, int]]:
        """Each state, and when it began."""
        return [(report.value, report.time_ms) for report in self.reports if report.kind == "state"]


def live(folder: Path, interpreter: list[str], script: str = RECORDED) -> tuple[Run, Run]:
    """Live it in an empty folder: (the recordings, their erasure)."""
    (folder / "recorder").mkdir(parents=True)
    recorder = make_recorder(
        folder / "recorder", interpreter, lambda image: None, CARD_BYTES, keys=20, config=CONFIG
    )
    first = _run(recorder, folder / "first", script, RECORDED_ON)
    second = _run(recorder, folder / "second", "120 end\n", ERASED_ON)
    return first, second


def set_chip(folder: Path, time: str) -> Path:
    """The file of a clock chip that has this time."""
    path = folder / "chip.json"
    path.write_text(json.dumps({"time": time, "stopped": False}))
    return path


def _run(recorder: Recorder, folder: Path, script: str, day: str) -> Run:
    shutil.copytree(recorder.folder, folder, copy_function=copy_sparse)
    log = recorder.folder / "writes.log"
    outcome = recorder.run(script, write_log=log, clock_chip=set_chip(recorder.folder, day))
    assert outcome.reason == "end" and not recorder.faults()
    writes = list(read_write_log(log))
    log.unlink()
    return Run(day, writes, list(recorder.reports), folder)
