"""A working day: eight hours, twelve sessions, and at the end of it as much heap as at its beginning."""

import pytest

from host_tools.card import format_fat32
from tests.conftest import WORD_SIZES

SESSIONS = 12
EVERY_S = 2400  # of virtual time
BETWEEN_S = 30


def day() -> str:
    """Twelve sessions with pauses and marks, one of them destroyed, one stopped as soon as it began."""
    lines = []
    for i in range(SESSIONS):
        begin = 10 + i * EVERY_S
        lines.append(f"{begin} press both 0.2")
        if i == 5:
            lines.append(f"{begin + 300} press both 8.5")
        elif i == 7:
            lines.append(f"{begin + 1} press p1 2.5")
        else:
            lines += [
                f"{begin + 60} press p1 0.1",  # pause
                f"{begin + 90} press both 0.2",
                f"{begin + 120} press p2 0.1",  # mark
                f"{begin + 120.3} press p2 0.1",
                f"{begin + EVERY_S - 60} press p{1 + i % 2} 2.5",
            ]
    return "\n".join([*lines, f"{SESSIONS * EVERY_S + BETWEEN_S} end", ""])


def free_heap(recorder) -> dict[str, list[int]]:
    """Bytes free in each recording and each wait, by state, the least of each stretch."""
    state, found = "", {}
    for report in recorder.reports:
        if report.kind == "state":
            state = report.value
            found.setdefault(state, []).append(1 << 30)
        elif report.kind == "sign":
            found[state][-1] = min(found[state][-1], report.value)
    return {name: [least for least in values if least < 1 << 30] for name, values in found.items()}


@pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)  # the board's: it is half a minute
def test_eight_hours_with_twelve_sessions_use_no_more_heap_at_the_end(recorder):
    recorder.card.unlink()
    format_fat32(recorder.card, 2 * 1024 * 1024 * 1024)
    outcome = recorder.run(day())
    assert outcome.time_ms >= 8 * 3600 * 1000 and outcome.restarts == 0
    assert not recorder.faults()
    findings = recorder.findings()
    words = [finding.word for finding in findings]
    assert words.count("destroyed") == 1 and words[-1] == "empty"
    assert set(words) == {"complete", "destroyed", "empty"}
    assert sum(finding.end_reason == "stop" for finding in findings) == SESSIONS - 1
    assert not sum(finding.lost or 0 for finding in findings)
    free = free_heap(recorder)
    for state in ("ready", "recording"):
        first, last = free[state][1], free[state][-1]  # the very first one has yet to learn names
        assert last >= first - 512, f"{state}: {free[state]}"
