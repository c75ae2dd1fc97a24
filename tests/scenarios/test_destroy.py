"""Both buttons held for eight seconds: the recording is gone from the card, and soon from everywhere."""

import shutil

import pytest

from host_tools.card import open_card
from host_tools.recorder.status import settle
from host_tools.vault import open_vault
from tests.conftest import WORD_SIZES
from tests.quick_vault import PASSPHRASE
from tests.scenarios.test_states import names
from tests.simulated_recorder import Recorder

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

START = "3.0 press both 0.2\n"
DESTROY = START + "8 press both 8.5\n24 end\n"


def header(recorder, name: str = "R0000001.DAT") -> bytes:
    with open_card(recorder.card) as card:
        (file,) = [file for file in card.files() if file.name == name]
        return bytes(file.read_at(0, 4096))


def test_the_header_loses_its_recipients_and_nothing_opens_it_any_more(recorder):
    recorder.run(START + "8 press both 8.5\n15 power-cut\n")
    before = header(recorder)
    assert before[10] == 1  # nothing was destroyed: power failed before the eight seconds were over
    recorder.run(DESTROY)
    after = header(recorder, "R0000002.DAT")
    assert header(recorder) == before
    assert (after[:8], after[10]) == (b"CLOISTER", 0)
    assert after[24:32] not in (bytes(8), before[32:40])
    assert not any(after[32:4064])
    words = {finding.file: finding.word for finding in recorder.findings()}
    assert words["R0000002.DAT"] == "destroyed"


def test_it_is_seen_in_the_room_and_the_recorder_is_ready_again(recorder):
    recorder.run(DESTROY)
    assert recorder.states()[2:] == ["consent", "recording", "wiping", "closing", "ready"]
    wiping, closing = recorder.when("wiping"), recorder.when("closing")
    assert wiping == pytest.approx(16.0, abs=0.05)
    assert closing - wiping >= 3
    for at in (0.1, 1.5, 2.9):
        assert recorder.lit_at(wiping + at, "red") and recorder.lit_at(wiping + at, "green")
    assert not recorder.lit_at(closing + 0.1, "red")
    assert names(recorder) == ["consent", "consent"]


def test_buttons_let_go_before_eight_seconds_change_nothing(recorder):
    recorder.run(START + "8 press both 7.8\n20 press p1 2.5\n26 end\n")
    assert names(recorder) == ["consent", "consent", "stop"]
    finding = recorder.findings()[0]
    assert finding.word == "complete"
    assert finding.samples > 18 * 16_000  # it went on all the time
    assert len(recorder.lights("red")) == 1


def test_a_paused_recording_can_be_destroyed_without_going_on(recorder):
    recorder.run(START + "8 press p1 0.1\n12 press both 8.5\n28 end\n")
    assert recorder.states()[2:] == ["consent", "recording", "paused", "wiping", "closing", "ready"]
    assert recorder.findings()[0].word == "destroyed"
    wiping = recorder.when("wiping")
    assert not any(12 <= on_ms / 1000 < wiping for on_ms, _ in recorder.lights("red"))


def test_a_write_that_fails_at_that_moment_does_not_save_the_recording(recorder):
    recorder.run(START + "8 press both 8.5\n15.99 card-error 1\n30 end\n", clean=False)
    assert recorder.findings()[0].word == "destroyed"
    assert recorder.states()[-1] == "ready"


def test_every_part_of_a_long_recording_is_destroyed(recorder):
    recorder.run("3 press both 0.2\n1300 press both 8.5\n1320 end\n")
    words = [finding.word for finding in recorder.findings()]
    assert words == ["destroyed"] * 3 + ["empty"]


def test_the_next_recording_vouches_for_the_destroyed_header(recorder):
    recorder.run(DESTROY.replace("24 end", "24 press both 0.2\n29 press p1 2.5\n34 end"))
    destroyed, second, _ = recorder.findings()
    assert (destroyed.word, second.word) == ("destroyed", "complete")
    previous = second.session.previous
    assert (previous.number, previous.samples) == (1, None)
    assert previous.seal == destroyed.header.vouched_seal


def test_the_laptop_destroys_the_private_key_and_is_told_until_it_has(recorder):
    recorder.run(DESTROY)
    told = []

    def talk(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            recorder_id = client.hello().recorder_id
            client.use_secret(vault.recorder_secret(recorder_id))
            told.append(client.request("status")["struck"])
            told.append(settle(client, vault, recorder_id)[1])
            told.append(client.request("status")["struck"])

    recorder.converse(talk)
    struck, settled, left = told
    finding = recorder.findings()[0]
    assert struck == [{"number": 1, "key": finding.header.destroyed_key_id.hex()}]
    assert [entry.number for entry in settled] == [1] and left == []
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        assert vault.private_key_for(finding.header.destroyed_key_id).destroyed
    assert finding.word == "destroyed"


UNTIL = START + "8 press both 8.5\n15.98 end\n"  # just before the eight seconds are over


@pytest.fixture(scope="session")
def writes_before(provisioned, tmp_path_factory) -> int:
    """How many writes to card and flash there are before the destruction, from power-on."""
    low, high = 1, 2048
    while low < high:  # the first write that is not reached any more
        middle = (low + high) // 2
        folder = tmp_path_factory.mktemp("count") / "recorder"
        shutil.copytree(provisioned.folder, folder)
        copy = Recorder(folder, provisioned.interpreter, provisioned.fsck)
        reached = copy.run(UNTIL, cut_at_write=middle).reason == "power-cut"
        low, high = (middle + 1, high) if reached else (low, middle)
    return low


@pytest.mark.parametrize("write", [0, 2, 4, 6, 8, 10, 12])
def test_power_cut_in_any_write_of_it_leaves_it_to_be_finished_at_the_next_start(
    recorder, writes_before, write
):
    assert recorder.run(DESTROY, cut_at_write=writes_before + write).reason == "power-cut"
    recorder.run("9 end\n", clean=False)
    assert recorder.states()[-1] == "ready"
    words = [finding.word for finding in recorder.findings()]
    # Before it was journalled there is the recording as after any power cut, later there is nothing of it.
    assert words in (["interrupted", "empty"], ["destroyed", "empty"])
    assert words[0] == "destroyed" or write < 8
