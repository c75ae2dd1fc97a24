"""Cards that fail while a recorder uses them: what is kept, whether it is told, and that no sample is wrong.

Each case is one recording with one fault at a random moment, and then another one after power was off. What
the laptop reads is held against what an undisturbed recorder made of the same sound.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from tests.faults.images import copy_sparse
from tests.simulated_recorder import STARTUP_FRAMES, Recorder

RATE_HZ = 16_000
START_S, STOP_S, END_S = 3.0, 14.0, 34.0
FIRST_FAULT_S, LAST_FAULT_S = 0.2, 13.5
KEPT_TO_WITHIN_S = 1.0
REFERENCE_S = 30


@dataclass(frozen=True)
class Kind:
    """A kind of fault: its scenario lines at a moment in seconds, and what is asked of the recorder.

    rides_out: nothing may be lost, nor a fault be shown. hopeless: the card itself forgets what it was given.
    """

    name: str
    lines: Callable[[float, random.Random], str]
    rides_out: bool = False
    hopeless: bool = False


def _at(event: str) -> Callable[[float, random.Random], str]:
    return lambda time_s, chance: f"{time_s} {event}\n"


def _out_and_in(time_s: float, chance: random.Random) -> str:
    return f"{time_s} card-out\n{time_s + chance.choice((0.1, 2)):.3f} card-in\n"


def _from_the_start(event: str) -> Callable[[float, random.Random], str]:
    return lambda time_s, chance: f"0 {event}\n"


def _fake(more: str) -> Callable[[float, random.Random], str]:
    return lambda time_s, chance: f"0 card-size {chance.randrange(5, 18)}MiB{more}\n"


def _reordered(time_s: float, chance: random.Random) -> str:
    return f"0 card-cache 32\n{time_s} power-cut\n"


KINDS = (
    Kind("a write fails once", _at("card-error 1"), rides_out=True),
    Kind("a write raises an exception once", _at("card-raise 1"), rides_out=True),
    Kind("a read fails once", _at("card-read-error 1"), rides_out=True),
    Kind("writes fail for ever", _at("card-error 1000000")),
    Kind("writes raise exceptions for ever", _at("card-raise 1000000")),
    Kind("reads fail for ever", _at("card-read-error 1000000")),
    Kind("the card can no longer be written", _at("card-locked")),
    Kind("the card is pulled", _at("card-out")),
    Kind("the card is pulled and put back", _out_and_in),
    Kind("power cut, writes held back by the card and reordered", _reordered),
    Kind("worn card: each hundredth sector holds other data", _from_the_start("card-rot 100"), hopeless=True),
    Kind(
        "worn card: each thousandth sector holds other data", _from_the_start("card-rot 1000"), hopeless=True
    ),
    Kind("fake card: writes beyond its real size vanish", _fake(""), hopeless=True),
    Kind("fake card: writes beyond its real size wrap", _fake(" wrap"), hopeless=True),
)


@dataclass
class Case:
    """What came of one case. `faults`: what must not be; empty if all is well."""

    kind: str
    seed: int
    lost_s: float = 0.0
    told: bool = False
    faults: list[str] = field(default_factory=list)


class Bench:
    """Plays cases on copies of one provisioned recorder."""

    def __init__(self, provisioned: Recorder, work: Path):
        self._provisioned = provisioned
        self._work = work
        work.mkdir(parents=True, exist_ok=True)
        self._mic = work / "mic.wav"
        noise = np.random.default_rng(11).integers(-8000, 8000, (60 * RATE_HZ, 1), dtype=np.int16)
        soundfile.write(self._mic, noise, RATE_HZ, subtype="PCM_16")
        reference = self._fresh()
        reference.run(
            f"{START_S} press both 0.2\n{REFERENCE_S} press p1 2.5\n{REFERENCE_S + 5} end\n", self._mic
        )
        self._truth = reference.sound()

    def cases(self, kind: Kind, seeds: range) -> Iterator[Case]:
        """One case for each seed."""
        for seed in seeds:
            yield self._case(kind, seed)

    def _fresh(self) -> Recorder:
        folder = self._work / "case"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._provisioned.folder, folder, copy_function=copy_sparse)
        return Recorder(folder, self._provisioned.interpreter, lambda image: None)

    def _case(self, kind: Kind, seed: int) -> Case:
        chance = random.Random(f"{kind.name} {seed}")
        at_s = round(chance.uniform(FIRST_FAULT_S, LAST_FAULT_S), 3)
        case = Case(kind.name, seed)
        recorder = self._fresh()
        lines = [
            f"{START_S} press both 0.2",
            f"{STOP_S} press p1 2.5",
            *kind.lines(at_s, chance).splitlines(),
        ]
        recorder.run("\n".join([*lines, f"{END_S} end"]) + "\n", self._mic)
        self._judge(case, recorder, kind, _heard_s(recorder), bool(recorder.faults()))
        recorder.run(f"{START_S} press both 0.2\n6 press p1 2.5\n12 end\n", self._mic)
        words = [finding.word for finding in recorder.findings()] if not recorder.faults() else []
        if not kind.hopeless and words.count("complete") < 1:
            case.faults.append(f"the next recording does not succeed: {recorder.faults()} {words}")
        return case

    def _judge(self, case: Case, recorder: Recorder, kind: Kind, heard_s: float, faulted: bool) -> None:
        try:
            findings = [finding for finding in recorder.findings() if finding.word != "empty"]
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is what the case came to
            findings, case.told = [], True
            if not kind.hopeless:
                case.faults.append(f"the card cannot be read: {failure}")
        first = next((finding for finding in findings if finding.samples), None)
        kept_s = first.samples / RATE_HZ if first else 0.0
        case.lost_s = max(0.0, heard_s - kept_s)
        case.told = case.told or faulted or any(finding.needs_attention for finding in findings)
        if first is not None and not self._is_true(recorder, first.file, first.lost or 0):
            case.faults.append("wrong samples")
        if case.lost_s > KEPT_TO_WITHIN_S and not kind.hopeless:
            case.faults.append(f"{case.lost_s:.2f} s are lost")
        if case.lost_s > KEPT_TO_WITHIN_S and not case.told:
            case.faults.append("a loss that nobody tells of")
        if kind.rides_out and (faulted or first is None or (first.word, first.lost) != ("complete", 0)):
            case.faults.append(f"it does not ride it out: {recorder.faults()} {first and first.message}")

    def _is_true(self, recorder: Recorder, name: str, lost: int) -> bool:
        sound = recorder.sound(name)
        return lost > 0 or bool(np.array_equal(sound, self._truth[: len(sound)]))


def _heard_s(recorder: Recorder) -> float:
    """How long the microphone delivered sound in the first recording, its start-up left out."""
    recording_ms = [report.time_ms for report in recorder.reports if report.value == "recording"]
    red = [
        (on_ms, off_ms)
        for on_ms, off_ms in recorder.lights("red")
        if recording_ms and off_ms > recording_ms[0]
    ]
    if not red:
        return 0.0
    return max(0.0, (red[0][1] - red[0][0]) / 1000 - STARTUP_FRAMES / RATE_HZ)
