"""What is certified of copies whose overwriting was cut off before it was noted."""

from pathlib import Path

import pytest

from host_tools.certificate.gather import issue
from host_tools.vault.vault import Vault
from tests.retention.conftest import Practice
from tests.retention.test_expire_cut_off import ARGUMENTS, PowerLost, cut_off


def test_clear_is_not_claimed_for_a_recording_of_which_no_overwriting_is_known(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in (1, 2):  # so that it is not Purge
        practice("export", number, "-o", tmp_path / f"{number}.wav")
    with monkeypatch.context() as patched:
        patched.setattr("host_tools.vault.vault.Vault._enter", lambda *_: None)
        cut_off(patched, Vault, "shred_file", 1, after=True)
        with pytest.raises(PowerLost):
            practice(*ARGUMENTS)
    assert practice("expire", "--yes") == 0
    with practice.made.open() as vault:
        method = issue(vault, [1, 2])[1]["method"]  # as for the parts of one recording
    assert method["level"] == "none"
    assert "no copy of recording 1 is known to have been overwritten" in method["technique"]
    assert practice("certificate", 2) == 0 and "Claimed:     Clear" in practice.out
