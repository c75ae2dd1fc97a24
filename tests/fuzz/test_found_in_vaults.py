"""What fuzzing found in a vault that somebody altered, each held by a test of its own."""

import os
import sqlite3
from contextlib import closing

import pytest

from host_tools.errors import CloisterError
from host_tools.vault.stretching import Argon2Cost
from tests.fuzz.vault_target import SCHEMAS
from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister


@pytest.fixture
def made(tmp_path):
    return make_quick_vault(tmp_path)


@pytest.fixture
def cloister(made, capsys):
    return Cloister(made, capsys)


def alter(made, *statements: str) -> None:
    with closing(sqlite3.connect(made.folder / "vault.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            database.execute(statement)


@pytest.mark.parametrize("statement", SCHEMAS)
def test_tables_that_are_not_the_programs_own_are_refused_before_they_are_read(made, cloister, statement):
    alter(made, statement)
    assert "vault" in cloister.refused("list")


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_set_back_is_told_as_damage(made, cloister, version):
    alter(made, f"PRAGMA user_version = {version}")
    assert "damaged, or was altered" in cloister.refused("list")


def test_a_value_of_another_kind_is_told_as_damage(made, cloister):
    loose = "UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'NOT NULL', '')"
    with closing(sqlite3.connect(made.folder / "vault.sqlite")) as database:
        kept = database.execute("SELECT sql, name FROM sqlite_schema").fetchall()
    alter(made, loose)
    alter(made, "UPDATE stretching SET salt = NULL", "UPDATE recorders SET recorder_id = 'text'")
    with closing(sqlite3.connect(made.folder / "vault.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.executemany("UPDATE sqlite_schema SET sql = ? WHERE name = ?", kept)
    assert "damaged, or was altered" in cloister.refused("list")


def test_pages_that_lead_to_each_other_are_told_as_damage(made, cloister):
    path = made.folder / "vault.sqlite"
    whole = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as database:
        root = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'recordings'").fetchone()[0]
    # An inner page whose children are itself: SQLite would go down and round for ever, or as deep as it may.
    page = b"\x05\0\0\0\x02\0\0\0\0" + root.to_bytes(3, "big") + b"\0\x40\0\x50"
    at = 4096 * (root - 1)
    whole[at : at + 4096] = page.ljust(4096, b"\0")
    path.write_bytes(whole)
    assert "vault" in cloister.refused("list")


def test_an_error_of_sqlites_that_quotes_no_text_is_told_as_damage(made, cloister):
    alter(made, "UPDATE sqlite_schema SET name = CAST(x'6bbf' AS TEXT), sql = 'CREATE' WHERE name = 'keys'")
    assert "damaged, or was altered" in cloister.refused("list")


def test_a_pipe_in_place_of_a_file_is_not_waited_for(made, cloister, tmp_path):
    card = tmp_path / "card"
    card.mkdir()
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    assert cloister("import", card) == 0
    (file,) = (made.folder / "recordings").iterdir()
    file.unlink()
    os.mkfifo(file)
    assert cloister("verify", "1") == 3
    assert cloister("export", "1", "-o", tmp_path / "sound.wav") == 1
    (made.folder / "vault.sqlite").unlink()
    os.mkfifo(made.folder / "vault.sqlite")
    assert cloister("list") == 1
    assert "is not a vault" in cloister.err


def test_a_vault_asks_for_no_more_than_any_vault_ever_did():
    assert Argon2Cost().sane
    assert not Argon2Cost(memory_kib=64 * 1024 + 1).sane
    assert not Argon2Cost(iterations=65).sane
    assert not Argon2Cost(lanes=17).sane


@pytest.mark.parametrize("forged", ["x'" + "07" * 32 + "'", "zeroblob(32)"])
@pytest.mark.parametrize("role", ["one-time", "last-resort", "recovery"])
def test_a_public_key_that_somebody_put_there_is_never_given_to_a_recorder(made, role, forged):
    recorder_id = made.writer.recorder_id
    give = {
        "one-time": lambda vault: vault.one_time_keys(recorder_id, 1, 0, 2),
        "last-resort": lambda vault: vault.last_resort_key(recorder_id, 1),
        "recovery": lambda vault: vault.recovery_key(1) or vault.make_recovery_key(1),
    }[role]
    with made.open() as vault:
        first = give(vault)
        assert give(vault) == first
    alter(made, f"UPDATE keys SET public_key = {forged} WHERE role = '{role}'")  # noqa: S608
    with made.open() as vault, pytest.raises(CloisterError, match="is not its own"):
        give(vault)
    alter(made, f"UPDATE keys SET wrapped_private_key = NULL WHERE role = '{role}'")  # noqa: S608
    with made.open() as vault, pytest.raises(CloisterError):
        give(vault)
