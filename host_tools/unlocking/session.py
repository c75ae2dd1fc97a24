"""A vault that stays unlocked for a while: its master key lies in the platform's key store, nowhere else.

A small file in the vault's folder, without any secret, says under which name and until when: so that commands
need not ask the key store, and a key that has expired, or that the vault has outgrown, is deleted by the next
command that comes by. Until one does, it stays in the key store.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from host_tools.errors import CloisterError
from host_tools.files import finished_file
from host_tools.unlocking.key_store import platform_key_store

if TYPE_CHECKING:
    from host_tools.vault import Vault

MARKER = "unlocked.json"
MOST_MARKER_BYTES = 1024
MASTER_KEY_BYTES = 32
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=8)


@dataclass(frozen=True)
class Session:
    """What lies in the key store. `since` and `until` are in seconds since 1970."""

    key: bytes
    person: int
    since: int
    until: int

    def holds(self, now: datetime) -> bool:
        """Whether it is good at that moment; a clock that was set back ends it, too."""
        return len(self.key) == MASTER_KEY_BYTES and self.since <= now.timestamp() < self.until


@dataclass(frozen=True)
class Marker:
    """The file in the vault's folder: the name in the key store, and when that ends, as in `Session`."""

    name: str
    until: int


def unlock(vault: "Vault", span: timedelta) -> datetime:
    """Keep the open vault's key for so long; until when. Raises CloisterError."""
    lock(vault.folder)
    now = int(datetime.now(UTC).timestamp())
    until = now + int(span.total_seconds())
    store, name = platform_key_store(), secrets.token_hex(8)
    with finished_file(_marker_path(vault.folder)) as path:
        path.write_bytes(msgspec.json.encode(Marker(name, until)))
    try:
        session = Session(vault.session_key(), vault.person_id, now, until)
        store.keep(name, msgspec.json.encode(session).decode())
    except BaseException:
        _marker_path(vault.folder).unlink(missing_ok=True)
        raise
    return datetime.fromtimestamp(until, UTC)


def lock(folder: Path) -> bool:
    """Delete the vault's key from the key store; whether one was kept. Raises CloisterError if that fails."""
    marker = _read(folder)
    if marker is not None:
        platform_key_store().forget(marker.name)
    there = _marker_path(folder).exists()
    _marker_path(folder).unlink(missing_ok=True)
    return there


def opened(folder: Path, now: datetime | None = None) -> "Vault | None":
    """The vault, if it is unlocked; what is no longer good is deleted. Raises CloisterError."""
    if not _marker_path(folder).exists():
        return None
    session = _session(folder)
    if session is not None and session.holds(now or datetime.now(UTC)):
        from host_tools.vault import Outgrown, open_vault_with_key

        try:
            return open_vault_with_key(folder, session.key, session.person)
        except Outgrown:
            pass
    lock_if_possible(folder)
    return None


def _session(folder: Path) -> Session | None:
    """What the key store has for this vault; None also if there is no key store here now."""
    marker = _read(folder)
    if marker is None:
        return None
    try:
        return msgspec.json.decode(platform_key_store().kept(marker.name) or "", type=Session)
    except (CloisterError, msgspec.DecodeError):
        return None


def lock_if_possible(folder: Path) -> None:
    """What cannot be deleted now is tried again by the next command: the marker stays."""
    with suppress(CloisterError):
        lock(folder)


def _read(folder: Path) -> Marker | None:
    """The vault's marker; None if there is none, or not in a form of ours."""
    try:
        with _marker_path(folder).open("rb") as file:
            return msgspec.json.decode(file.read(MOST_MARKER_BYTES), type=Marker)
    except (OSError, msgspec.DecodeError):
        return None


def _marker_path(folder: Path) -> Path:
    return folder / MARKER
