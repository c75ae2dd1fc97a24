"""Suite 2 on the whole recorder: moved to, with a recovery key, with damaged keys, with little memory."""

import subprocess
from pathlib import Path

import pytest

from host_tools.container.suites import unseal
from host_tools.recorder.rekey import Rekeyed, rekey
from host_tools.simulator import run as simulator_run
from host_tools.simulator.interpreter import FIRMWARE_DIR
from host_tools.vault import open_vault
from host_tools.vault.recovery import make_recovery_keys
from tests.conftest import WORD_SIZES
from tests.quick_vault import PASSPHRASE
from tests.scenarios.test_requests import asked, logged
from tests.simulated_recorder import make_recorder

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

SESSION = "3 press both 0.2\n8 press p1 2.5\n13 end\n"
# Without native code that lasts; the interpreter that looks into a flash image has all the heap it wants.
BREAK_FILE = Path(__file__).with_name("break_file.py")
KEEPS_FAULT = 7
FIRMWARE_FAULT = 8
LEAST_FREE_BYTES = 10 * 1024


def words_and_suites(recorder) -> list[tuple[str, int]]:
    return [(finding.word, finding.header.suite) for finding in recorder.findings()]


def break_files(recorder, *names: str) -> None:
    """Cut files of the recorder's own short, as a flash gone bad may."""
    command = [*recorder.interpreter, str(BREAK_FILE), str(FIRMWARE_DIR), str(recorder.folder / "flash.img")]
    subprocess.run([*command, *names], check=True, timeout=60)


def move(recorder, keys: int) -> Rekeyed:
    """Rekey the recorder, as a laptop does."""
    done = []

    def talk(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            recorder_id = client.hello().recorder_id
            client.use_secret(vault.recorder_secret(recorder_id))
            done.append(rekey(client, vault, recorder_id, keys))

    recorder.converse(talk, for_ms=60_000, ends_in="ready")
    return done[0]


def test_a_recorder_of_suite_1_is_moved_to_suite_2_and_both_recordings_stay_readable(
    micropython, tmp_path, fsck_vfat
):
    recorder = make_recorder(tmp_path, list(micropython.command), fsck_vfat, keys=4, suite=1)
    recorder.run(SESSION)
    assert words_and_suites(recorder) == [("complete", 1), ("empty", 1)]
    done = move(recorder, keys=4)
    assert (done.suite_before, done.suite, done.keys_added) == (1, 2, 4)
    assert words_and_suites(recorder) == [("complete", 1), ("empty", 2)]  # what lay prepared is sealed anew
    recorder.run(SESSION)
    assert words_and_suites(recorder) == [("complete", 1), ("complete", 2), ("empty", 2)]
    keys = asked(recorder, "status")["keys"]
    assert (keys["1"]["left"], keys["2"]["left"], keys["2"]["loaded"]) == (2, 2, 4)


def test_with_a_recovery_key_both_recipients_open_each_container_of_a_long_recording(
    micropython, tmp_path, fsck_vfat
):
    recorder = make_recorder(tmp_path, list(micropython.command), fsck_vfat, keys=4, suite=1)
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        made = {key.suite: key for key in make_recovery_keys(vault)}
    move(recorder, keys=6)
    recorder.run("3 press both 0.2\n1300 press p1 2.5\n1306 end\n")
    assert not recorder.faults()
    findings = recorder.findings()
    assert [finding.word for finding in findings] == ["complete", "complete", "complete", "empty"]
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        recovery = vault.private_key_for(bytes.fromhex(made[2].key_id))
        for finding in findings:
            header = finding.header
            own, other = header.recipients
            assert other.key_id.hex() == made[2].key_id
            file_keys = {
                unseal(2, one.enc + one.sealed_file_key, private, header.block[:32] + one.key_id)
                for one, private in (
                    (own, vault.private_key_for(own.key_id).private),
                    (other, recovery.private),
                )
            }
            assert len(file_keys) == 1


def test_damaged_keys_are_told_and_passed_over_and_the_session_is_recorded(micropython, tmp_path, fsck_vfat):
    recorder = make_recorder(tmp_path, list(micropython.command), fsck_vfat, keys=4)
    break_files(recorder, "keys-2-0000000-2", "recovery-2")
    recorder.run(SESSION)
    assert words_and_suites(recorder) == [("complete", 2), ("empty", 2)]
    entries = logged(recorder)
    assert ("fault", KEEPS_FAULT) in [(entry["what"], entry["value"]) for entry in entries]
    status = asked(recorder, "status")
    assert (status["keys"]["2"]["loaded"], status["keys"]["2"]["left"]) == (4, 0)  # two were of no use


def test_with_every_key_damaged_the_fault_is_shown_and_new_keys_mend_it(micropython, tmp_path, fsck_vfat):
    recorder = make_recorder(tmp_path, list(micropython.command), fsck_vfat, keys=2)
    break_files(recorder, "keys-2-0000000-2", "last-resort-2")
    recorder.run(SESSION)
    assert recorder.states()[-1] == "fault"
    assert "fails its check" in recorder.faults()[0]
    move(recorder, keys=2)
    recorder.run(SESSION)
    assert words_and_suites(recorder) == [("complete", 2), ("empty", 2)]


@pytest.fixture
def heap(monkeypatch):
    """A function that takes so many bytes of the board's heap away."""
    real = simulator_run.native_memory_bytes

    def take(less_bytes: int) -> None:
        monkeypatch.setattr(simulator_run, "native_memory_bytes", lambda *about: real(*about) + less_bytes)

    return take


def free_when_ready(recorder) -> int:
    """What is free of the heap, waiting."""
    recorder.run("25 end\n")
    return min(report.value for report in recorder.reports if report.kind == "sign")


def test_sealing_works_with_10_kb_of_heap_free(recorder, heap):
    heap(free_when_ready(recorder) - LEAST_FREE_BYTES)
    before = recorder.findings()[0].header.block
    recorder.run("5 end\n")  # at each start what was prepared is sealed anew
    assert recorder.states() == ["closing", "ready"]
    assert words_and_suites(recorder) == [("empty", 2)]
    assert recorder.findings()[0].header.block != before


def test_with_too_little_heap_it_says_so(recorder, heap):
    heap(free_when_ready(recorder) - 5 * 1024)
    recorder.run(SESSION)
    assert recorder.states()[-1] == "fault"
    assert recorder.faults()[0] == "too little memory to prepare a container"
