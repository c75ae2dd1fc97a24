"""Power cuts in the writes of a recorder's life: each is followed by a new start and an import.

After it the recorder must be ready by itself, all but the last second of what was heard must be in the
vault, what was destroyed must stay so, and none of the recorder's own files may be torn.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.cli.targets import card_members
from host_tools.container.collection import Collection
from host_tools.container.findings import Finding
from host_tools.simulator.interpreter import FIRMWARE_DIR
from host_tools.simulator.write_log import CARD_SYNC
from host_tools.vault import open_vault
from host_tools.vault.intake import take_in
from tests.faults.images import Images, copy_sparse
from tests.faults.life import RATE_HZ, Run, set_chip
from tests.quick_vault import PASSPHRASE
from tests.simulated_recorder import Recorder

MOST_LOST_MS = 1000
RECORD_AGAIN_EVERY = 10  # cuts: there a recording follows, too
FLASH_CHECK = Path(__file__).with_name("flash_check.py")
ONE_MORE = "3 press both 0.2\n5 press p1 2.5\n12 end\n"
BULK = 64  # a longer row of equal writes is one


@dataclass
class Seen:
    """What came of one cut; `faults` in words, empty if all is well."""

    index: int
    state: str
    lost_ms: int = 0
    faults: list[str] = field(default_factory=list)


def cut_points(run: Run, every: int) -> list[int]:
    """All writes; of long rows of whole blocks the first and last 64, and of the rest one in `every`."""
    points: list[int] = []
    row: list[int] = []
    for index, write in enumerate(run.writes):
        if write.kind == CARD_SYNC:
            continue
        if len(write.data) == 4096:
            row.append(index)
            continue
        points += _thinned(row, every)
        points.append(index)
        row = []
    return points + _thinned(row, every)


def _thinned(row: list[int], every: int) -> list[int]:
    return row[:BULK] + row[BULK:-BULK][::every] + row[BULK:][-BULK:]


class Cutter:
    """Cuts the power in one run of a life. `erased`: numbers that are to be gone once it starts again."""

    def __init__(self, run: Run, interpreter: list[str], work: Path, erased: frozenset[int] = frozenset()):
        self._run = run
        self._interpreter = interpreter
        self._work = work
        self._erased = erased

    def cuts(self, points: Iterable[int], reordered: bool = False) -> Iterable[Seen]:
        """Cut at each of these writes, in order."""
        with Images(self._run.folder, self._run.writes, self._work / "now") as images:
            for index in points:
                images.advance(index)
                folder = self._work / "cut"
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(self._run.folder / "vault", folder / "vault")
                images.cut(folder, index, reordered)
                yield self._look(index, Recorder(folder, self._interpreter, lambda image: None))

    def _look(self, index: int, recorder: Recorder) -> Seen:
        time_ms = self._run.writes[index].time_ms
        seen = Seen(index, self._run.state_at(time_ms))
        say = seen.faults.append
        for name in self._torn_files(recorder):
            say(f"the recorder's own file {name} is torn")
        before = {finding.number: finding for finding in recorder.findings() if finding.samples}
        recorder.run("30 end\n" if self._erased else "3 end\n", clean=False, clock_chip=self._chip(recorder))
        if recorder.states()[-1] != "ready" or recorder.faults():
            say(f"after the start it is {recorder.states()[-1]}: {recorder.faults()}")
        found = {finding.number: finding for finding in import_all(recorder, say)}
        self._judge(seen, found, before, time_ms)
        if index % RECORD_AGAIN_EVERY == 0:
            self._record_again(recorder, found, say)
        return seen

    def _judge(self, seen: Seen, found: dict, before: dict[int, Finding], time_ms: int) -> None:
        """What was there is there still, and what had been heard is there but for the last second."""
        for number, finding in before.items():
            after = found.get(number)
            if number in self._erased or (after is not None and after.word == "destroyed"):
                continue
            if (
                after is None
                or after.samples != finding.samples
                or after.header.block != finding.header.block
            ):
                seen.faults.append(f"number {number} was {finding.message}, and is no longer")
        heard = self._run.sound_ms(time_ms)
        if self._erased:
            left = sorted(set(found) & self._erased)
            if left:
                seen.faults.append(f"numbers {left} have expired, and are still there")
            return
        kept_ms = kept(found)
        for recording, heard_ms in enumerate(heard):
            word, samples = kept_ms[recording] if recording < len(kept_ms) else ("missing", 0)
            if word == "destroyed":
                continue
            lost_ms = heard_ms - samples * 1000 // RATE_HZ
            seen.lost_ms = max(seen.lost_ms, lost_ms)
            if lost_ms > MOST_LOST_MS:
                seen.faults.append(f"recording {recording + 1}: {lost_ms} ms are lost ({word})")
        if heard and kept_ms and kept_ms[-1][0] != "destroyed" and seen.state != "consent":
            shown = self._run.blips(time_ms - 1)  # what is told at that moment may be the write itself
            if len(kept_ms) == len(heard) and kept_ms[-1][1] < shown * RATE_HZ:
                seen.faults.append(f"the light had shown {shown} s, and {kept_ms[-1][1]} samples are there")

    def _torn_files(self, recorder: Recorder) -> list[str]:
        copy = recorder.folder / "flash.copy"
        copy_sparse(recorder.folder / "flash.img", copy)
        done = subprocess.run(
            [*self._interpreter, FLASH_CHECK, FIRMWARE_DIR, copy], capture_output=True, text=True
        )
        return done.stdout.split() if done.returncode == 0 else [done.stderr.strip()]

    def _chip(self, recorder: Recorder) -> Path:
        return set_chip(recorder.folder, self._run.day)

    def _record_again(self, recorder: Recorder, found: dict, say: Callable[[str], None]) -> None:
        """The next recording has a number and a key of its own."""
        recorder.run(
            "3 press both 0.2\n5 press p1 2.5\n12 end\n", clean=False, clock_chip=self._chip(recorder)
        )
        after = {finding.number: finding for finding in recorder.findings() if finding.samples}
        new = set(after) - {number for number, finding in found.items() if finding.samples}
        if len(new) != 1 or after[max(after)].word != "complete":
            say(f"the next recording is {[(n, after[n].word) for n in new]}")
        keys = [finding.header.recipients[0].key_id for finding in after.values()]
        if len(set(keys)) != len(keys):
            say("a key was used twice")


def _is_same(after: Finding, before: Finding) -> bool:
    return after.samples == before.samples and after.header.block == before.header.block


def import_all(recorder: Recorder, say: Callable[[str], None]) -> list[Finding]:
    """Import the card as a laptop does; what it says of each container."""
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault, ExitStack() as stack:
        collection = Collection(card_members(str(recorder.card), stack), vault.knowledge())
        intakes = [take_in(vault, collection, member) for member in collection.members]
        stored = {recording.number: recording for recording in vault.recordings()}
    for intake in intakes:
        finding = intake.finding
        begun = finding.word == "damaged" and finding.segments == 0  # cut in its first segment: nothing yet
        if finding.word not in ("complete", "interrupted", "empty", "destroyed") and not begun:
            say(f"{finding.file}: {finding.word}: {finding.message}")
        if finding.samples and finding.number not in stored:
            say(f"{finding.file} was not imported")
        if finding.samples and stored[finding.number].samples != finding.samples:
            say(f"{finding.file} was imported with other samples")
    return [intake.finding for intake in intakes]


def kept(found: dict[int, Finding]) -> list[tuple[str, int]]:
    """(finding, samples) of each recording, its parts together, in order; unused ones left out."""
    recordings: list[tuple[str, int]] = []
    for number in sorted(found):
        finding = found[number]
        if finding.word == "destroyed":
            recordings.append((finding.word, 0))
        elif finding.samples and finding.session is not None and finding.session.part:
            recordings[-1] = (finding.word, finding.samples)
        elif finding.samples is not None and finding.word != "empty":
            recordings.append((finding.word, finding.samples))
    return recordings
