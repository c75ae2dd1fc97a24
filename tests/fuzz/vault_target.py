"""A real small vault, altered by somebody: its SQLite file byte by byte or by SQL, its recordings as files.

After that the commands run as a user runs them. They end with exit status 0 to 3 and at most a line of error
and a hint for each fault; what they export is what was recorded.
"""

import contextlib
import hashlib
import io
import os
import shutil
import sqlite3
import tempfile
import wave
from pathlib import Path

from host_tools.cli import main
from host_tools.vault import create_vault, open_vault
from tests.fuzz.draw import Draw
from tests.quick_vault import PASSPHRASE, QUICK, QuickVault
from tests.reference_writer import Writer

RECORDINGS = 3
FRAMES = 6000
PCM = [hashlib.shake_128(b"sound %d" % number).digest(2 * FRAMES) for number in range(RECORDINGS)]
COMMANDS = (
    ("list",), ("list", "--json"), ("verify", "1", "2", "3"), ("verify", "--json", "2"), ("show", "1"),
    ("show", "2", "--json"), ("verify", "CARD"), ("import", "CARD"),
)  # fmt: skip
TABLES = (
    "stretching", "people", "identity", "recorders", "keys", "recordings", "destroyed", "states", "file_keys",
    "papers", "audit", "audit_head", "attempts", "upkeep", "sqlite_sequence",
)  # fmt: skip
VALUES = (
    "NULL",
    "0",
    "-1",
    "1",
    "9223372036854775807",
    "1e999",
    "''",
    "'text'",
    "x''",
    "x'00ff'",
    "zeroblob(70000)",
)
VALUES += ("CAST(x'ff' AS TEXT)", "1 << 33", "65536", "zeroblob(12)", "zeroblob(28)", "randomblob(100)")
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT"


def _endless_view(name: str, columns: str) -> str:
    """Puts a view in the place of a table: one whose rows have no end."""
    view = f"CREATE VIEW {name} AS {ENDLESS} {columns} FROM c".replace("'", "''")
    return f"UPDATE sqlite_schema SET type = 'view', rootpage = 0, sql = '{view}' WHERE name = '{name}'"  # noqa: S608


SCHEMAS = (
    "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '')",
    "UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')",
    "UPDATE sqlite_schema SET rootpage = 2",
    "UPDATE sqlite_schema SET sql = replace(sql, 'BLOB', 'TEXT')",
    "UPDATE sqlite_schema SET sql = 'CREATE TABLE recordings (id, wrapped_entry)' WHERE name = 'recordings'",
    "DELETE FROM sqlite_schema WHERE name = 'keys'",
    _endless_view("recordings", "x AS id, x'00' AS wrapped_entry"),
    _endless_view("recorders", "x'00' AS recorder_id, x'00' AS wrapped_secret, x'00' AS wrapped_status"),
    _endless_view("stretching", "1 AS id, x'00' AS salt, 64 AS memory_kib, 1 AS iterations, 1 AS lanes"),
)

_folder = tempfile.TemporaryDirectory(prefix="cloister-fuzz-")
_sound, _work = Path(_folder.name) / "sound", Path(_folder.name) / "work"


def _make() -> QuickVault:
    """A vault with three recordings of one recorder, and their card."""
    _sound.mkdir()
    create_vault(_sound / "vault", PASSPHRASE, QUICK)
    (_sound / "passphrase").write_text(PASSPHRASE + "\n")
    made = QuickVault(_sound / "vault", _sound / "passphrase", Writer(b"", b"recorder", b"s" * 32))
    with open_vault(made.folder, PASSPHRASE) as vault:
        vault.add_recorder(made.writer.recorder_id, made.writer.secret)
    (_sound / "card").mkdir()
    for number in range(RECORDINGS):
        made.next_key()
        name = f"R{number + 1:07}.DAT"
        (_sound / "card" / name).write_bytes(made.writer.container(number + 1, pcm=PCM[number], capacity=8))
    assert _run("import", "CARD", folder=_sound) == 0
    return made


def _run(*arguments: str, folder: Path = _work) -> int:
    """One command; its exit status. What it printed must be fit for people."""
    out, err = io.StringIO(), io.StringIO()
    words = [str(folder / "card") if word == "CARD" else word for word in arguments]
    options = ["--vault", str(folder / "vault"), "--passphrase-file", str(folder / "passphrase")]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*options, *words])
    said = err.getvalue()
    assert status in (0, 1, 2, 3), (arguments, status, said)
    assert "Traceback" not in said + out.getvalue(), (arguments, said)
    assert "internal error" not in said, (arguments, said)
    assert status in (0, 3) or said.startswith("cloister: error: "), (arguments, status, said)
    assert len(said) + len(out.getvalue()) < 200_000
    return status


MADE = _make()


def fuzz_vault(data: bytes) -> None:
    """Alter a copy of the vault, and use it."""
    draw = Draw(data)
    shutil.rmtree(_work, ignore_errors=True)
    shutil.copytree(_sound, _work)
    for _ in range(1 + draw.below(3)):
        alter = draw.pick((_alter_bytes, _alter_values, _alter_recording, _alter_schema, _alter_bytes))
        with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
            alter(draw)
    for _ in range(1 + draw.below(2)):
        _run(*draw.pick(COMMANDS))
    _export(1 + draw.below(RECORDINGS))


def _export(number: int) -> None:
    """What is exported is what was recorded, as far as it goes; what is not authentic is not written."""
    path = _work / "sound.wav"
    status = _run("export", str(number), "-o", str(path))
    assert path.exists() == (status in (0, 3)), "there is a file after an error, or none after success"
    if path.exists():
        with wave.open(str(path)) as sound:
            samples = sound.readframes(sound.getnframes())
        assert len(samples) <= 2 * FRAMES
        assert any(pcm.startswith(samples) for pcm in PCM), "other sound was exported than was recorded"


def _alter_bytes(draw: Draw) -> None:
    """Bytes of the SQLite file: its header, a page's, or anywhere; perhaps its end cut off, or a journal."""
    path = _work / "vault" / "vault.sqlite"
    whole = bytearray(path.read_bytes())
    for _ in range(1 + draw.below(6)):
        page = 4096 * draw.below(max(1, len(whole) // 4096))
        at = draw.pick((draw.below(100), page + draw.below(64), page + draw.below(4096)))
        piece = draw.take(1 + draw.below(4))
        whole[at : at + len(piece)] = piece
    if draw.byte() % 16 == 1:
        del whole[draw.below(len(whole) + 1) :]
    if draw.byte() % 16 == 1:
        source, target = (4096 * draw.below(max(1, len(whole) // 4096)) for _ in range(2))
        whole[target : target + 4096] = whole[source : source + 4096]
    path.write_bytes(whole)
    if draw.byte() % 16 == 1:
        name = draw.pick(("vault.sqlite-journal", "vault.sqlite-wal", "vault.sqlite-shm"))
        path.with_name(name).write_bytes(draw.take(draw.below(600)))


def _database() -> contextlib.closing[sqlite3.Connection]:
    """The vault's file, opened as anybody can open it."""
    path = _work / "vault" / "vault.sqlite"
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))


def _alter_values(draw: Draw) -> None:
    """A value of a table, with the rules of its columns set aside."""
    table = draw.pick(TABLES)
    with _database() as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        where = draw.pick(("", " WHERE rowid = 1", " WHERE rowid > 2"))
        value = draw.pick((*VALUES, *columns))
        database.execute("PRAGMA writable_schema = ON")
        loosened = "UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'NOT NULL', '')"
        schema = list(database.execute("SELECT name, sql FROM sqlite_schema"))
        database.execute(loosened)
    with _database() as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        if columns:
            with contextlib.suppress(sqlite3.Error):
                database.execute(f"UPDATE {table} SET {draw.pick(columns)} = {value}{where}")  # noqa: S608
        database.execute("PRAGMA writable_schema = ON")
        for name, sql in schema:
            database.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, name))


def _alter_schema(draw: Draw) -> None:
    """The tables' own definitions, and the numbers that SQLite keeps for its programs."""
    with _database() as database:
        kind = draw.byte() % 4
        if kind == 0:
            database.execute(f"PRAGMA user_version = {draw.pick((0, 2, -1, 2147483647))}")
        elif kind == 1:
            database.execute(f"PRAGMA journal_mode = {draw.pick(('WAL', 'TRUNCATE', 'PERSIST'))}")
        else:
            database.execute("PRAGMA writable_schema = ON")
            database.execute(draw.pick(SCHEMAS))


def _alter_recording(draw: Draw) -> None:
    """The recordings' files: bytes, length, whose is whose, and what kind of file."""
    files = sorted((_work / "vault" / "recordings").iterdir())
    path, other = draw.pick(files), draw.pick(files)
    kind = draw.byte() % 8
    if kind in (0, 1) and path.is_file():
        whole = bytearray(path.read_bytes())
        at = draw.below(len(whole) + 1)
        piece = draw.take(1 + draw.below(4))
        whole[at : at + len(piece)] = piece
        path.write_bytes(whole[: draw.below(len(whole) + 1)] if kind else whole)
    elif kind == 2 and path.is_file() and other.is_file():
        path.write_bytes(other.read_bytes())
    elif kind == 3 and path.is_file():
        os.truncate(path, 1 << 24)
    elif path.is_file():
        path.unlink()
        if kind == 5:
            path.mkdir()
        elif kind == 6:
            os.mkfifo(path)
        elif kind == 7:
            path.symlink_to(other.name if other != path else "/dev/zero")
