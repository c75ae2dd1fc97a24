"""The tables of the vault's SQLite file, version by version.

Entry i of MIGRATIONS makes version i + 1 out of version i, in the one transaction in which an older vault is
opened. Columns named wrapped_… hold wrapping.Wrapper's output; rotation.py names every one of them.
"""

MIGRATIONS = (
    """
    CREATE TABLE master (id INTEGER PRIMARY KEY CHECK (id = 1), salt BLOB NOT NULL,
        memory_kib INTEGER NOT NULL, iterations INTEGER NOT NULL, lanes INTEGER NOT NULL,
        wrapped_key BLOB NOT NULL) STRICT;
    CREATE TABLE recorders (recorder_id BLOB PRIMARY KEY, wrapped_secret BLOB NOT NULL,
        wrapped_status BLOB) STRICT;
    CREATE TABLE keys (key_id BLOB PRIMARY KEY, role TEXT NOT NULL, recorder_id BLOB REFERENCES recorders,
        suite INTEGER NOT NULL, number INTEGER NOT NULL, public_key BLOB NOT NULL,
        wrapped_private_key BLOB) STRICT;
    CREATE UNIQUE INDEX key_places ON keys (role, ifnull(recorder_id, x''), suite, number);
    CREATE TABLE recordings (id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped_entry BLOB NOT NULL) STRICT;
    CREATE TABLE destroyed (recorder_id BLOB NOT NULL REFERENCES recorders, number INTEGER NOT NULL,
        PRIMARY KEY (recorder_id, number)) STRICT;
    """,
    """
    CREATE TABLE stretching (id INTEGER PRIMARY KEY CHECK (id = 1), salt BLOB NOT NULL,
        memory_kib INTEGER NOT NULL, iterations INTEGER NOT NULL, lanes INTEGER NOT NULL) STRICT;
    INSERT INTO stretching SELECT id, salt, memory_kib, iterations, lanes FROM master;
    DROP TABLE master;
    CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT,
        stretched_private_key BLOB NOT NULL, sealed_master_key BLOB NOT NULL,
        wrapped_entry BLOB NOT NULL) STRICT;
    CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), public_key BLOB NOT NULL,
        wrapped_private_key BLOB NOT NULL) STRICT;
    CREATE TABLE states (recording_id INTEGER PRIMARY KEY REFERENCES recordings,
        wrapped_state BLOB NOT NULL) STRICT;
    CREATE TABLE file_keys (recording_id INTEGER PRIMARY KEY REFERENCES recordings,
        wrapped_key BLOB NOT NULL) STRICT;
    CREATE TABLE papers (kind TEXT NOT NULL, id INTEGER NOT NULL, wrapped_paper BLOB NOT NULL,
        PRIMARY KEY (kind, id)) STRICT;
    CREATE TABLE audit (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, person INTEGER NOT NULL,
        action TEXT NOT NULL, recordings TEXT NOT NULL, outcome TEXT NOT NULL,
        wrapped_detail BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
    CREATE TABLE audit_head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL,
        at TEXT NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
    CREATE TABLE attempts (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL) STRICT;
    CREATE TABLE upkeep (id INTEGER PRIMARY KEY CHECK (id = 1), unvacuumed INTEGER NOT NULL) STRICT;
    INSERT INTO upkeep VALUES (1, 0);
    """,
)
"""The statements of each entry end with semicolons; none of them has one inside."""

# All but the indexes that SQLite makes by itself.
SCHEMA_QUERY = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name, sql"
