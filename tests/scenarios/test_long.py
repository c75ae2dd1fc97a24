"""Long sessions: several containers in a row, the longest length allowed, full cards, low batteries."""

import numpy as np
import pytest

from host_tools.card import format_fat32
from tests.conftest import WORD_SIZES
from tests.scenarios.test_states import gaps, names
from tests.simulated_recorder import STARTUP_FRAMES
from tests.unit.test_levels import oracle

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

RATE_HZ = 16_000


def noise(seconds: int) -> np.ndarray:
    return np.random.default_rng(3).integers(-8000, 8000, (seconds * RATE_HZ, 1), dtype=np.int16)


def test_a_long_recording_goes_on_in_the_next_container_without_a_lost_sample(recorder):
    heard = noise(1310)
    recorder.run(
        "3 press both 0.2\n700 press p1 0.1\n700.3 press p1 0.1\n1300 press p1 2.5\n1306 end\n", heard
    )
    parts = recorder.findings()
    assert [part.word for part in parts] == ["complete", "complete", "complete", "empty"]
    assert [part.session.part for part in parts[:3]] == [0, 1, 2]
    assert [part.end_reason for part in parts[:3]] == ["continued", "continued", "stop"]
    assert len({part.session.started for part in parts[:3]}) == 1
    for before, after in zip(parts[:3], parts[1:3], strict=False):
        assert after.session.previous.samples == before.samples
    whole = np.concatenate([recorder.sound(part.file) for part in parts[:3]])
    wanted, _ = oracle(heard[STARTUP_FRAMES : STARTUP_FRAMES + len(whole)], pole=7, gain_db=0)
    assert len(whole) == parts[2].samples
    assert np.array_equal(whole, wanted)
    (mark,) = [event for part in parts for event in part.events or [] if event.name == "mark"]
    assert mark.at / RATE_HZ == pytest.approx(700.3 - 3.05 - STARTUP_FRAMES / RATE_HZ, abs=0.1)


def test_a_stall_while_the_next_container_is_prepared_or_begun_costs_no_sample(recorder):
    stalls = "".join(f"{at} card-stall 900\n" for at in (315, 317, 319, 321, 612.6))
    heard = noise(630)
    recorder.run(f"3 press both 0.2\n{stalls}620 press p1 2.5\n626 end\n", heard)
    first, second, _ = recorder.findings()
    assert (first.word, second.word, first.lost, second.lost) == ("complete", "complete", 0, 0)
    whole = np.concatenate([recorder.sound(part.file) for part in (first, second)])
    wanted, _ = oracle(heard[STARTUP_FRAMES : STARTUP_FRAMES + len(whole)], pole=7, gain_db=0)
    assert np.array_equal(whole, wanted)


def test_a_write_that_fails_while_the_next_container_is_prepared_does_not_end_the_recording(recorder):
    recorder.run("1 press both 0.2\n311.38 card-error 1\n640 press p1 2.5\n650 end\n", clean=False)
    parts = recorder.findings()
    assert [part.end_reason for part in parts[:2]] == ["continued", "stop"]
    assert not recorder.faults()


def test_a_pause_across_the_end_of_a_container_keeps_the_thread(recorder):
    pauses = "".join(f"{600 + i} press p1 0.1\n" for i in range(0, 40, 4))
    resumes = "".join(f"{602 + i} press both 0.1\n" for i in range(0, 40, 4))
    recorder.run(f"3 press both 0.2\n{pauses}{resumes}660 press p1 2.5\n666 end\n")
    first, second, _ = recorder.findings()
    assert (first.word, second.word) == ("complete", "complete")
    events = [event.name for part in (first, second) for event in part.events]
    assert events == names(recorder)
    assert events.count("pause") == events.count("resume") == 10
    assert second.samples == recorder.events()[-1]["at"]


def test_the_longest_recording_allowed_ends_it_and_is_warned_of_by_the_light(recorder):
    recorder.configure(max_minutes=7)
    recorder.run("3 press both 0.2\n430 end\n")
    (finding, _) = recorder.findings()
    assert (finding.word, finding.samples, finding.end_reason) == ("complete", 7 * 60 * RATE_HZ, "limit")
    assert recorder.states()[-1] == "ready"
    assert min(gaps(recorder.blips(60, 115))) > 500
    assert sorted(round(gap, -2) for gap in gaps(recorder.blips(130, 400)))[:200] == [200] * 200


def test_a_card_that_fills_up_ends_the_recording_and_is_warned_of_five_minutes_before(recorder):
    recorder.card.unlink()
    format_fat32(recorder.card, 64 * 1024 * 1024)
    recorder.run("3 press both 0.2\n2100 end\n", clean=True)
    parts = recorder.findings()
    ended_s = recorder.when("closing")
    assert [part.word for part in parts] == ["complete"] * 4
    assert [part.end_reason for part in parts] == ["continued"] * 3 + ["card"]
    assert not sum(part.lost for part in parts)
    assert recorder.states()[-1] == "fault"  # there is no room for another one: that is told now
    assert min(gaps(recorder.blips(60, ended_s - 330))) > 500
    doubled = gaps(recorder.blips(ended_s - 295, ended_s - 5))
    assert sum(gap <= 220 for gap in doubled) >= 280


def test_a_low_battery_closes_the_recording_properly(recorder):
    recorder.run("3 press both 0.2\n8 battery 3300\n20 end\n")
    finding = recorder.findings()[0]
    assert (finding.word, finding.lost, finding.end_reason) == ("complete", 0, "battery")
    assert recorder.events()[-1]["event"] == "battery" and abs(recorder.events()[-1]["mv"] - 3300) < 5
    assert recorder.lights("red")[0][1] < 11_500


def test_a_battery_that_is_low_for_a_moment_ends_nothing(recorder):
    recorder.run("3 press both 0.2\n8 battery 3300\n9.5 battery 3900\n20 end\n")
    assert recorder.states()[-1] == "recording"


def test_a_battery_that_runs_low_is_warned_of_and_starts_no_recording_once_it_is_empty(recorder):
    recorder.run(
        "1 battery 3500\n30 press both 0.2\n33 press p1 2.5\n38 battery 3300\n50 press both 0.2\n55 end\n"
    )
    assert sorted(round(gap, -2) for gap in gaps(recorder.blips(5, 29)))[:6] == [200] * 6
    assert recorder.findings()[0].word == "complete"
    assert "battery" in recorder.faults()[-1] and recorder.states()[-1] == "fault"


@pytest.mark.parametrize("mv", [1, 100, 6000])
def test_a_battery_reading_that_can_be_none_of_a_battery_is_not_believed(recorder, mv):
    recorder.run(f"1 battery {mv}\n6 press both 0.2\n12 press p1 2.5\n17 end\n")
    assert recorder.findings()[0].end_reason == "stop"
    assert recorder.states()[-1] == "ready"
