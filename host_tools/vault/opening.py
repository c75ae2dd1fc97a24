"""Opening and founding: how a passphrase, or a key that is kept for a while, leads to the master key.

A vault of an older version is brought to the newest in one transaction as it is opened; what was its one
passphrase is then its first person's. Failed attempts are noted, without any key, for the audit.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from host_tools.errors import CloisterError
from host_tools.vault import signing
from host_tools.vault.audit import begin_audit, note_attempt
from host_tools.vault.database import Database
from host_tools.vault.people import FIRST_NAME, add_to_people, find_person
from host_tools.vault.schema import MIGRATIONS
from host_tools.vault.shelf import Outgrown
from host_tools.vault.signing import make_signing_key
from host_tools.vault.stretching import Argon2Cost, Stretching
from host_tools.vault.wrapping import MASTER_KEY_BYTES, Wrapper, WrapRefused


def found(database: Database, passphrase: str, cost: Argon2Cost, name: str) -> None:
    """Fill a new file with everything that a vault has, and its first person."""
    stretching = Stretching.fresh(cost)
    key = stretching.key(passphrase)
    with database.transaction():
        database.migrate()
        stretching.write(database)
        _settle(database, Wrapper(os.urandom(MASTER_KEY_BYTES)), key, stretching, name)


def unlock(folder: Path, database: Database, passphrase: str) -> tuple[Wrapper, int]:
    """The wrapper under the master key, and who has that passphrase. Raises CloisterError."""
    if database.version < len(MIGRATIONS):
        return _upgrade(folder, database, passphrase)
    stretching = Stretching.read(database, "stretching", str(folder))
    opened = find_person(database, stretching, stretching.key(passphrase))
    if opened is None:
        _refuse(folder, database)
    person_id, master_key = opened
    return Wrapper(master_key), person_id


def proven(folder: Path, database: Database, key: bytes) -> Wrapper:
    """The wrapper under a master key that was kept. Raises CloisterError if it is not the vault's now."""
    wrapper = Wrapper(key)
    rows = database.rows("SELECT wrapped_private_key FROM identity") if database.version > 1 else []
    try:
        wrapper.unwrap(rows[0][0] if rows else b"", *signing.PLACE)
    except WrapRefused:
        raise Outgrown(
            f"the vault {folder} was unlocked with a key that it no longer has", "give the passphrase again"
        ) from None
    return wrapper


def _refuse(folder: Path, database: Database) -> NoReturn:
    with suppress(CloisterError):  # a disk that is full, or another command at work: still refused
        note_attempt(database)
    raise CloisterError(
        f"wrong passphrase for the vault {folder}",
        "capital letters and spaces count; a passphrase that is lost cannot be recovered by anybody",
    )


def _upgrade(folder: Path, database: Database, passphrase: str) -> tuple[Wrapper, int]:
    """Version 1 had one passphrase, which wrapped the master key itself."""
    stretching = Stretching.read(database, "master", str(folder))
    key = stretching.key(passphrase)
    (wrapped,) = database.rows("SELECT wrapped_key FROM master")[0]
    try:
        place = ("cloister vault 1", "master key", *stretching.place)
        wrapper = Wrapper(Wrapper(key).unwrap(wrapped, *place))
    except WrapRefused:
        raise CloisterError(f"wrong passphrase for the vault {folder}") from None
    with database.transaction():
        database.migrate()
        person_id = _settle(database, wrapper, key, stretching, FIRST_NAME)
    return wrapper, person_id


def _settle(database: Database, wrapper: Wrapper, key: bytes, stretching: Stretching, name: str) -> int:
    """The signing key and the first person of a vault; the person's number."""
    begin_audit(database, make_signing_key(database, wrapper).sign)
    added = datetime.now(UTC).isoformat(timespec="seconds")
    return add_to_people(database, wrapper, (name, added), key, stretching)
