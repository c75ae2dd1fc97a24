"""A recording goes all the way through: pressed, heard, sealed, read back, sample for sample."""

import shutil

import numpy as np
import pytest
import soundfile

from host_tools.simulator.interpreter import FIRMWARE_DIR
from recorder import format as layout
from tests.simulated_recorder import STARTUP_FRAMES
from tests.unit.test_levels import oracle

SESSION = """
1.0  press both 0.2
6.0  press p1 0.1
6.3  press p1 0.1
12.0 press p2 2.5
16.0 end
"""
SPEECH = "tests/data/reading-16k.flac"


def speech() -> np.ndarray:
    return soundfile.read(SPEECH, dtype="int16")[0].reshape(-1, 1)


def test_states_events_and_container_of_a_session(recorder):
    recorder.run(SESSION, speech())
    assert recorder.states() == ["closing", "ready", "consent", "recording", "closing", "ready"]
    assert [event["event"] for event in recorder.events()] == ["consent", "consent", "mark", "stop"]
    recorded, prepared = recorder.findings()
    assert (recorded.word, recorded.number, recorded.lost) == ("complete", 1, 0)
    assert [event.name for event in recorded.events] == ["consent", "consent", "mark", "stop"]
    assert recorded.samples == recorder.events()[-1]["at"]
    assert (prepared.word, prepared.number) == ("empty", 2)


def test_a_mark_stands_where_the_button_was_pressed(recorder):
    recorder.run(SESSION, speech())
    mark = next(event for event in recorder.events() if event["event"] == "mark")
    began_ms = next(report.time_ms for report in recorder.reports if report.value == "recording")
    expected = (6_320 - began_ms) * 16 - STARTUP_FRAMES
    assert abs(mark["at"] - expected) < 0.04 * 16_000  # the buttons are looked at every 15 ms


def test_every_sample_comes_back_through_the_known_filter(recorder):
    spoken = speech()
    recorder.run(SESSION, spoken)
    recorded = recorder.sound()
    # The filter was settling on what came before: it starts with the first sample that is kept.
    wanted, _ = oracle(spoken[STARTUP_FRAMES : STARTUP_FRAMES + len(recorded)], pole=7, gain_db=0)
    difference = recorded.astype(int) - wanted
    assert len(recorded) > 10 * 16_000
    assert np.abs(difference).max() <= 1
    noise = max(1e-9, np.square(difference.astype(float)).mean())
    assert 10 * np.log10(np.square(wanted.astype(float)).mean() / noise) > 70  # dB


def test_without_gain_and_filter_every_sample_is_the_one_that_was_heard(recorder, tmp_path):
    shutil.copytree(FIRMWARE_DIR, tmp_path / "firmware")
    module = tmp_path / "firmware" / "recorder" / "flow.py"
    text = module.read_text()
    unfiltered = text.replace('settings["gain_db"])', 'settings["gain_db"], high_pass=False)')
    assert unfiltered != text
    module.write_text(unfiltered)
    spoken = speech()
    recorder.run(SESSION, spoken, firmware=tmp_path / "firmware")
    recorded = recorder.sound()
    assert len(recorded) > 10 * 16_000
    assert np.array_equal(recorded, spoken[STARTUP_FRAMES : STARTUP_FRAMES + len(recorded)])


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (48000, 1), (16000, 2), (24000, 2)])
def test_other_rates_and_two_channels_are_recorded_without_loss(recorder, rate_hz, channels):
    recorder.converse(lambda client: configure(client, recorder, rate=rate_hz, channels=channels))
    generator = np.random.default_rng(rate_hz)
    spoken = generator.integers(-9000, 9000, (rate_hz * 14, channels), dtype=np.int16)
    recorder.run(SESSION, spoken, rate_hz)
    recorded = recorder.sound()
    wanted, _ = oracle(spoken[STARTUP_FRAMES : STARTUP_FRAMES + len(recorded)], pole_of(rate_hz), 0)
    assert recorder.findings()[0].lost == 0
    assert abs(len(recorded) - (13.0 * rate_hz - STARTUP_FRAMES)) < 0.1 * rate_hz
    assert np.abs(recorded.astype(int) - wanted).max() <= 1


def configure(client, recorder, **settings) -> None:
    from host_tools.vault import open_vault
    from tests.quick_vault import PASSPHRASE

    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        recorder_id = client.hello().recorder_id
        client.use_secret(vault.recorder_secret(recorder_id))
        assert client.request("config", **settings)["rate"] == settings["rate"]


def pole_of(rate_hz: int) -> int:
    return {8000: 6, 16000: 7, 24000: 7, 32000: 8, 48000: 8}[rate_hz]


def test_segments_but_the_first_and_the_last_are_full_of_sound(recorder):
    recorder.run(SESSION, speech())
    samples, segments = recorder.findings()[0].samples, recorder.findings()[0].segments
    assert segments - 2 <= samples / (layout.PCM_BYTES_PER_SEGMENT // 2) <= segments


def test_file_stamps_are_pinned_before_every_change_of_the_file_system(recorder):
    recorder.run(SESSION, speech())
    stamps = {tuple(report.value[:3]) for report in recorder.reports if report.kind == "rtc"}
    assert stamps == {(2000, 1, 1)}


def test_two_sessions_in_a_row_name_each_other(recorder):
    recorder.run(SESSION.replace("16.0 end", "") + SECOND, speech())
    first, second, _ = recorder.findings()
    assert [first.word, second.word] == ["complete", "complete"]
    previous = second.session.previous
    assert (previous.number, previous.samples) == (1, first.samples)
    assert previous.seal == first.header.vouched_seal


SECOND = """
20.0 press both 0.2
24.0 press p1 2.5
28.0 end
"""
