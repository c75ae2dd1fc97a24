"""A real recorder's card that was wiped or prepared goes back into the recorder, which goes on as if new."""

from pathlib import Path

import pytest

from host_tools.card import open_card
from host_tools.cli import main
from tests.quick_vault import PASSPHRASE
from tests.simulated_recorder import Recorder

SESSION = """
1.0  press both 0.2
8.0  press p2 2.5
12.0 end
"""


@pytest.fixture
def cloister(recorder: Recorder, tmp_path: Path):
    """The command on the recorder's vault; gives the exit status."""
    passphrase_file = tmp_path / "passphrase"
    passphrase_file.write_text(PASSPHRASE)
    options = ["--vault", str(recorder.folder / "vault"), "--passphrase-file", str(passphrase_file)]
    return lambda *arguments: main([*options, *map(str, arguments)])


def contents_on(card: Path) -> dict[str, bytes]:
    with open_card(card) as there:
        return {file.name: file.read_at(0, file.size_bytes) for file in there.files()}


def recorded(recorder: Recorder) -> list[tuple[int | None, str]]:
    return [(finding.number, finding.word) for finding in recorder.findings()]


def test_a_wiped_recording_is_nowhere_on_the_card_and_the_next_is_recorded(recorder: Recorder, cloister):
    recorder.run(SESSION)
    assert recorded(recorder) == [(1, "complete"), (2, "empty")]
    sound = contents_on(recorder.card)["R0000001.DAT"]
    assert cloister("import", recorder.card) == 0
    assert cloister("card", "wipe", recorder.card, "R0000001.DAT", "--yes") == 0
    image = recorder.card.read_bytes()
    starts = [sound[at : at + 512] for at in range(0, len(sound), 4096) if any(sound[at : at + 512])]
    assert len(starts) > 30 and not any(start in image for start in starts)
    assert b"0000001DAT" not in image
    recorder.fsck(recorder.card)
    recorder.run(SESSION)
    assert recorder.faults() == [] and recorded(recorder) == [(2, "complete"), (3, "empty")]


def test_free_space_is_wiped_between_two_sessions(recorder: Recorder, cloister):
    recorder.run(SESSION)
    before = contents_on(recorder.card)
    assert cloister("card", "wipe", recorder.card, "--free", "--yes") == 0
    assert contents_on(recorder.card) == before
    recorder.fsck(recorder.card)
    recorder.run(SESSION)
    assert recorder.faults() == []
    assert recorded(recorder) == [(1, "complete"), (2, "complete"), (3, "empty")]


@pytest.mark.parametrize("action", ["prepare", "wipe"])
def test_a_card_made_new_takes_a_recording(recorder: Recorder, cloister, action):
    recorder.run(SESSION)
    assert cloister("import", recorder.card) == 0
    assert cloister("card", action, recorder.card, "--yes") == 0
    assert recorded(recorder) == []
    recorder.fsck(recorder.card)
    recorder.run(SESSION)
    assert recorder.faults() == [] and ("complete" in dict(recorded(recorder)).values())


@pytest.mark.parametrize("cut", [240, 270, 300, 320])
def test_what_a_power_cut_left_in_the_file_system_is_clean_afterwards(recorder: Recorder, cloister, cut):
    """Free counts that are wrong, clusters that belong to nothing: fsck.vfat finds none after it."""
    recorder.run(SESSION, cut_at_write=cut)
    recorder.run(SESSION, clean=False)
    before = contents_on(recorder.card)
    assert cloister("card", "wipe", recorder.card, "--free", "--yes") == 0
    assert contents_on(recorder.card) == before
    recorder.fsck(recorder.card)
    recorder.run(SESSION)
    assert recorder.states()[-1] == "ready" and recorder.faults() == []
