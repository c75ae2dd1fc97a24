"""Bad situations: each is told at once by the light, nothing recorded is lost, and the recorder recovers."""

import shutil
import subprocess

import numpy as np
import pytest

from host_tools.card import format_fat32
from host_tools.simulator.interpreter import FIRMWARE_DIR
from host_tools.vault import open_vault
from tests.conftest import WORD_SIZES
from tests.quick_vault import PASSPHRASE
from tests.scenarios.test_states import names
from tests.simulated_recorder import STARTUP_FRAMES

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

START = "3.0 press both 0.2\n"

# MicroPython's own formatting makes FAT16 of a small card.
FORMAT_FAT16 = """
import os, sys
class Device:
    def __init__(self):
        self.file = open(sys.argv[1], "r+b")
    def writeblocks(self, block, data):
        self.file.seek(block * 512)
        self.file.write(data)
    def readblocks(self, block, data):
        self.file.seek(block * 512)
        self.file.readinto(data)
    def ioctl(self, operation, argument):
        return {4: 131072, 5: 512}.get(operation, 0)
os.VfsFat.mkfs(Device())
"""


def fault_number(recorder) -> int:
    """How often the red light is lit between two gaps of the last fault."""
    begin_ms = recorder.when("fault") * 1000
    red = [on_ms for on_ms, _ in recorder.lights("red") if on_ms >= begin_ms]
    gap = next(i for i, (a, b) in enumerate(zip(red, red[1:], strict=False)) if b - a > 1500)
    return gap + 1


def dead_after(seconds: int, value: int) -> np.ndarray:
    """Sound that turns into one and the same value after so many seconds."""
    heard = np.random.default_rng(5).integers(-8000, 8000, (seconds + 30) * 16_000, dtype=np.int16)
    heard[seconds * 16_000 :] = value
    return heard.reshape(-1, 1)


@pytest.mark.parametrize("value", [0, -1234])
def test_a_microphone_that_falls_silent_is_a_fault_within_four_seconds(recorder, value):
    recorder.run(START + "25 end\n", dead_after(8, value))
    fault_s = recorder.when("fault")
    assert 3.05 + 8 + 3 <= fault_s <= 3.05 + 8 + 4
    finding = recorder.findings()[0]
    assert (finding.word, finding.end_reason) == ("complete", "fault")
    assert finding.events[-1].name == "fault" and finding.events[-1].fields["code"] == 4
    assert finding.samples > (8 + 3) * 16_000 - STARTUP_FRAMES - 100
    assert fault_number(recorder) == 4


def test_a_microphone_that_is_silent_for_less_is_none(recorder):
    heard = dead_after(8, 0)
    heard[8 * 16_000 + 46_000 :] = heard[: len(heard) - 8 * 16_000 - 46_000]
    recorder.run(START + "14 press p1 2.5\n20 end\n", heard)
    assert recorder.findings()[0].end_reason == "stop"


def test_no_card_is_told_at_the_start_and_forgiven_once_there_is_one(recorder):
    recorder.run("0 card-out\n6 press p1 2.5\n12 card-in\n13 press p1 2.5\n20 end\n")
    assert recorder.states() == ["closing", "fault", "closing", "fault", "closing", "ready"]


def test_an_exfat_card_is_refused_and_left_as_it_is(recorder):
    image = bytearray(64 * 1024 * 1024)
    image[:512] = b"\xeb\x76\x90EXFAT   " + bytes(499) + b"\x55\xaa"
    recorder.card.write_bytes(image)
    recorder.run("12 end\n", clean=False)
    assert recorder.states()[-1] == "fault" and fault_number(recorder) == 1
    assert recorder.card.read_bytes() == bytes(image)


def test_a_fat16_card_is_refused_and_left_as_it_is(recorder):
    recorder.card.write_bytes(bytes(64 * 1024 * 1024))
    subprocess.run([*recorder.interpreter, "-c", FORMAT_FAT16, recorder.card], check=True)
    image = recorder.card.read_bytes()
    assert image[54:57] == b"FAT" and any(image[22:24])  # sectors of a FAT: FAT32 keeps them elsewhere
    recorder.run("12 end\n", clean=False)
    assert recorder.states()[-1] == "fault" and fault_number(recorder) == 1
    assert recorder.card.read_bytes() == bytes(image)


def test_own_files_that_are_damaged_are_a_fault_and_no_endless_restart(recorder):
    flash = (recorder.folder / "flash.img").read_bytes()
    assert b'"channels"' in flash
    (recorder.folder / "flash.img").write_bytes(flash.replace(b'"prepared"', bytes(10)))
    outcome = recorder.run("12 end\n", clean=False)
    assert outcome.restarts == 0
    assert not recorder.events() and len(recorder.lights("red")) > 7


def test_both_pressing_again_right_after_the_start_do_not_pause_it(recorder):
    recorder.run("5 press p2 0.2\n7 press both 0.3\n12 press p1 2.5\n17 end\n")
    assert names(recorder) == ["consent", "consent", "stop"]


def test_a_button_pressed_as_the_recorder_becomes_ready_is_not_stuck(recorder):
    recorder.run(START + "8 press both 8.2\n18.9 press p1 0.7\n26 end\n")
    assert recorder.states()[-1] == "ready" and not recorder.faults()


def test_a_write_protected_card_is_a_fault_and_nothing_starts(recorder):
    recorder.run("0 card-locked\n3 press both 0.2\n12 end\n")
    assert "recording" not in recorder.states()
    assert recorder.states()[-1] == "fault" and fault_number(recorder) == 3


def test_a_full_card_is_a_fault_of_its_own_number(recorder):
    recorder.card.unlink()
    format_fat32(recorder.card, 64 * 1024 * 1024)
    for _ in range(3):
        recorder.run("3.0 press both 0.2\n7.0 press p1 2.5\n20 end\n")
    assert recorder.states()[-1] == "fault" and fault_number(recorder) == 2
    assert [finding.word for finding in recorder.findings()] == ["complete"] * 3


def test_a_card_pulled_out_and_put_back_while_recording(recorder):
    recorder.run(
        START + "9 card-out\n12 card-in\n20 press p1 2.5\n26 press both 0.2\n31 press p1 2.5\n36 end\n"
    )
    assert 9 <= recorder.when("fault") < 10
    first, second, third = recorder.findings()
    assert (first.word, second.word, third.word) == ("interrupted", "complete", "empty")
    assert first.samples > (9 - 3.05 - 1.3) * 16_000
    assert second.number == 2 and second.session.part == 0


def test_another_card_put_in_unseen_is_told_at_the_start_and_takes_the_next_recording(recorder):
    other = recorder.folder / "other.img"
    format_fat32(other, 64 * 1024 * 1024)
    recorder.run(
        f"2 card-out\n3 card-in {other}\n4 press both 0.2\n8 press p1 2.5\n14 press both 0.2\n"
        "18 press p1 2.5\n23 end\n"
    )
    assert recorder.states()[-1] == "ready"
    assert [finding.word for finding in recorder.findings()] == ["empty"]
    shutil.copy(other, recorder.card)
    words = [(finding.number, finding.word, finding.end_reason) for finding in recorder.findings()]
    assert words == [(2, "complete", "stop"), (3, "empty", None)]


def test_a_light_that_breaks_while_recording_ends_it_and_one_that_is_mended_starts_again(recorder):
    recorder.run(
        START + "9 light-off\n12 press both 2.5\n15 press p1 2.5\n20 light-on\n21 press p1 2.5\n"
        "27 press both 0.2\n32 press p1 2.5\n37 end\n"
    )
    first, second, _ = recorder.findings()
    assert (first.end_reason, second.end_reason) == ("fault", "stop")
    assert first.events[-1].fields["code"] == 5


def test_without_the_clock_chip_the_time_is_unknown_after_power_loss_and_the_recording_says_so(recorder):
    recorder.run(START + "8 press p1 2.5\n13 end\n")
    session = recorder.findings()[0].session
    assert (session.started, session.fields["clock"]) == (None, "none")


@pytest.mark.parametrize("button", ["p1", "p2"])
def test_a_button_that_is_stuck_at_the_start_starts_nothing_and_is_told(recorder, button):
    recorder.run(f"0 press {button} 60\n40 end\n")
    assert recorder.states()[-1] == "fault" and fault_number(recorder) == 10
    assert not recorder.events()


def test_a_stuck_button_does_not_keep_the_other_from_stopping(recorder):
    recorder.configure(parties=1)
    recorder.run("0 press p1 60\n3 press p2 0.2\n8 press p2 2.5\n13 end\n")
    assert names(recorder) == ["consent", "stop"]


def test_a_laptop_that_talks_all_the_time_does_not_disturb_a_recording(recorder):
    def talk(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            client.use_secret(vault.recorder_secret(client.hello().recorder_id))
            for _ in range(40):
                assert client.request("status")["state"] in ("ready", "consent", "recording", "closing")

    recorder.converse(talk, "2 press both 0.2\n8 press p1 2.5\n", for_ms=12_000)
    finding = recorder.findings()[0]
    assert (finding.word, finding.lost, finding.end_reason) == ("complete", 0, "stop")
    assert recorder.states()[-1] == "ready"


@pytest.mark.parametrize(
    ("state", "scenario"),
    [
        ("closing", "0.004 power-cut\n"),
        ("ready", "2.5 power-cut\n"),
        ("consent", "3 press p1 0.2\n3.5 power-cut\n"),
        ("recording", START + "8.2 power-cut\n"),
        ("paused", START + "8 press p1 0.1\n12 power-cut\n"),
        ("closing", START + "8 press p1 2.5\n10.1 power-cut\n"),
        ("wiping", START + "8 press both 8.5\n17 power-cut\n"),
        ("fault", "1 card-out\n3 press both 0.2\n6 power-cut\n"),
    ],
)
def test_power_lost_in_every_state(recorder, state, scenario):
    recorder.run(scenario)
    assert recorder.states()[-1] == state
    before = {finding.number: finding.samples for finding in recorder.findings() if finding.samples}
    recorder.run("3 press both 0.2\n8 press p1 2.5\n14 end\n", clean=False)
    assert recorder.states()[-1] == "ready" and not recorder.faults()
    findings = {finding.number: finding for finding in recorder.findings()}
    assert {number: findings[number].samples for number in before} == before
    assert [finding.word for finding in findings.values()].count("complete") >= 1
    if state == "paused":
        assert before[1] / 16_000 == pytest.approx(8.6 - 3.05 - STARTUP_FRAMES / 16_000, abs=0.15)


BUG = "    def _take(self, source, frames):\n"


def test_a_recording_task_that_dies_closes_the_file_drops_the_keys_and_shows_it(recorder, tmp_path):
    shutil.copytree(FIRMWARE_DIR, tmp_path / "firmware")
    module = tmp_path / "firmware" / "recorder" / "flow.py"
    text = module.read_text()
    broken = text.replace(
        BUG, BUG + "        if self.index > 80_000:\n            raise IndexError('a bug')\n"
    )
    assert broken != text
    module.write_text(broken)
    recorder.run(START + "20 end\n", firmware=tmp_path / "firmware")
    assert recorder.states()[-1] == "fault" and fault_number(recorder) == 8
    assert recorder.lights("red")[0][1] < 10_000
    finding = recorder.findings()[0]
    assert (finding.word, finding.end_reason) == ("complete", "fault")
    assert finding.samples >= 80_000
