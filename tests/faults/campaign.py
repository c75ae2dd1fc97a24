"""The whole campaign: every kind of fault, each many times, as a table. `share`: one in so many is tried.

Runs with several processes; what is tried, and with which seeds, is the same every time.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from host_tools.simulator.interpreter import find_interpreter
from tests.faults import card_faults, corruption, power_cuts, stalls
from tests.faults.life import ERASED, Run, live
from tests.faults.row import Row, gather
from tests.simulated_recorder import CARD_BYTES, Recorder, make_recorder

CARD_CASES = 10  # of each kind
CORRUPTED = 10_000
CORRUPTED_SEEDS = 4
RECORDING_EVERY = 3  # of long rows of whole blocks: segments
ERASING_EVERY = 100  # and what overwrites expired recordings
PIECE = 60  # cuts that one process does at a time
WHILE = {
    "start": "starting",
    "closing": "closing and preparing",
    "ready": "waiting",
    "consent": "waiting",
    "recording": "recording",
    "paused": "recording",
    "wiping": "destroying",
}
Say = Callable[[str], None]
Task = Callable[[], list[Row]]


def campaign(share: int, jobs: int, say: Say) -> list[Row]:
    """Every row of the table."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="cloister-faults-") as name, ProcessPoolExecutor(jobs) as pool:
        folder = Path(name)
        everything: dict[str, Iterable[Task]] = {
            "power cuts": _power_cuts(folder, share),
            "failing cards": _failing_cards(folder, share),
            "busy cards": [partial(stalls.campaign, share, [part]) for part in stalls.PARTS],
            "corrupted containers": _corrupted(share),
        }
        for title, some in everything.items():
            tasks = list(some)
            for done, part in enumerate(pool.map(_call, tasks), start=1):
                rows += part
                say(f"{title}: {done} of {len(tasks)} parts")
    return gather(rows)


def _call(task: Task) -> list[Row]:
    return task()


def _interpreter() -> list[str]:
    return list(find_interpreter(32))


def _power_cuts(folder: Path, share: int) -> Iterator[Task]:
    recorded, erased = live(folder / "life", _interpreter())
    for run, every, gone in ((recorded, RECORDING_EVERY, frozenset()), (erased, ERASING_EVERY, ERASED)):
        points = power_cuts.cut_points(run, every)[::share]
        for at in range(0, len(points), PIECE):
            work = folder / f"cuts-{id(run)}-{at}"
            yield partial(_cut, run, points[at : at + PIECE], gone, work)


def _cut(run: Run, points: list[int], gone: frozenset[int], work: Path) -> list[Row]:
    rows: dict[str, Row] = {}
    for seen in power_cuts.Cutter(run, _interpreter(), work, gone).cuts(points):
        what = "erasing what has expired" if gone and seen.state == "wiping" else WHILE[seen.state]
        row = rows.setdefault(what, Row(f"power cut while {what}"))
        row.take(f"write {seen.index}", seen.lost_ms, seen.faults)
    return list(rows.values())


def _failing_cards(folder: Path, share: int) -> Iterator[Task]:
    (folder / "recorder").mkdir()
    make_recorder(folder / "recorder", _interpreter(), lambda image: None, CARD_BYTES)
    for number in range(len(card_faults.KINDS)):
        yield partial(_fail, folder, number, range(max(1, CARD_CASES // share)))


def _corrupted(share: int) -> Iterator[Task]:
    for seed in range(CORRUPTED_SEEDS):
        yield partial(corruption.campaign, CORRUPTED // CORRUPTED_SEEDS // share, seed)


def _fail(folder: Path, number: int, seeds: range) -> list[Row]:
    kind = card_faults.KINDS[number]
    provisioned = Recorder(folder / "recorder", _interpreter(), lambda image: None)
    row = Row(kind.name)
    for case in card_faults.Bench(provisioned, folder / f"cards-{number}").cases(kind, seeds):
        row.take(f"seed {case.seed}", round(case.lost_s * 1000), case.faults)
    return [row]
