"""Destroying keys for good: nothing of them is left in any file, and everything else still opens."""

import sqlite3

import pytest

from host_tools.errors import CloisterError
from host_tools.vault import Gone, State, rotation
from host_tools.vault.database import Database
from tests.quick_vault import PASSPHRASE, QuickVault, make_quick_vault
from tests.reference_writer import key_id
from tests.vault.raw import all_bytes, edit, rows

GONE = Gone("2026-11-20T10:00:00+00:00", 1, "expired")


@pytest.fixture
def made(tmp_path) -> QuickVault:
    return make_quick_vault(tmp_path)


def keys_of(made: QuickVault, count: int = 40) -> list[bytes]:
    with made.open() as vault:
        return [key_id(public) for public in vault.one_time_keys(made.writer.recorder_id, 1, 0, count)]


def test_every_wrapped_column_of_the_schema_is_wrapped_anew(made: QuickVault) -> None:
    tables = [name for (name,) in rows(made.folder, "SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = {
        (table, row[1])
        for table in tables
        for row in rows(made.folder, f"PRAGMA table_info({table})")
        if row[1].startswith("wrapped_")
    }
    assert columns == {(entry.table, entry.column) for entry in rotation.WRAPPED}


def test_nothing_of_a_destroyed_key_is_left_and_the_rest_opens(made: QuickVault) -> None:
    keys = keys_of(made)
    with made.open() as vault:
        vault.papers.add("consent", {"client": "Ruth"})
        with vault.accounted("export", to="somebody"):
            pass
        private = vault.private_key_for(keys[3]).private
        others = [vault.private_key_for(key).private for key in keys[4:]]
    wrapped = [value for (value,) in rows(made.folder, "SELECT wrapped_private_key FROM keys")]
    sealed = rows(made.folder, "SELECT sealed_master_key FROM people")[0][0]
    with made.open() as vault:
        vault.destroy_key_ids([keys[3]])
    left = all_bytes(made.folder)
    assert not any(value in left for value in (*wrapped, sealed, private))
    with made.open() as vault:
        assert vault.private_key_for(keys[3]).destroyed
        assert [vault.private_key_for(key).private for key in keys[4:]] == others
        assert vault.papers.get("consent", 1) == {"client": "Ruth"}
        assert vault.recorder_secret(made.writer.recorder_id) == made.writer.secret
        assert vault.audit.verify() == []


def test_an_older_copy_of_the_key_rows_cannot_be_opened_with_the_new_vault(made: QuickVault) -> None:
    keys = keys_of(made)
    old = rows(made.folder, "SELECT wrapped_private_key FROM keys WHERE key_id = ?", keys[3])[0][0]
    with made.open() as vault:
        vault.destroy_key_ids([keys[3]])
    edit(made.folder, "UPDATE keys SET wrapped_private_key = ? WHERE key_id = ?", old, keys[3])
    with made.open() as vault, pytest.raises(CloisterError, match="altered"):
        vault.private_key_for(keys[3])


def test_a_full_disk_leaves_everything_as_it_was(made: QuickVault, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = keys_of(made)
    before = all_bytes(made.folder)
    with made.open() as vault:
        vault._database.connection.execute("PRAGMA max_page_count = 1")
        pages = vault._database.rows("PRAGMA page_count")[0][0]
        vault._database.connection.execute(f"PRAGMA max_page_count = {pages}")
        monkeypatch.setattr(
            vault._database,
            "owe_compacting",
            lambda: vault._database.change("INSERT INTO papers VALUES ('x', 1, randomblob(9000000))"),
        )
        with pytest.raises(CloisterError, match="full"):
            vault.destroy_key_ids([keys[3]])
        assert vault.private_key_for(keys[3]).private
    assert all_bytes(made.folder)[100:] == before[100:]
    with made.open() as vault:
        assert vault.private_key_for(keys[3]).private


def test_what_could_not_be_written_anew_is_by_the_next_command(
    made: QuickVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_of(made)
    with monkeypatch.context() as patch, made.open() as vault:

        def full(_: Database) -> None:
            raise CloisterError("database or disk is full")

        patch.setattr(Database, "compact", full)
        with pytest.raises(CloisterError, match="keys are destroyed, but"):
            vault.destroy_key_ids([keys[3]])
    assert rows(made.folder, "SELECT unvacuumed FROM upkeep") == [(1,)]
    with made.open() as vault:
        assert vault.private_key_for(keys[3]).destroyed
    assert rows(made.folder, "SELECT unvacuumed FROM upkeep") == [(0,)]


def test_bytes_that_are_left_are_found(made: QuickVault) -> None:
    (made.folder / "vault.sqlite-copy").write_bytes(bytes(2_000_000) + b"needle of some length" + bytes(9))
    assert rotation.find_bytes(made.folder, [b"needle of some length"]) == "vault.sqlite-copy"
    assert rotation.find_bytes(made.folder, [b"needle of another length"]) == ""


def test_states_go_with_the_keys_or_not_at_all(made: QuickVault) -> None:
    from tests.vault.entries import add_entry

    with made.open() as vault:
        first = add_entry(vault, made, 1)
        second = add_entry(vault, made, 2)
        vault.set_state(first.id, State(purpose="research"))
        done = vault.destroy_keys([first.id], GONE)
        assert done.keys == [first.key]
        assert vault.states() == {first.id: State(purpose="research", gone=GONE)}
        assert vault.private_key_for(bytes.fromhex(second.key)).private


def test_a_key_that_another_recording_needs_is_not_destroyed(made: QuickVault) -> None:
    from tests.vault.entries import add_entry

    with made.open() as vault:
        first = add_entry(vault, made, 1)
        second = add_entry(vault, made, 2, key=first.key)
        with pytest.raises(CloisterError, match="has the same key"):
            vault.destroy_keys([first.id], GONE)
        assert vault.states() == {}
        assert vault.destroy_keys([first.id, second.id], GONE).keys == [first.key]
        assert vault.state(second.id).gone == GONE


def test_the_file_key_of_a_last_resort_recording_is_destroyed(made: QuickVault) -> None:
    from tests.vault.entries import add_entry

    with made.open() as vault:
        shared = key_id(vault.last_resort_key(made.writer.recorder_id, 1)).hex()
        recording = add_entry(vault, made, 1, key=shared)
        vault.keep_file_key(recording.id, bytes(range(32)))
        assert vault.file_key(recording.id) == bytes(range(32))
        wrapped = rows(made.folder, "SELECT wrapped_key FROM file_keys")[0][0]
        done = vault.destroy_keys([recording.id], GONE)
        assert (done.keys, done.file_keys, done.shared) == ([], [recording.id], {recording.id: shared})
        assert vault.file_key(recording.id) is None
    assert wrapped not in all_bytes(made.folder)


def test_a_key_that_was_kept_opens_the_vault_until_the_next_destruction(made: QuickVault) -> None:
    from host_tools.vault import open_vault_with_key

    keys = keys_of(made)
    with made.open() as vault:
        kept = vault.session_key()
    with open_vault_with_key(made.folder, kept, 1) as vault:
        assert vault.person.name == "owner"
        vault.destroy_key_ids([keys[0]])
        assert vault.private_key_for(keys[1]).private
    with pytest.raises(CloisterError, match="no longer has"):
        open_vault_with_key(made.folder, kept, 1)
    assert PASSPHRASE.encode() not in all_bytes(made.folder)


def test_two_commands_at_once_are_told_so(made: QuickVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host_tools.vault.database.BUSY_TIMEOUT_S", 0.1)
    keys = keys_of(made)
    other = sqlite3.connect(made.folder / "vault.sqlite", isolation_level=None)
    with made.open() as vault:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CloisterError, match="in use by another command"):
            vault.destroy_key_ids([keys[0]])
        other.execute("ROLLBACK")
        assert vault.private_key_for(keys[0]).private
    other.close()
