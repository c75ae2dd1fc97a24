"""A busy card, on both boards: nothing is lost that can be kept, and what is lost is told to the sample.

A seeded share of what tests/faults/stalls.py has; on the board's word size.
"""

import pytest

from tests.conftest import WORD_SIZES
from tests.faults import stall_trials, stalls

pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)


def figures(trials, recorder, tmp_path) -> list[stalls.Figures]:
    """What came of them; nothing may be wrong with any."""
    found = stalls.sum_up(stalls.run_all(trials, recorder, tmp_path))
    for kind in found:
        assert kind.tried and kind.survived == kind.tried, kind
        assert (kind.wrong, kind.gaps_wrong, kind.notes) == (0, 0, []), kind
    return found


def test_one_second_without_psram_and_two_with_it_cost_no_sample(recorder, tmp_path):
    found = figures(stall_trials.ridden_out(12), recorder, tmp_path)
    assert [kind.lost for kind in found] == [0, 0]


@pytest.mark.parametrize(("board", "ms"), [(stall_trials.WROOM, 1000), (stall_trials.WROVER, 2000)])
def test_in_whichever_write_of_a_buffer_it_comes(recorder, tmp_path, board, ms):
    trials = []
    before: list[stall_trials.Stall] = []
    for write in range(7):
        at_s = stall_trials.BEGIN_S + 1 + 5 * write
        before += [(at_s, 1)] * write + [(at_s, ms)]
    trials.append(stall_trials.Trial("each write", board, before, 45, must_ride=True))
    (found,) = figures(trials, recorder, tmp_path)
    assert found.tried == 7 and found.lost == 0


def test_longer_ones_are_told_exactly_and_so_are_those_that_follow_at_once(recorder, tmp_path):
    found = figures([*stall_trials.longer(12), *stall_trials.at_once(24, seed=2)], recorder, tmp_path)
    assert all(kind.lost for kind in found)


@pytest.mark.parametrize(
    ("board", "ms", "at_s", "writes"),
    [
        (stall_trials.WROOM, 1000, 313.65, 10),
        (stall_trials.WROOM, 1000, 314.3, 50),
        (stall_trials.WROVER, 2000, 313.98, 5),
    ],
)
def test_a_preparation_beside_a_recording_lets_the_card_be_as_busy(
    recorder, tmp_path, board, ms, at_s, writes
):
    busy = [(at_s, 1)] * writes + [(at_s, ms)]
    trial = stall_trials.Trial("prepared", board, busy, 334, must_ride=True)
    (found,) = figures([trial], recorder, tmp_path)
    assert found.lost == 0


def test_losses_around_pauses_and_stops_are_told_exactly(recorder, tmp_path):
    figures([*stall_trials.around_pauses(12), *stall_trials.around_stops(3)], recorder, tmp_path)


def test_the_same_at_other_rates_and_with_two_channels(recorder, tmp_path):
    found = figures(stall_trials.other_rates(12, rates=((8_000, 1), (48_000, 2))), recorder, tmp_path)
    assert all(kind.lost for kind in found)


def test_cards_that_are_always_slow(recorder, tmp_path):
    found = figures(stall_trials.traces(4), recorder, tmp_path)
    assert not any(kind.lost for kind in found if "250 ms" in kind.kind)
