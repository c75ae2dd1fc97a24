"""Power cut in the middle of a write to card or flash: nothing is torn, no number and no key is used twice.

A share of all the writes of a first session, from the first one after power-on to the last.
"""

import shutil

import pytest

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
