"""What the lights warn of, and in which order a recording's events stand."""

import numpy as np
import pytest

from host_tools.card import format_fat32
from tests.conftest import WORD_SIZES
from tests.scenarios.test_states import START

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)


def loud(seconds: int) -> np.ndarray:
    """Sound that is clipped now and then."""
    generator = np.random.default_rng(3)
    samples = generator.integers(-3000, 3000, (seconds * 16_000, 1), dtype=np.int16)
    samples[::1777] = 32_767
    return samples


def blips_each_time(recorder, from_s: float, to_s: float) -> set[int]:
    """How many blips come at a time, between two pauses of more than 0.3 s."""
    times = recorder.blips(from_s, to_s)
    counts, run = [], 1
    for before, after in zip(times, times[1:], strict=False):
        if after - before > 300:
            counts.append(run)
            run = 0
        run += 1
    return set(counts)


def test_events_stand_in_the_order_of_their_samples(recorder):
    recorder.configure(gain_db=12)
    scenario = "".join(f"{time} press p1 0.1\n{time}.25 press p1 0.1\n" for time in range(6, 20, 2))
    recorder.run(START + scenario + "21 press p2 0.1\n24 press both 0.2\n29 press p1 2.5\n34 end\n", loud(40))
    events = recorder.findings()[0].events
    assert {event.name for event in events} == {"consent", "clip", "mark", "pause", "resume", "stop"}
    assert [event.name for event in events].count("mark") == 7
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_lost_samples_show_by_double_blips(recorder):
    recorder.run(START + "9 card-stall 3000\n22 end\n")
    assert blips_each_time(recorder, 5, 9) == {1}
    assert blips_each_time(recorder, 14, 21.5) == {2}


def test_a_card_that_is_nearly_full_shows_by_three_blips_while_ready(recorder):
    recorder.run("22 end\n")
    assert blips_each_time(recorder, 5, 21.5) == {1}
    recorder.card.unlink()
    format_fat32(recorder.card, 64 * 1024 * 1024)
    recorder.configure(container_minutes=60)
    recorder.run("22 end\n")
    assert blips_each_time(recorder, 5, 21.5) == {3}


def test_few_keys_show_by_three_blips_while_ready(recorder):
    for _ in range(9):
        recorder.run("3 press both 0.2\n5 press p1 2.5\n9 end\n", clean=False)
    recorder.run("3 press both 0.2\n5 press p1 2.5\n30 end\n")
    assert blips_each_time(recorder, 10, 29.5) == {3}
