"""Bad days of a vault: two commands at once, a lost passphrase, and somebody who has only its files."""

import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.vault import Gone, State
from host_tools.vault.state import Hold
from tests.quick_vault import PASSPHRASE
from tests.typed_command import SOUND, Cloister
from tests.vault.raw import all_bytes, rows

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_command_is_told_that_the_vault_is_in_use(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_tools.vault.database.BUSY_TIMEOUT_S", 0.1)
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, cloister.made.folder / "vault.sqlite"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        assert cloister("list") == 0  # looking is no change
        words = cloister.refused("import", card)
        assert words == f"the vault {cloister.made.folder} is in use by another command"
        for arguments in (("people", "rename", "1", "Ruth"), ("backup", "-o", card / "b", "--to", PUBLIC)):
            assert "in use by another command" in cloister.refused(*arguments)
    finally:
        holder.communicate()
    assert cloister("import", card) in (0, 3)
    assert cloister("list", "--json") == 0
    assert cloister.out.count('"id"') == 1


PUBLIC = "age1srfnqc6fj7rwzzy720p4528jsznq6twrlkxpem3v6x0hf4a68uuq3w8nka"


def test_a_lost_passphrase_is_said_plainly(cloister: Cloister, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text(PASSPHRASE.upper() + "\n")
    for arguments in (("list",), ("export", 1, "-o", tmp_path / "x.wav"), ("people",), ("audit",)):
        assert cloister.refused(*arguments, passphrase_file=tmp_path / "wrong").startswith("wrong passphrase")
        assert "a passphrase that is lost cannot be recovered by anybody" in cloister.err


def test_a_search_of_the_raw_files_finds_nothing(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    """Names, reasons, passphrases, keys, sound: after a life of one recording, none of it is in any file."""
    (card / "R0000001.DAT").write_bytes(cloister.container(1, session={"started": "2025-07-14T09:00:00Z"}))
    (card / "R0000002.DAT").write_bytes(cloister.container(2))
    assert cloister("import", card) in (0, 3)
    (tmp_path / "anna").write_text("another twelve characters\n")
    (tmp_path / "third").write_text("a third passphrase here\n")
    assert cloister("people", "add", "Anna Berg", "--new-passphrase-file", tmp_path / "anna") == 0
    with cloister.made.open() as vault:
        keys = [vault.session_key(), vault.sign(b""), vault.recorder_secret(cloister.made.writer.recorder_id)]
        for recording in vault.recordings():
            keys.append(vault.private_key_for(bytes.fromhex(recording.key)).private)
        scan = vault.papers.keep_file(b"scanned: Ruth Stein signed")
        vault.papers.add("consent", {"client": "Ruth Stein", "scan": scan})
        vault.set_state(
            1, State(purpose="supervision", hold=Hold("complaint of the client", "2026-01-01", 1))
        )
        keys.append(bytes.fromhex(scan["key"]))
        with vault.accounted("export", to="Ruth's memory stick"):
            vault.account.recordings = [1]
    old = [value for (value,) in rows(cloister.made.folder, "SELECT wrapped_private_key FROM keys")]
    assert cloister("people", "passphrase", "--new-passphrase-file", tmp_path / "third") == 0
    assert cloister("people", "remove", "Anna Berg", "--yes", passphrase_file=tmp_path / "third") == 0
    cloister.made.passphrase_file.write_text("a third passphrase here\n")
    assert cloister("list") == 0

    stored = all_bytes(cloister.made.folder)
    words = ["Anna", "Berg", "Ruth", "Stein", "supervision", "complaint", "memory stick", "2025-07-14"]
    words += [PASSPHRASE, "another twelve characters", "a third passphrase", "owner"]
    for secret in (*map(str.encode, words), *keys, *old, SOUND[:64].tobytes(), SOUND[-64:].tobytes()):
        assert secret not in stored
        assert secret.hex().encode() not in stored


def test_nothing_of_a_destroyed_recording_is_left_in_the_vault(cloister: Cloister, card: Path) -> None:
    for number in (1, 2):
        (card / f"R{number:07}.DAT").write_bytes(cloister.container(number))
    assert cloister("import", card) in (0, 3)
    with cloister.made.open() as vault:
        first = vault.recording(1)
        private = vault.private_key_for(bytes.fromhex(first.key)).private
        ciphertext = (cloister.made.folder / "recordings" / first.file).read_bytes()[8192:8256]
        assert ciphertext in all_bytes(cloister.made.folder)
        vault.destroy_keys([1], Gone(vault.now().isoformat(), 1, "expired"))
        vault.shred_file(first)
    left = all_bytes(cloister.made.folder)
    assert private not in left and ciphertext not in left
    assert cloister("export", 2, "-o", cloister.made.folder.parent / "2.wav") == 0
    assert cloister("list", "--json") == 0
    assert '"finding": "complete"' in cloister.out
