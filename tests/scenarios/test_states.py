"""The table of docs/using-the-recorder.md, row by row: lights, buttons, and what is on the card."""

import pytest

from tests.conftest import WORD_SIZES
from tests.simulated_recorder import STARTUP_FRAMES

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

START = "3.0 press both 0.2\n"
BLIP_MS = 60


def names(recorder) -> list[str]:
    return [event["event"] for event in recorder.events()]


def gaps(times_ms: list[int]) -> list[int]:
    return [after - before for before, after in zip(times_ms, times_ms[1:], strict=False)]


def near(values: list[int], wanted: int, tolerance: int = 40) -> bool:
    return bool(values) and all(abs(value - wanted) <= tolerance for value in values)


def test_ready_shows_a_green_blip_every_five_seconds(recorder):
    recorder.run("31 end\n")
    assert recorder.states() == ["closing", "ready"]
    assert near(gaps(recorder.blips(1, 31)), 5000)
    spans = [off_ms - on_ms for on_ms, off_ms in recorder.lights() if on_ms > 1000]
    assert near(spans, BLIP_MS, 20)
    assert not recorder.lights("red")


def test_consent_is_fast_green_until_the_window_runs_out(recorder):
    recorder.run("3.0 press p1 0.2\n12 end\n")
    assert recorder.states() == ["closing", "ready", "consent", "ready"]
    assert near(gaps(recorder.blips(3.1, 7.9)), 200)
    assert recorder.when("ready") == pytest.approx(8.0, abs=0.1)  # a window of 5 s
    assert not recorder.lights("red") and not recorder.events()


def test_each_party_has_to_consent_and_the_same_button_twice_is_one_party(recorder):
    recorder.run("3 press p1 0.2\n4 press p1 0.2\n5 press p2 0.2\n9 end\n")
    assert recorder.when("recording") == pytest.approx(5.03, abs=0.05)
    assert recorder.events()[:2] == [{"at": 0, "event": "consent", "party": n} for n in (1, 2)]


def test_one_party_alone_starts_where_only_one_is_needed(recorder):
    recorder.configure(parties=1)
    recorder.run("3 press p2 0.2\n8 press p1 2.5\n12 end\n")
    assert names(recorder) == ["consent", "stop"]


@pytest.mark.parametrize("parties", [3, 8])
def test_more_than_two_parties_press_in_turn_and_the_light_counts_them(recorder, parties):
    recorder.configure(parties=parties, consent_window_s=60)
    presses = "".join(f"{3 + 4 * i} press p{1 + i % 2} 0.2\n" for i in range(parties))
    end = 3 + 4 * parties
    recorder.run(f"{presses}{end + 4} end\n")
    for pressed in range(1, parties):
        at = 3.2 + 4 * (pressed - 1)
        blips = recorder.blips(at, at + 3.8)
        groups = [0]
        for gap in gaps(blips):
            if gap > 400:
                groups.append(0)
            groups[-1] += gap <= 400
        assert pressed - 1 in groups, f"after {pressed} presses: {blips}"
        assert max(groups) == pressed - 1
    assert names(recorder) == ["consent"] * parties
    assert recorder.when("recording") == pytest.approx(end - 4 + 0.04, abs=0.05)


def test_recording_shows_red_and_a_green_blip_for_each_second_that_is_on_the_card(recorder):
    recorder.run(START + "20 press p1 2.5\n25 end\n")
    ((on_ms, off_ms),) = recorder.lights("red")
    assert on_ms <= 3150 and recorder.when("closing") * 1000 == pytest.approx(off_ms, abs=25)
    blips = recorder.blips(3.1, 21.9)
    assert len(blips) == int(21.9 - 3.05 - STARTUP_FRAMES / 16_000 - 0.5)
    assert max(gaps(blips)) < 1700  # sound comes to the card half a second at a time


@pytest.mark.parametrize("cut", ["5.9", "7.31", "9.05", "12.66"])
def test_every_second_that_was_shown_is_on_the_card_when_power_fails(recorder, cut):
    recorder.run(START + f"{cut} power-cut\n")
    shown = len(recorder.blips(3.06, float(cut)))
    assert shown >= int(float(cut) - 3.05) - 2
    assert recorder.findings()[0].samples >= shown * 16_000


def test_a_short_press_pauses_once_no_second_one_has_followed(recorder):
    recorder.run(START + "9.0 press p2 0.1\n16.0 end\n")
    assert recorder.states()[-2:] == ["recording", "paused"]
    (pause,) = [event for event in recorder.events() if event["event"] == "pause"]
    ((_, red_off_ms),) = recorder.lights("red")
    assert red_off_ms == pytest.approx(9100 + 400, abs=80)
    spoken_ms = red_off_ms - recorder.lights("red")[0][0] - STARTUP_FRAMES / 16
    assert pause["at"] / 16 == pytest.approx(spoken_ms, abs=10)
    assert recorder.findings()[0].samples == pause["at"]  # all of it is on the card while it rests


def test_paused_shows_double_blips_and_no_red(recorder):
    recorder.run(START + "9.0 press p2 0.1\n20.0 end\n")
    blips = recorder.blips(10.0, 20.0)
    assert set(gaps(blips)) <= set(range(180, 221)) | set(range(1760, 1841))
    assert not recorder.lit_at(15, "red")


def test_resume_needs_both_again_and_paused_time_does_not_count(recorder):
    recorder.run(
        START + "9 press p2 0.1\n20 press p1 0.2\n27 press p2 0.2\n33 press p1 0.2\n34 press p2 0.2\n"
        "40 press p1 2.5\n45 end\n"
    )
    # p1 alone at 20, p2 alone at 27 (the window of 5 s had run out), both within the window at 33 and 34.
    assert recorder.when("recording") == pytest.approx(34.24, abs=0.1)
    assert names(recorder) == ["consent", "consent", "pause", "resume", "stop"]
    finding = recorder.findings()[0]
    pause, resume, stop = recorder.events()[2:]
    assert pause["at"] == resume["at"]
    assert (finding.word, finding.lost, finding.samples) == ("complete", 0, stop["at"])
    spans = recorder.lights("red")
    assert len(spans) == 2
    spoken = [off - on - STARTUP_FRAMES / 16 for on, off in spans]
    assert finding.samples / 16 == pytest.approx(sum(spoken), abs=20)
    assert [event.name for event in finding.events] == names(recorder)


def test_a_pause_can_be_ended_by_a_stop_without_going_on(recorder):
    recorder.run(START + "9 press p2 0.1\n15 press p1 2.5\n20 end\n")
    assert names(recorder)[2:] == ["pause", "stop"]
    assert len(recorder.lights("red")) == 1
    finding = recorder.findings()[0]
    assert finding.word == "complete" and finding.samples == recorder.events()[-1]["at"]


def test_the_last_one_asked_to_go_on_may_stop_instead_and_nothing_more_is_heard(recorder):
    recorder.run(START + "9 press p2 0.1\n15 press p1 0.2\n16 press p2 2.5\n22 end\n")
    assert names(recorder)[2:] == ["pause", "stop"]
    assert len(recorder.lights("red")) == 1


def test_two_presses_mark_and_do_not_pause(recorder):
    recorder.run(START + "9 press p2 0.1\n9.3 press p2 0.1\n14 press p1 2.5\n19 end\n")
    assert names(recorder)[2:] == ["mark", "stop"]
    assert len(recorder.lights("red")) == 1


@pytest.mark.parametrize("party", ["p1", "p2"])
def test_either_party_stops_by_holding_for_two_seconds(recorder, party):
    recorder.run(START + f"9 press {party} 2.5\n14 end\n")
    assert recorder.lights("red")[0][1] == pytest.approx(11_000, abs=40)
    assert recorder.findings()[0].word == "complete"
    assert recorder.states()[-2:] == ["closing", "ready"]


def test_nobody_keeps_the_other_from_stopping(recorder):
    """One holds to stop, the other holds, too; when it lets go the first one still holds."""
    recorder.run(START + "9 press p1 7\n9.5 press p2 3\n18 end\n")
    assert names(recorder)[2:] == ["stop"]
    assert recorder.lights("red")[0][1] == pytest.approx(14_000, abs=60)


def test_taps_of_the_one_do_not_keep_the_other_from_stopping(recorder):
    taps = "".join(f"{9.5 + 0.3 * i:.1f} press p2 0.1\n" for i in range(30))
    recorder.run(START + f"9 press p1 15\n{taps}30 end\n")
    assert names(recorder)[-1] == "stop"
    assert recorder.lights("red")[0][1] < 13_000


def test_holds_of_the_one_put_off_the_other_s_stop_for_ten_seconds_at_most(recorder):
    recorder.run(START + "9 press p1 15\n9.2 press p2 3.9\n13.2 press p2 3.9\n17.2 press p2 3.9\n30 end\n")
    assert names(recorder)[-1] == "stop"
    assert recorder.lights("red")[0][1] == pytest.approx(19_000, abs=100)


def test_a_press_that_comes_while_a_pause_takes_effect_is_no_mark_in_it(recorder):
    recorder.run(START + "9 press p1 0.1\n9.35 press p2 0.1\n9.65 press p2 0.1\n15 press p1 2.5\n20 end\n")
    assert names(recorder)[2:] == ["pause", "stop"]


def test_the_press_that_gave_consent_is_not_taken_for_a_stop(recorder):
    recorder.run("3 press both 6\n14 press p1 2.5\n19 end\n")
    assert names(recorder) == ["consent", "consent", "stop"]
    assert recorder.lights("red")[0][1] == pytest.approx(16_000, abs=60)


def test_closing_is_green_all_the_time(recorder):
    recorder.run(START + "9 press p1 2.5\n14 end\n")
    closing, ready = recorder.when("closing"), recorder.when("ready")
    assert ready - closing > 0.2
    assert all(recorder.lit_at(closing + (ready - closing) * part) for part in (0.1, 0.5, 0.9))


def test_a_fault_counts_its_number_in_red_and_green(recorder):
    recorder.run("0.5 card-out\n1 press both 0.2\n20 end\n")
    assert recorder.states()[-1] == "fault"
    red = [on_ms for on_ms, _ in recorder.lights("red") if on_ms > 3000]
    green = recorder.blips(3.0, 20.0)
    # Code 3, the card: three times red and green in turn, then a gap.
    counted = [round(gap, -2) for gap in gaps(red)]
    first = counted.index(2000)
    assert counted[first:][:7] == [2000, 500, 500, 2000, 500, 500, 2000]
    assert abs(len(red) - len(green)) <= 1


def test_from_the_last_press_to_the_microphone_s_power_is_a_twentieth_of_a_second(recorder):
    recorder.run("3 press p1 0.2\n4 press p2 0.2\n9 end\n")
    ((on_ms, _),) = recorder.lights("red")
    assert on_ms - 4000 <= 60  # contacts that bounce for 20 ms included
