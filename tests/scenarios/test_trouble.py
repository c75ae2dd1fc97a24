"""What goes wrong in the room: told by the light, kept on the card, and never a wrong sample."""

import numpy as np
import pytest

from tests.scenarios.test_recording import configure
from tests.simulated_recorder import STARTUP_FRAMES

START = "1.0 press both 0.2\n"
STOP = "20.0 press p2 2.5\n24.0 end\n"


def ramp(seconds: int) -> np.ndarray:
    """Samples that tell their own place, small enough for the filter to leave their order alone."""
    generator = np.random.default_rng(7)
    return generator.integers(-8000, 8000, (seconds * 16_000, 1), dtype=np.int16)


def place(recorded: np.ndarray, heard: np.ndarray, length: int = 2000) -> int:
    """Where in `heard` the samples of `recorded` come from: the best match of its first samples."""
    needle = recorded[:length, 0].astype(float)
    scores = np.correlate(heard[:, 0].astype(float), needle, mode="valid")
    return int(scores.argmax())


def test_power_cut_keeps_all_but_the_last_second(recorder):
    recorder.run(START + "15.0 power-cut\n")
    (finding,) = recorder.findings()
    assert finding.word == "interrupted"
    recorded_s = 15.0 - 1.02 - STARTUP_FRAMES / 16_000
    assert recorded_s - finding.samples / 16_000 < 1.0


def test_after_a_power_cut_the_recorder_is_ready_and_goes_on_with_the_next_number(recorder):
    recorder.run(START + "8.0 power-cut\n")
    recorder.run(START + STOP)
    words = [(finding.number, finding.word) for finding in recorder.findings()]
    assert words == [(1, "interrupted"), (2, "complete"), (3, "empty")]
    assert recorder.findings()[1].session.previous.samples is None


def test_an_unused_container_is_sealed_again_after_power_was_off(recorder):
    recorder.run("2.0 end\n")
    recorder.run("2.0 end\n")
    recorder.run(START + STOP)
    assert [(finding.number, finding.word) for finding in recorder.findings()] == [
        (1, "complete"),
        (2, "empty"),
    ]


def test_a_stall_of_one_second_loses_no_sample(recorder):
    heard = ramp(22)
    recorder.run(START + "9.0 card-stall 1000\n" + STOP, heard)
    assert recorder.findings()[0].lost == 0
    recorded = recorder.sound()
    assert place(recorded[-4000:], heard) - place(recorded, heard) == len(recorded) - 4000


@pytest.mark.parametrize("stall_ms", [1500, 3000])
def test_a_longer_stall_is_told_with_exactly_the_samples_lost(recorder, stall_ms):
    heard = ramp(26)
    recorder.run(START + f"9.0 card-stall {stall_ms}\n" + STOP, heard)
    finding = recorder.findings()[0]
    gap = next(event for event in finding.events if event.name == "gap")
    assert (finding.word, finding.lost) == ("complete", gap.fields["lost"])
    recorded = recorder.sound()
    before, after = recorded[: gap.at], recorded[gap.at :]
    assert place(after, heard) - place(before, heard) - len(before) == gap.fields["lost"]
    assert finding.samples == len(recorded) + finding.lost


@pytest.mark.parametrize(
    "stalls", ["6 600,6.9 300,7.1 900,8 1300", "6 1300,6.3 900,7.9 1300", "6 2500,8.6 600,9.3 1300"]
)
def test_stalls_that_follow_each_other_are_told_each_with_its_own_loss(recorder, stalls):
    heard = ramp(26)
    events = "".join(
        f"{time} card-stall {ms}\n" for time, ms in (stall.split() for stall in stalls.split(","))
    )
    recorder.run(START + events + STOP, heard)
    finding = recorder.findings()[0]
    gaps = [(event.at, event.fields["lost"]) for event in finding.events if event.name == "gap"]
    recorded = recorder.sound()
    begins, taken = [0], 0
    for at, lost in gaps:
        begins.append(at + lost)
    for begin, end in zip(begins, [at for at, _ in gaps] + [finding.samples], strict=True):
        piece = recorded[taken : taken + end - begin]
        assert place(piece, heard, 600) == STARTUP_FRAMES + begin
        taken += len(piece)
    assert gaps and finding.lost == sum(lost for _, lost in gaps)


def test_a_stall_in_the_very_first_write_is_told_with_exactly_the_samples_lost(recorder):
    heard = ramp(26)
    recorder.run(START + "1.01 card-stall 5000\n" + STOP, heard)
    finding = recorder.findings()[0]
    gap = next(event for event in finding.events if event.name == "gap")
    assert (finding.word, finding.lost) == ("complete", gap.fields["lost"])
    recorded = recorder.sound()
    assert place(recorded, heard) == STARTUP_FRAMES
    assert place(recorded[gap.at :], heard) == STARTUP_FRAMES + gap.at + gap.fields["lost"]


def test_a_loss_across_the_longest_recording_allowed_ends_it_there(recorder):
    recorder.converse(lambda client: configure(client, recorder, rate=16_000, max_minutes=1))
    recorder.run(START + "58.5 card-stall 4000\n72.0 end\n", ramp(75))
    finding = recorder.findings()[0]
    gap = next(event for event in finding.events if event.name == "gap")
    assert (finding.word, finding.samples) == ("complete", 60 * 16_000)
    assert finding.message.endswith("it had reached its longest length")
    assert len(recorder.sound()) + finding.lost == finding.samples == gap.at + gap.fields["lost"]
    assert recorder.states()[-1] == "ready"


def test_a_stop_held_while_the_card_is_busy_stops_the_recording(recorder):
    recorder.run(START + "9.9 card-stall 1000\n10.0 press p2 2.2\n15.0 end\n")
    assert recorder.events()[-1]["event"] == "stop"
    assert recorder.findings()[0].word == "complete"


def test_a_write_that_fails_is_repeated_and_nothing_is_lost(recorder):
    heard = ramp(22)
    recorder.run(START + "9.0 card-error 2\n" + STOP, heard)
    assert (recorder.findings()[0].word, recorder.findings()[0].lost) == ("complete", 0)


def test_a_card_pulled_out_is_a_fault_and_what_was_written_is_kept(recorder):
    recorder.run(START + "9.0 card-out\n15.0 card-in\n16.0 press p1 2.5\n20.0 end\n")
    assert recorder.states()[-1] == "ready"
    assert "fault" in recorder.states()
    first, *_ = recorder.findings()
    assert first.word == "interrupted"
    assert first.samples > 6 * 16_000


def test_a_card_pulled_out_while_waiting_is_a_fault_at_the_start_and_the_next_card_is_prepared(recorder):
    recorder.run(
        "1.0 card-out\n2.0 press both 0.2\n5.0 card-in\n6.0 press p2 2.5\n12.0 press both 0.2\n20 end\n"
    )
    assert recorder.states() == [
        "closing",
        "ready",
        "consent",
        "fault",
        "closing",
        "ready",
        "consent",
        "recording",
    ]
    assert [finding.word for finding in recorder.findings()][-1] == "interrupted"


def test_a_broken_light_ends_the_recording_as_a_fault(recorder):
    recorder.run(START + "9.0 light-off\n12.0 end\n")
    assert recorder.states()[-1] == "fault"
    (finding,) = recorder.findings()
    assert (finding.word, finding.end_reason, finding.events[-1].name) == ("complete", "fault", "fault")
    assert 7 * 16_000 < finding.samples < 8 * 16_000


@pytest.mark.parametrize("hold_ms", [0, 250, 500, 750, 1000])
def test_no_fault_leaves_the_red_light_on_behind_it(recorder, hold_ms):
    press = 6 + hold_ms / 1000
    recorder.run(f"0.5 card-out\n1.0 press both 0.2\n4.0 card-in\n{press} press p2 2.5\n13.0 end\n")
    assert recorder.states()[-1] == "ready"
    ready_ms = [report.time_ms for report in recorder.reports if report.value == "ready"][-1]
    before = [
        report.value for report in recorder.reports if report.kind == "light" and report.time_ms <= ready_ms
    ]
    after = [
        report.value for report in recorder.reports if report.kind == "light" and report.time_ms > ready_ms
    ]
    assert any(light["red"] for light in before)
    assert not before[-1]["red"] and not any(light["red"] for light in after)


def test_without_the_light_nothing_is_recorded(recorder):
    recorder.run("0.5 light-off\n" + START + "5.0 end\n")
    assert recorder.states()[-1] == "fault"
    assert [finding.word for finding in recorder.findings()] == ["empty"]


def test_one_button_alone_starts_nothing(recorder):
    recorder.run("1.0 press p1 0.2\n2.0 press p1 0.2\n9.0 end\n")
    assert recorder.states() == ["closing", "ready", "consent", "ready"]
    assert [finding.word for finding in recorder.findings()] == ["empty"]


def test_a_full_card_is_a_fault_and_leaves_what_is_on_it(recorder):
    from host_tools.card import format_fat32

    recorder.card.unlink()
    format_fat32(recorder.card, 64 * 1024 * 1024)  # room for three containers of ten minutes
    for _ in range(3):
        recorder.run("3.0 press both 0.2\n7.0 press p1 2.5\n12 end\n")
    assert "no room" in recorder.faults()[-1]
    assert [finding.word for finding in recorder.findings()] == ["complete"] * 3


def test_a_folder_with_the_name_of_a_container_is_left_alone(recorder):
    with recorder.card.open("r+b") as card:
        entry_at = card.read(16 * 1024 * 1024).index(b"R0000001DAT")
        card.seek(entry_at + 11)
        card.write(b"\x10")  # the attribute of a folder
    recorder.run(START + STOP, clean=False)
    assert not recorder.faults()
    words = {finding.file: finding.word for finding in recorder.findings()}
    assert words == {"S0000001.DAT": "complete", "R0000002.DAT": "empty"}


def test_a_card_without_a_file_system_is_a_fault_and_stays_as_it_is(recorder):
    recorder.card.write_bytes(bytes(64 * 1024 * 1024))
    from host_tools.simulator.run import simulate
    from host_tools.simulator.scenario import parse_scenario

    reports = []
    simulate(
        recorder.folder / "flash.img", recorder.card, None, parse_scenario("3 end\n"),
        on_event=reports.append, interpreter=recorder.interpreter,
    )  # fmt: skip
    assert [report.value for report in reports if report.kind == "state"][-1] == "fault"
    assert not any(recorder.card.read_bytes())
