"""`cloister recovery …`: a second key for every recording, made, exported, taken back, stopped, destroyed."""

import io
import json
import re
import sys
from pathlib import Path

import click
import pyrage
import pytest

from host_tools import age_passphrase
from tests.reference_writer import key_id
from tests.typed_command import SOUND, Cloister, errors

PASSPHRASE = "another horse, another battery"


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "export-passphrase"
    path.write_text(PASSPHRASE + "\n")
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A work factor for tests."""
    plain = age_passphrase.encrypt
    monkeypatch.setattr(
        age_passphrase, "encrypt", lambda reader, writer, passphrase: plain(reader, writer, passphrase, 4)
    )


def make(cloister: Cloister) -> str:
    """Make recovery keys; the id of the one for suite 1, which this recorder's firmware knows alone."""
    return make_both(cloister)[0]


def make_both(cloister: Cloister) -> list[str]:
    """The ids of the keys for suites 1 and 2."""
    assert cloister("recovery", "new", "--yes") == 0
    return re.findall(r"Made recovery key (\w{16}) for suite \d", cloister.out)


def shown(cloister: Cloister) -> list[dict]:
    assert cloister("recovery", "show", "--json") == 0
    return json.loads(cloister.out)["keys"]


def export(cloister: Cloister, passphrase_file: Path, to: Path, *more: str) -> int:
    return cloister("recovery", "export", *more, "-o", to, "--file-passphrase-file", passphrase_file)


def sealed(content: object) -> bytes:
    """JSON in an age file."""
    written = io.BytesIO()
    age_passphrase.encrypt(io.BytesIO(json.dumps(content).encode()), written, PASSPHRASE)
    return written.getvalue()


def test_what_it_means_is_said_before_one_is_made(cloister: Cloister, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", lambda text, **options: False)
    assert cloister("recovery", "new") == 1
    assert "Whoever has it opens all of them" in cloister.err
    assert errors(cloister.err) == ["cloister: error: nothing was done"]
    assert shown(cloister) == []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert cloister("recovery", "new") == 1
    assert "--yes" in cloister.err


def test_recorders_get_the_key_and_lose_it_when_it_is_stopped(cloister: Cloister, recorder, port) -> None:
    key = make(cloister)
    assert cloister("provision", "--port", port, "--keys", "3") == 0
    assert recorder._status({})["keys"]["1"]["recovery"] == key
    assert cloister("recovery", "stop", "--yes") == 0
    assert "no longer in force" in cloister.out
    assert cloister("provision", "--port", port, "--keys", "3") == 0
    assert recorder.recovery is None
    assert [entry["in_force"] for entry in shown(cloister)] == [False, False]
    assert shown(cloister)[0]["key_id"] == key
    assert cloister.refused("recovery", "stop", "--yes") == "no recovery key is in force"


def test_a_new_key_takes_the_place_of_the_old_and_the_old_still_opens(
    cloister: Cloister, card: Path, recorder, port
) -> None:
    first, first_of_2 = make_both(cloister)
    with cloister.made.open() as vault:
        public = vault.recovery_key(1)
    second, second_of_2 = make_both(cloister)
    assert f"recovery key {first} is no longer in force" in cloister.err
    assert f"recovery key {first_of_2} is no longer in force" in cloister.err
    assert [(entry["key_id"], entry["suite"], entry["in_force"]) for entry in shown(cloister)] == [
        (first, 1, False),
        (first_of_2, 2, False),
        (second, 1, True),
        (second_of_2, 2, True),
    ]
    cloister.made.next_key()
    writer = cloister.made.writer
    container = writer.container(1, pcm=SOUND.tobytes(), publics=[writer.public, public])
    (card / "R0000001.DAT").write_bytes(container)
    assert cloister("import", card) == 0
    with cloister.made.open() as vault:
        vault.destroy_key_ids([key_id(writer.public)])
    assert cloister("verify", 1) == 0
    recorder.keys = ["used", "used"]
    assert cloister("provision", "--port", port, "--keys", "3") == 0
    assert recorder._status({})["keys"]["1"]["recovery"] == second


def test_a_second_recipient_that_is_no_recovery_key_is_named(cloister: Cloister, card: Path) -> None:
    cloister.made.next_key()
    writer = cloister.made.writer
    with cloister.made.open() as vault:
        others = vault.one_time_keys(writer.recorder_id, 1, 90, 1)
    container = writer.container(1, pcm=SOUND.tobytes(), publics=[writer.public, *others])
    (card / "R0000001.DAT").write_bytes(container)
    assert cloister("import", card) == 3
    assert "is no recovery key of this vault: others can open this" in cloister.err


def test_the_exported_file_is_an_age_file_with_the_private_half(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path
) -> None:
    key = make(cloister)
    assert export(cloister, passphrase_file, tmp_path, key) == 0
    path = tmp_path / f"cloister-recovery-{key}.age"
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    fields = json.loads(pyrage.passphrase.decrypt(path.read_bytes(), PASSPHRASE))
    with cloister.made.open() as vault:
        record = vault.private_key_for(bytes.fromhex(key))
    assert (fields["key_id"], fields["private"]) == (key, record.private.hex())
    entry, other = shown(cloister)
    assert [note["to"] for note in entry["exports"]] == [str(path)] and other["exports"] == []
    with cloister.made.open() as vault:
        ((_, paper),) = vault.papers.all("export")
        assert (paper["kind"], paper["key"], paper["recordings"]) == ("recovery key", key, [])
    assert cloister("recovery", "show") == 0 and str(path) in cloister.out


@pytest.mark.parametrize("there", [True, False])
def test_an_export_that_fails_leaves_no_file_and_no_note(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path, monkeypatch, there: bool
) -> None:
    make(cloister)
    target = tmp_path / "out" / "key.age"
    if there:
        target.parent.mkdir()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(age_passphrase, "encrypt", full)
    assert export(cloister, passphrase_file, target) == 1
    words = "no space left on device" if there else "there is no folder"
    assert words in errors(cloister.err)[0]
    assert not target.exists() and not (there and list(target.parent.iterdir()))
    assert shown(cloister)[0]["exports"] == []


def test_a_weak_passphrase_is_refused(cloister: Cloister, tmp_path: Path) -> None:
    make(cloister)
    weak = tmp_path / "weak"
    weak.write_text("secret\n")
    assert export(cloister, weak, tmp_path / "key.age") == 1
    assert "it must have 12 or more" in cloister.err
    assert not (tmp_path / "key.age").exists()


def test_an_exported_key_outlives_the_vaults_own_copy_and_comes_back(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path, recorder, port
) -> None:
    key = make(cloister)
    path = tmp_path / "key.age"
    assert export(cloister, passphrase_file, path) == 0
    assert cloister("recovery", "destroy", "--yes") == 0
    assert f"to {path}: that file is not reached" in cloister.err
    assert "can still be opened with the exported file" in cloister.err
    assert all(entry["in_force"] and entry["destroyed"] for entry in shown(cloister))
    with cloister.made.open() as vault:
        assert vault.private_key_for(bytes.fromhex(key)).destroyed
    assert cloister("provision", "--port", port, "--keys", "3") == 0
    assert recorder._status({})["keys"]["1"]["recovery"] == key
    assert cloister.refused("recovery", "destroy", "--yes").endswith("are destroyed already")
    assert "was destroyed" in cloister.refused(
        "recovery", "export", "-o", tmp_path / "b.age", "--file-passphrase-file", passphrase_file
    )
    assert cloister("recovery", "restore", path, "--file-passphrase-file", passphrase_file) == 0
    assert [entry["destroyed"] for entry in shown(cloister)] == [None, None]
    with cloister.made.open() as vault:
        assert vault.private_key_for(bytes.fromhex(key)).private is not None


def test_an_export_leaves_out_the_key_whose_copy_here_was_destroyed(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path
) -> None:
    key = make(cloister)
    assert export(cloister, passphrase_file, tmp_path / "key.age") == 0
    assert cloister("recovery", "destroy", key, "--yes") == 0
    (other,) = [entry["key_id"] for entry in shown(cloister) if entry["key_id"] != key]
    path = tmp_path / "b.age"
    assert cloister("recovery", "export", "-o", path, "--file-passphrase-file", passphrase_file) == 0
    assert f"Wrote recovery key {other} to {path}" in cloister.out
    assert f"without recovery key {key}: the vault's own copy of it was destroyed" in cloister.err


def test_a_key_that_was_never_exported_is_gone_and_no_longer_used(cloister: Cloister, recorder, port) -> None:
    key = make(cloister)
    assert cloister("recovery", "destroy", key, "--yes") == 0
    assert "nothing can be opened with it any more" in cloister.err
    entry, other = shown(cloister)
    assert entry["destroyed"] and not entry["in_force"]
    assert other["in_force"] and not other["destroyed"]
    assert cloister("provision", "--port", port, "--keys", "3") == 0
    assert recorder.recovery is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not an age file", "it is no age file"),
        ({"private": "00" * 32, "key_id": "ab" * 8}, "is none of this vault's"),
        ({"private": "zz", "key_id": "ab" * 8}, "holds no recovery key"),
        ({"key_id": "ab" * 8}, "holds no recovery key"),
        ([], "holds no recovery key"),
        ({"form": "cloister recovery keys 1", "keys": []}, "holds no recovery key"),
        ({"form": "cloister recovery keys 1", "keys": [5]}, "holds no recovery key"),
    ],
)
def test_what_is_no_recovery_key_is_not_taken_in(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path, content, words: str
) -> None:
    make(cloister)
    path = tmp_path / "key.age"
    path.write_bytes(content if isinstance(content, bytes) else sealed(content))
    assert words in cloister.refused("recovery", "restore", path, "--file-passphrase-file", passphrase_file)


def test_another_keys_private_half_is_not_taken_for_it(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path
) -> None:
    first, second = make(cloister), make(cloister)
    with cloister.made.open() as vault:
        private = vault.private_key_for(bytes.fromhex(second)).private.hex()
    path = tmp_path / "key.age"
    fields = {"private": private, "key_id": first}
    path.write_bytes(sealed(fields))
    assert "is none of this vault's" in cloister.refused(
        "recovery", "restore", path, "--file-passphrase-file", passphrase_file
    )


def test_a_public_key_that_was_swapped_in_the_file_is_not_given_to_recorders(
    cloister: Cloister, tmp_path: Path, passphrase_file: Path, recorder, port
) -> None:
    """Whoever can write the vault's file must not make recorders seal to a key of his own."""
    import sqlite3

    key = make(cloister)
    assert export(cloister, passphrase_file, tmp_path) == 0
    assert cloister("recovery", "destroy", "--yes") == 0
    connection = sqlite3.connect(cloister.made.folder / "vault.sqlite")
    with connection:
        connection.execute("UPDATE keys SET public_key = ? WHERE role = 'recovery'", (bytes(32),))
    connection.close()
    assert cloister("provision", "--port", port, "--keys", "3") == 0
    assert recorder._status({})["keys"]["1"]["recovery"] == key


def test_keys_that_are_not_there(cloister: Cloister) -> None:
    assert cloister("recovery", "show") == 0
    assert (cloister.out, cloister.err) == ("", "There is no recovery key.\n")
    assert cloister.refused("recovery", "destroy", "--yes") == "no recovery key is in force"
    assert cloister.refused("recovery", "destroy", "abcd", "--yes") == "there is no recovery key abcd"
    make(cloister)
    with cloister.made.open() as vault:
        actions = [(entry.action, entry.detail["what"]) for entry in vault.audit.entries()]
    assert ("recovery", "new") in actions and ("recovery", "destroy") in actions
