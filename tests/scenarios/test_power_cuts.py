"""Power cut in the middle of a write to card or flash: nothing is torn, no number and no key is used twice.

A share of all the writes of a first session, from the first one after power-on to the last.
"""

import shutil

import pytest

from host_tools.recorder.log import entry_words, read_log
from host_tools.vault import open_vault
from tests.quick_vault import PASSPHRASE
from tests.simulated_recorder import Recorder

SESSION = "3.0 press both 0.2\n7.0 press p2 2.5\n11.0 end\n"
CUTS = [2, 9, 150, 240, 270, 300, 320, 360]


def recorded_by(recorder: Recorder) -> list[tuple[int | None, str]]:
    return [(finding.number, finding.word) for finding in recorder.findings()]


@pytest.mark.parametrize("cut", CUTS)
def test_after_a_cut_in_any_write_the_recorder_is_ready_and_no_number_is_used_twice(recorder, cut):
    first = recorder.run(SESSION, cut_at_write=cut)
    before = {finding.number: finding for finding in recorder.findings() if finding.samples}
    recorder.run(SESSION, clean=False)  # the cut may have left a free count that is wrong, or a lost cluster
    assert recorder.states()[-1] == "ready"
    assert not recorder.faults()
    after = {finding.number: finding for finding in recorder.findings() if finding.samples}
    words = [finding.word for finding in recorder.findings()]
    assert set(words) <= {"complete", "interrupted", "empty"}
    assert words.count("complete") >= 1
    # What was there before the cut is there still, the same; the new recording has a number of its own.
    assert all(after[number].header.block == finding.header.block for number, finding in before.items())
    assert len(after) == len(before) + 1
    one_time_keys = [finding.header.recipients[0].key_id for finding in after.values()]
    assert len(set(one_time_keys)) == len(one_time_keys)
    assert first.reason in ("power-cut", "end")


def test_the_cuts_reach_from_the_first_write_to_the_last(recorder, tmp_path):
    shutil.copytree(recorder.folder, tmp_path / "copy")
    copy = Recorder(tmp_path / "copy", recorder.interpreter, recorder.fsck)
    assert recorder.run(SESSION, cut_at_write=CUTS[-2]).reason == "power-cut"
    assert copy.run(SESSION, cut_at_write=CUTS[-1] * 3).reason == "end"


def test_a_recording_that_power_cut_short_is_closed_at_the_next_start_and_noted_once(recorder):
    recorder.run("3 press both 0.2\n9 power-cut\n")
    for _ in range(2):
        recorder.run("2 end\n")
    told = []

    def talk(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            client.use_secret(vault.recorder_secret(client.hello().recorder_id))
            told.append(client.request("status")["last"])
            told.append(read_log(client))

    recorder.converse(talk)
    last, log = told
    assert (last["number"], last["samples"], set(last)) == (1, None, {"number", "seal", "samples"})
    noted = [entry for entry in log if entry["what"] == "interrupted"]
    assert [entry["value"] for entry in noted] == [1]
    assert entry_words(noted[0])[3] == "recording found interrupted: number 1"


@pytest.mark.parametrize(
    "end", ["9 press p1 2.5\n14 end\n", "9 card-out\n14 end\n", "5 press both 8.5\n18 end\n"]
)
def test_a_recording_that_ended_in_another_way_is_not_noted_as_interrupted(recorder, end):
    recorder.run(f"3 press both 0.2\n{end}", clean=False)
    log = []

    def talk(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            client.use_secret(vault.recorder_secret(client.hello().recorder_id))
            log.extend(read_log(client))

    recorder.converse(talk, clean=False)
    assert "start" in [entry["what"] for entry in log]
    assert "interrupted" not in [entry["what"] for entry in log]
