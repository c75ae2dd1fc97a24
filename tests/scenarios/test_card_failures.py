"""Cards that fail reads and writes at random, or are pulled: seeded lives of a recorder.

Whatever happens, what was shown as safe is on the card, the lights tell a fault of the card as such, and once
the cause is gone the recorder goes on by itself or after a button was held; it never restarts.
"""

import random
import re
from dataclasses import dataclass

import pytest

from tests.conftest import WORD_SIZES

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

LIVES = 8
RATE_HZ = 16_000
FOREVER = 1_000_000
CARD_FAULT = re.compile("the card|no card|.*header is not|the next container cannot be prepared")
SOUND_WORDS = {"complete", "interrupted"}


@dataclass(frozen=True)
class Life:
    """A scenario, and whether it destroys what it records first."""

    text: str
    destroys: bool


def failing_life(seed: int) -> Life:
    """A recording while the card fails, then two holds of a button, then a recording on a good card."""
    dice = random.Random(seed)
    kind = dice.choice(["plain", "plain", "paused", "destroyed", "continued", "idle"])
    begin, end = 3.0, 640.0 if kind == "continued" else 16.0
    lines = [] if kind == "idle" else [f"{begin} press both 0.2"]
    if kind == "paused":
        lines += ["7.0 press p1 0.1", "10.0 press both 0.2"]
    if kind == "destroyed":
        lines.append("6.0 press both 8.5")
        end = 14.0
    elif kind != "idle":
        lines.append(f"{end} press p2 2.5")
    moments = [(0, 1.2), (begin, begin + 0.3), (begin, end), (end, end + 0.5), (end + 2, end + 2.2)]
    if kind == "continued":
        moments += [(300, 304), (590, 612)] * 3
    is_out = False
    for _ in range(dice.randint(1, 3)):
        at = round(dice.uniform(*dice.choice(moments)), 3)
        what = dice.choice(["card-error", "card-raise", "card-read-error", "card-out", "card-stall"])
        if what == "card-out":
            is_out = True
            lines += [f"{at} card-out"] + [f"{at + 0.004:.3f} card-in"] * dice.randint(0, 1)
        elif what == "card-stall":
            lines.append(f"{at} card-stall {dice.choice([300, 900, 4000])}")
        else:
            lines.append(f"{at} {what} {dice.choice([1, 2, 3, 5, 8, 10, 13, 25, 60, FOREVER])}")
    good = end + 14
    lines += [f"{good} {what} 1" for what in ("card-error", "card-raise", "card-read-error")]
    lines += [f"{good} card-in"] * is_out
    lines += [f"{good + 1} press p1 2.5", f"{good + 12} press p1 2.5"]
    lines += [f"{good + 24} press both 0.2", f"{good + 34} press p2 2.5", f"{good + 42} end"]
    return Life("\n".join(lines) + "\n", kind == "destroyed")


def seconds_shown_as_safe(recorder) -> int:
    """How many blips there were while the recorder was recording; two at once are one."""
    states = [(report.time_ms, report.value) for report in recorder.reports if report.kind == "state"]
    spans = [
        (from_ms, to_ms)
        for (from_ms, state), (to_ms, _) in zip(states, states[1:], strict=False)
        if state == "recording"
    ]
    count, last_ms = 0, -1000
    for on_ms, _ in recorder.lights():
        if on_ms - last_ms > 300 and any(from_ms + 100 < on_ms < to_ms for from_ms, to_ms in spans):
            count += 1
        last_ms = on_ms
    return count


def seconds_kept(findings) -> int:
    """How much sound there is of all recordings together; later parts count on from the first."""
    recordings: list[int] = []
    for finding in findings:
        if finding.samples:
            if finding.session.fields["part"] == 0:
                recordings.append(0)
            recordings[-1] = finding.samples
    return sum(samples // RATE_HZ for samples in recordings)


def check(recorder, life: Life) -> None:
    """Live that life, and look at everything it left."""
    outcome = recorder.run(life.text, clean=False)
    assert (outcome.reason, outcome.restarts) == ("end", 0)
    assert recorder.states()[-1] == "ready"
    for fault in recorder.faults():
        assert CARD_FAULT.match(fault), fault
    findings = recorder.findings()
    words = [finding.word for finding in findings]
    assert set(words) <= SOUND_WORDS | {"empty", "destroyed"}, words
    last = [finding for finding in findings if finding.samples][-1]
    assert (last.word, last.end_reason) == ("complete", "stop")
    assert last.lost == 0 or "card-stall" in life.text  # it may meet the first write there is
    assert 11.5 < last.samples / RATE_HZ < 12
    if not life.destroys:
        assert seconds_shown_as_safe(recorder) <= seconds_kept(findings)


@pytest.mark.parametrize("seed", range(LIVES))
def test_what_was_shown_as_safe_is_kept_and_the_recorder_recovers(recorder, seed):
    check(recorder, failing_life(seed))
