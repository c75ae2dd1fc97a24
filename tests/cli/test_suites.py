"""Suite 2 from the command line: provisioned, moved to with `rekey`, shown, and its recovery keys kept."""

import io
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hpke

from host_tools import age_passphrase
from host_tools.vault import recovery
from tests.pty_double import PtyDouble
from tests.reference_writer import key_id
from tests.suited_recorder import Ring, SuitedRecorder
from tests.typed_command import SOUND, Cloister, errors
from tests.unit.recorder_double import RecorderDouble

X_WING = "X-Wing (X25519 and ML-KEM-768)"
PASSPHRASE = "another horse, another battery"


@pytest.fixture
def recorder(cloister: Cloister) -> SuitedRecorder:
    """The vault's recorder, whose firmware knows both suites."""
    return SuitedRecorder(cloister.made.writer.recorder_id, cloister.made.writer.secret)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A work factor for tests."""
    plain = age_passphrase.encrypt
    monkeypatch.setattr(
        age_passphrase, "encrypt", lambda reader, writer, passphrase: plain(reader, writer, passphrase, 4)
    )


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "export-passphrase"
    path.write_text(PASSPHRASE + "\n")
    return path


def record(cloister: Cloister, number: int, suite: int, *more: bytes) -> bytes:
    """A container sealed to one-time key `number` of that suite; it is the key that a recorder would take."""
    writer = cloister.made.writer
    with cloister.made.open() as vault:
        (writer.public,) = vault.one_time_keys(writer.recorder_id, suite, number, 1)
    writer.suite = suite
    return writer.container(number, pcm=SOUND.tobytes(), publics=[writer.public, *more])


def recovery_ids(cloister: Cloister) -> dict[int, str]:
    """The keys in force, by suite."""
    assert cloister("recovery", "show", "--json") == 0
    return {key["suite"]: key["key_id"] for key in json.loads(cloister.out)["keys"] if key["in_force"]}


def test_provision_loads_suite_2_and_says_so(cloister: Cloister, recorder, port) -> None:
    recorder.rings[1].keys = ["used"] * 2
    recorder.rings[1].used = 2
    assert cloister("provision", "--port", port, "--keys", "3") == 0
    assert f"one-time keys: 3 added, 3 unused (suite 2, {X_WING})\n" in cloister.out
    assert cloister.err == ""
    assert recorder.rings[2].told()["left"] == 3
    assert cloister("provision", "--port", port, "--keys", "4", "--json") == 0
    told = json.loads(cloister.out)
    assert (told["suite"], told["keys_added"], told["full"]) == (2, 1, False)


def test_provision_loads_suite_1_if_told_to_without_complaint(cloister: Cloister, recorder, port) -> None:
    assert cloister("provision", "--port", port, "--keys", "3", "--suite", "1") == 0
    assert (recorder.rings[1].told()["left"], recorder.rings[2].keys) == (3, [])
    assert cloister.err == ""
    assert cloister("status", "--port", port) == 0
    assert "X25519: 3 one-time keys left of 3" in cloister.out
    assert f"cloister rekey moves the recorder to suite 2, {X_WING}" in cloister.out


def test_a_suite_that_does_not_exist_is_refused_before_the_port_is_touched(cloister, recorder, port) -> None:
    assert cloister("provision", "--port", port, "--suite", "3") == 2
    assert recorder.writes == []


def test_a_recorder_without_room_is_told_and_has_all_that_fits(cloister: Cloister, recorder, port) -> None:
    recorder.room = 3
    assert cloister("provision", "--port", port, "--keys", "9") == 0
    assert "the recorder has no room for more one-time keys" in cloister.err
    assert "2 added, 2 unused" in cloister.out
    assert recorder.rings[2].last_resort is not None


def test_rekey_moves_a_recorder_and_the_second_run_says_that_it_is_done(
    cloister: Cloister, recorder, port
) -> None:
    assert cloister("provision", "--port", port, "--keys", "5", "--suite", "1") == 0
    recorder.rings[1].used = 3
    recorder.more_status = {"next_container": 4}
    assert cloister("rekey", "--port", port, "--keys", "6") == 0
    name = f"recorder {recorder.recorder_id.hex()}"
    assert cloister.out.splitlines() == [
        f"{name} uses suite 2, {X_WING} from now on",
        "one-time keys: 6 added, 6 unused",
        "suite 1: 2 unused one-time keys on the recorder are used no more; "
        "at most number 4 is sealed to a key of it still",
        "the keys of what was recorded before stay in the vault",
    ]
    assert "the old last-resort key" in cloister.err and "is kept until number 4 is imported" in cloister.err
    assert cloister("rekey", "--port", port, "--keys", "50") == 0
    assert f"{name} uses suite 2, {X_WING} already: nothing was done" in cloister.out
    assert recorder.rings[2].told()["loaded"] == 6
    with cloister.made.open() as vault:
        entries = [entry.detail for entry in vault.audit.entries() if entry.action == "rekey"]
    assert [(entry["keys"], entry["suite"]) for entry in entries] == [(6, 2), (0, 2)]


def test_provisioning_that_moves_a_recorder_says_so_as_rekey_does(cloister: Cloister, recorder, port) -> None:
    assert cloister("provision", "--port", port, "--keys", "5", "--suite", "1") == 0
    assert "from now on" not in cloister.out
    assert cloister("provision", "--port", port, "--keys", "0") == 0
    assert "X25519)" in cloister.out and "firmware" not in cloister.err
    assert cloister("provision", "--port", port, "--keys", "6") == 0
    assert f"the recorder uses suite 2, {X_WING} from now on\nsuite 1: 5 unused one-" in cloister.out
    assert "used no more; at most number 1 is sealed to a key of it still\nthe keys of what" in cloister.out
    assert cloister("provision", "--port", port, "--keys", "6") == 0
    assert "from now on" not in cloister.out
    recorder.rings[2] = Ring()
    assert cloister("provision", "--port", port, "--keys", "9", "--json") == 0
    told = json.loads(cloister.out)
    assert (told["suite_before"], told["suite"]) == (1, 2)


def test_rekey_as_json(cloister: Cloister, recorder, port) -> None:
    assert cloister("provision", "--port", port, "--keys", "5", "--suite", "1") == 0
    assert cloister("rekey", "--port", port, "--keys", "2", "--json") == 0
    told = json.loads(cloister.out)
    assert {name: told[name] for name in ("suite_before", "suite", "keys_added", "was_done", "unused")} == {
        "suite_before": 1, "suite": 2, "keys_added": 2, "was_done": False, "unused": {"1": 5},
    }  # fmt: skip
    assert told["recorder"] == recorder.recorder_id.hex() and told["settled"] == []


def test_rekey_that_was_cut_off_goes_on(cloister: Cloister, recorder, port) -> None:
    recorder.refuse["keys"] = "the card is busy"
    assert cloister("rekey", "--port", port, "--keys", "4") == 1
    assert errors(cloister.err)[0].endswith("refused keys: the card is busy")
    recorder.refuse = {}
    assert cloister("rekey", "--port", port, "--keys", "4") == 0
    assert recorder.rings[2].told()["left"] == 4


def test_firmware_that_knows_suite_1_only_is_told_so(cloister: Cloister) -> None:
    recorder = RecorderDouble(cloister.made.writer.recorder_id, cloister.made.writer.secret)
    double = PtyDouble(recorder)
    for command in (("rekey",), ("provision", "--suite", "2")):
        assert cloister(*command, "--port", double.port) == 1
        assert errors(cloister.err)[0] == (
            f"cloister: error: the recorder's firmware knows suite 1, X25519 only, not suite 2, {X_WING}"
        )
        assert "cloister: hint: update its firmware" in cloister.err
    double.close()
    assert recorder.keys == []


def test_rekey_of_a_recorder_that_is_not_provisioned_is_refused(cloister: Cloister) -> None:
    double = PtyDouble(SuitedRecorder())
    assert cloister.refused("rekey", "--port", double.port) == "the recorder is not provisioned yet"
    double.close()


def test_the_status_page_says_how_many_keys_are_left_of_which_suite(
    cloister: Cloister, recorder, port
) -> None:
    assert cloister("provision", "--port", port, "--keys", "12", "--suite", "1") == 0
    recorder.rings[1].used = 12
    assert cloister("provision", "--port", port, "--keys", "11") == 0
    assert cloister("status", "--port", port) == 0
    assert "X25519: 0 one-time keys left of 12: used no more" in cloister.out
    assert f"{X_WING}: 11 one-time keys left of 11\n" in re.sub(" +\n", "\n", cloister.out)
    assert "share the last-resort key" not in cloister.out and "cloister rekey" not in cloister.out
    recorder.rings[2].used = 11
    assert cloister("status", "--port", port) == 0
    assert f"{X_WING}: 0 one-time keys left of 11: recordings share the last-resort key" in cloister.out


@pytest.mark.parametrize(("suite", "name"), [(1, "X25519"), (2, X_WING)])
def test_show_names_the_suite_also_of_what_is_destroyed(cloister: Cloister, card: Path, suite, name) -> None:
    (card / "R0000001.DAT").write_bytes(record(cloister, 1, suite))
    assert cloister("import", card) == 0
    assert cloister("show", 1) == 0
    assert f"Suite:     {name}\n" in cloister.out
    assert cloister("expire", 1, "--early", "asked for", "--yes", "--all") == 0, cloister.err
    assert cloister("show", 1) == 0
    assert f"Suite:     {name}\n" in cloister.out
    assert cloister("show", 1, "--json") == 0
    shown = json.loads(cloister.out)
    assert (shown["suite"], shown["suite_name"], bool(shown["destroyed"])) == (suite, name, True)
    assert cloister("certificate", 1) == 0
    words = "X25519 (128 bits)" if suite == 1 else "X25519 (128 bits) and ML-KEM-768 (192 bits) together"
    assert f"sealed with {words}; private keys" in cloister.out


def test_recordings_of_both_suites_are_imported_verified_and_backed_up(
    cloister: Cloister, card: Path, tmp_path: Path, passphrase_file: Path
) -> None:
    for number in (1, 2):
        (card / f"R{number:07}.DAT").write_bytes(record(cloister, number, number))
    assert cloister("verify", card) in (0, 3)
    assert cloister("import", card) == 0
    backup = ("backup", "-o", tmp_path / "b", "--backup-passphrase-file", passphrase_file)
    assert cloister(*backup) == 0
    again = tmp_path / "again"
    opening = ("--backup-passphrase-file", passphrase_file)
    assert cloister("restore", tmp_path / "b", again, *opening) in (0, 3)
    cloister.made.folder = again
    for number in (1, 2):
        assert cloister("verify", number) == 0
        assert cloister("export", number, "-o", tmp_path / f"{number}.wav") == 0
        assert (tmp_path / f"{number}.wav").read_bytes().endswith(SOUND.tobytes())


def test_recovery_keys_of_both_suites_are_loaded_exported_and_restored(
    cloister: Cloister, card: Path, recorder, port, tmp_path: Path, passphrase_file: Path
) -> None:
    assert cloister("recovery", "new", "--yes") == 0
    keys = recovery_ids(cloister)
    assert set(keys) == {1, 2}
    assert cloister("provision", "--port", port, "--keys", "1") == 0
    assert recorder.rings[2].told()["recovery"] == keys[2] and recorder.rings[1].recovery is None
    with cloister.made.open() as vault:
        public = vault.recovery_key(2)
    (card / "R0000001.DAT").write_bytes(record(cloister, 1, 2, public))
    assert cloister("import", card) == 0
    with cloister.made.open() as vault:
        vault.destroy_key_ids([key_id(cloister.made.writer.public)])
    path = tmp_path / "keys.age"
    passphrase = ("--file-passphrase-file", passphrase_file)
    assert cloister("recovery", "export", "-o", path, *passphrase) == 0
    assert f"Wrote recovery keys {keys[1]} and {keys[2]} to {path}" in cloister.out
    assert cloister("recovery", "destroy", "--yes") == 0
    assert cloister("verify", 1) == 3
    assert cloister("recovery", "restore", path, *passphrase) == 0
    assert f"Recovery key {keys[2]} for suite 2, {X_WING} is in the vault again" in cloister.out
    assert cloister("verify", 1) == 0


def test_a_vault_with_a_recovery_key_of_suite_1_alone_says_what_to_do_and_gets_the_other(
    cloister: Cloister, recorder, port
) -> None:
    with cloister.made.open() as vault:
        first = recovery.make_recovery_key(vault, 1).key_id
    assert cloister("provision", "--port", port, "--keys", "1", "--suite", "1") == 0
    assert cloister.err == "" and recorder.rings[1].told()["recovery"] == first
    assert cloister("rekey", "--port", port, "--keys", "1") == 0
    assert f"no recovery key is for suite 2, {X_WING}" in cloister.err
    assert "cloister recovery new makes one, and cloister provision loads it" in cloister.err
    assert cloister("recovery", "new", "--yes") == 0
    assert f"recovery key {first} for suite 1, X25519 stays in force" in cloister.err
    keys = recovery_ids(cloister)
    assert keys[1] == first
    assert cloister("provision", "--port", port, "--keys", "1") == 0
    assert recorder.rings[2].told()["recovery"] == keys[2]
    assert "no recovery key" not in cloister.err
    assert cloister("recovery", "new", "--yes") == 0
    assert f"recovery key {first} is no longer in force" in cloister.err
    assert not set(recovery_ids(cloister).values()) & set(keys.values())


def test_a_key_in_an_export_that_is_another_ones_leaves_all_as_it_was(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path
) -> None:
    """All keys of a file are taken back, or none."""
    assert cloister("recovery", "new", "--yes") == 0
    with cloister.made.open() as vault:
        first, second = recovery.keys_in_force(vault)
        privates = [vault.private_key_for(bytes.fromhex(key.key_id)).private for key in (first, second)]
        recovery.destroy(vault, first, second)
    entries = [
        {"key_id": first.key_id, "private": privates[0].hex()},
        {"key_id": second.key_id, "private": privates[1][:-1].hex()},
    ]
    path = tmp_path / "keys.age"
    with path.open("wb") as file:
        age_passphrase.encrypt(
            io.BytesIO(json.dumps({"form": recovery.FORM_OF_SEVERAL, "keys": entries}).encode()),
            file,
            PASSPHRASE,
        )
    assert "is none of this vault's" in cloister.refused(
        "recovery", "restore", path, "--file-passphrase-file", passphrase_file
    )


def test_without_x_wing_every_command_says_so_in_a_line(cloister: Cloister, monkeypatch) -> None:
    """The vault itself is sealed to its people with X-Wing."""
    monkeypatch.delattr(hpke, "MLKEM768X25519PrivateKey")
    assert cloister("list") == 1
    assert "needs version 48 or newer of cryptography" in cloister.err
    assert len(cloister.err.splitlines()) == 2
