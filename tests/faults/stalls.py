"""Cards that are busy: every sample that was recorded is the one it says, and every gap what was lost."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.simulator.interpreter import find_interpreter
from tests.faults import stall_trials as make
from tests.faults.heard import Judged, judge, noise
from tests.faults.row import Row
from tests.faults.stall_trials import Trial
from tests.simulated_recorder import Recorder, make_recorder

CARD_BYTES = 300 * 1024 * 1024
LEAST_MS = 50  # what is shorter is not counted as a stall
Maker = Callable[[int], list[Trial]]
PARTS: tuple[Maker, ...] = (
    make.ridden_out, make.longer, make.at_once, make.traces, make.beside_preparation,
    make.at_the_end_of_a_container, make.around_pauses, make.around_stops, make.other_rates,
)  # fmt: skip
PART_COUNT = 40  # stalls of each kind, where they are cheap


@dataclass
class Figures:
    """What came of the stalls of one kind, in frames where nothing else is said."""

    kind: str
    tried: int = 0
    survived: int = 0
    lost: int = 0
    longest_gap_ms: int = 0
    wrong: int = 0
    gaps_wrong: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, trial: Trial, judged: Judged) -> None:
        """Take in one recording's."""
        tried = sum(ms > LEAST_MS for _, ms in trial.stalls)
        bad = judged.gaps_wrong + (judged.gaps if trial.must_ride else 0)
        if set(judged.words) != {"complete"} or (judged.wrong and not bad):
            bad = tried
            self.notes.append(f"{trial.kind}: {judged}")
        self.tried += tried
        self.survived += tried - min(tried, bad)
        self.lost += judged.lost
        self.longest_gap_ms = max(self.longest_gap_ms, judged.longest_gap * 1000 // trial.rate_hz)
        self.wrong += judged.wrong
        self.gaps_wrong += judged.gaps_wrong

    def row(self) -> Row:
        """As the table of all faults has it."""
        row = Row(self.kind, self.tried, self.survived)
        row.loss = f"{self.longest_gap_ms} ms at once, told to the sample" if self.lost else "nothing"
        row.failed = list(self.notes)
        if self.wrong or self.gaps_wrong:
            row.failed.append(f"{self.kind}: {self.wrong} wrong samples, {self.gaps_wrong} wrong gaps")
        return row


def run(recorder: Recorder, trial: Trial, seed: int = 7) -> Judged:
    """Make one recording with a recorder that has been set up for it, and hold it against what was played."""
    played = noise(int(trial.end_s) + 14, trial.rate_hz, trial.channels, seed)
    recorder.run(trial.text(), played, trial.rate_hz, board=trial.board, clean=False)
    return judge(recorder, played, trial.rate_hz)


def run_all(trials: Iterable[Trial], template: Recorder, folder: Path) -> Iterator[tuple[Trial, Judged]]:
    """Run each with a copy of a provisioned recorder, or one with the trial's settings."""
    ready: dict[tuple[tuple[str, int], ...], Recorder] = {}
    for trial in trials:
        settings = {"rate": trial.rate_hz, "channels": trial.channels, **trial.settings}
        key = tuple(sorted(settings.items()))
        if key not in ready:
            ready[key] = _copy(template, folder / f"set{len(ready)}")
            ready[key].configure(**settings)
        recorder = _copy(ready[key], folder / "trial")
        yield trial, run(recorder, trial)
        shutil.rmtree(recorder.folder)


def _copy(recorder: Recorder, folder: Path) -> Recorder:
    shutil.copytree(recorder.folder, folder)
    return Recorder(folder, recorder.interpreter, recorder.fsck)


def sum_up(results: Iterable[tuple[Trial, Judged]]) -> list[Figures]:
    """The figures of each kind, in the order in which they come."""
    kinds: dict[str, Figures] = {}
    for trial, judged in results:
        kinds.setdefault(trial.kind, Figures(trial.kind)).add(trial, judged)
    return list(kinds.values())


def campaign(
    share: int = 1,
    parts: Sequence[Maker] = PARTS,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Row]:
    """Run the campaign, or parts of it; one in `share` is tried. `progress`: recordings done, of all."""
    trials = [trial for part in parts for trial in part(max(1, PART_COUNT // share))]
    with tempfile.TemporaryDirectory(prefix="cloister-stalls-") as name:
        folder = Path(name)
        (folder / "template").mkdir()
        template = make_recorder(folder / "template", find_interpreter(32), lambda image: None, CARD_BYTES)
        results = []
        for done, result in enumerate(run_all(trials, template, folder), start=1):
            results.append(result)
            progress(done, len(trials))
    return [figures.row() for figures in sum_up(results)]
