"""A card that was checked goes straight into the recorder, and is warned about when it comes back."""

from host_tools.cli import main
from tests.simulated_recorder import Recorder

SESSION = """
1.0  press both 0.2
8.0  press p2 2.5
12.0 end
"""


def check(image, capsys) -> tuple[int, str, str]:
    status = main(["card", "check", "--yes", str(image)])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_checked_card_takes_a_recording(recorder: Recorder, capsys):
    assert check(recorder.card, capsys)[0] == 0
    recorder.run(SESSION)
    assert recorder.faults() == []
    recorded, prepared = recorder.findings()
    assert (recorded.word, recorded.number, recorded.lost) == ("complete", 1, 0)
    assert recorded.samples > 4 * 16_000
    status, out, err = check(recorder.card, capsys)
    assert "1 RECORDING that is still on it would be lost: R0000001.DAT\n" in err
    assert "1 recording and 1 other file" in err
    assert status == 0 and recorder.findings() == []
