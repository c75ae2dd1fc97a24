"""The audit: who did what, when, with which recordings and how it ended; append-only and hash-chained.

Each entry's hash covers the one before, so that an entry that was altered, removed or put in is found; the
newest hash is signed with the vault's key, and certificates and backups name the head of their day. Plain in
the file are the number of the person, the word for what was done, the time, the recordings' ids and how it
ended; everything that could name anybody is wrapped. Somebody who puts back an older copy of the whole
vault is found only by a head that was written down elsewhere.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from host_tools.errors import CloisterError
from host_tools.vault.database import Database
from host_tools.vault.papers import Papers
from host_tools.vault.signing import SigningShelf

LABEL = "cloister audit 1"
START = bytes(32)
SALT = "salt"
CLOCK_TOLERANCE = timedelta(minutes=5)
DONE, FAILED, FOUND, REFUSED = "done", "failed", "found", "refused"
ANCHORED_KINDS = ("certificate", "backup")
Head = tuple[int, str, bytes, bytes]  # number, time and hash of the newest entry, and their signature
COLUMNS = "seq, at, person, action, recordings, outcome, wrapped_detail, hash"


@dataclass(frozen=True)
class Entry:
    """One entry. `at` is in UTC, `recordings` are ids, `hash` is in hex."""

    seq: int
    at: datetime
    person: int
    action: str
    recordings: list[int]
    outcome: str
    detail: dict[str, Any]
    hash: str


class Audit:
    """The audit of an open vault."""

    def __init__(self, database: Database, signing: SigningShelf, papers: Papers):
        self._database = database
        self._signing = signing
        self._papers = papers

    def add(
        self, person: int, action: str, recordings: list[int], outcome: str, detail: dict[str, Any]
    ) -> None:
        """Append an entry; on disk when this returns, unless inside a transaction. Raises CloisterError."""
        with self._database.transaction():
            self._append(self.now(), person, action, recordings, outcome, detail)

    def take_in_attempts(self) -> int:
        """Make entries of the failed attempts since the vault was last open; how many there were."""
        attempts = self._database.rows("SELECT id, at FROM attempts ORDER BY id")
        if attempts:
            with self._database.transaction():
                for _, at in attempts:
                    detail = {"why": "wrong passphrase", "tried": at}
                    self._append(self.now(), 0, "open", [], REFUSED, detail)
                self._database.change("DELETE FROM attempts WHERE id <= ?", attempts[-1][0])
        return len(attempts)

    @property
    def head(self) -> tuple[int, str]:
        """The number and the hash, in hex, of the newest entry; (0, zeros) before the first."""
        seq, _, head_hash, _ = _head_of(self._database)
        return seq, head_hash.hex()

    def now(self) -> datetime:
        """The time in UTC, never before the newest entry's."""
        return max(datetime.now(UTC), self._newest_time())

    @property
    def clock_set_back(self) -> timedelta | None:
        """How far this computer's clock is behind the newest entry, if it is by more than minutes."""
        behind = self._newest_time() - datetime.now(UTC)
        return behind if behind > CLOCK_TOLERANCE else None

    def believe_clock(self, person: int) -> None:
        """Go on from this computer's time, though the newest entry is later: somebody said it is right."""
        with self._database.transaction():
            detail = {"believed": "this computer's clock", "newest": self._newest_time().isoformat()}
            self._append(datetime.now(UTC), person, "clock", [], DONE, detail)

    def entries(self, newest: int | None = None) -> list[Entry]:
        """The entries, or the newest so many, oldest first. Raises CloisterError if one was altered."""
        limit = -1 if newest is None else newest
        rows = self._database.rows(f"SELECT {COLUMNS} FROM audit ORDER BY seq DESC LIMIT ?", limit)  # noqa: S608
        return [self._entry(row) for row in reversed(rows)]

    def verify(self) -> list[str]:
        """What is wrong with the audit, in words, each naming its entry; empty if nothing is."""
        faults, before, expected = [], START, 1
        known: dict[int, str] = {}
        for row in self._database.rows(f"SELECT {COLUMNS} FROM audit ORDER BY seq"):  # noqa: S608 - our names
            seq = row[0]
            if seq != expected:
                faults.append(_missing_words(expected, seq - 1))
            faults += self._faults_of(row, before if seq == expected else None)
            before, expected = row[7], seq + 1
            known[seq] = row[7].hex()
        return faults + self._head_faults(known, expected) + self._anchor_faults(known)

    def _append(
        self,
        at: datetime,
        person: int,
        action: str,
        recordings: list[int],
        outcome: str,
        detail: dict[str, Any],
    ) -> None:
        """Chain an entry to the head, not to the newest row: a row that was removed stays missing."""
        seq, _, before, _ = head = _head_of(self._database)
        if not self._is_signed(head):
            before = hashlib.sha256(LABEL.encode() + b" broken" + before).digest()
        top: int = self._database.rows("SELECT ifnull(max(seq), 0) FROM audit")[0][0]
        seq, stamp = max(seq, top) + 1, at.isoformat(timespec="microseconds")
        plain = json.dumps({**detail, SALT: secrets.token_hex(8)}, separators=(",", ":")).encode()
        fields = [seq, stamp, person, action, json.dumps(sorted(set(recordings))), outcome]
        entry_hash = _hash(before, fields, plain)
        wrapped = self._signing.wrap(plain, "audit", seq)
        self._database.change(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *fields, wrapped, entry_hash
        )
        _write_head(self._database, self._signing.sign, (seq, stamp, entry_hash))

    def _is_signed(self, head: Head) -> bool:
        """Whether the vault signed it; nobody else can have changed its number, time or hash then."""
        key = Ed25519PublicKey.from_public_bytes(self._signing.public_key)
        try:
            key.verify(head[3], _head_message(head[:3]))
        except InvalidSignature:
            return False
        return True

    def _newest_time(self) -> datetime:
        """The newest entry's; one that the vault has not signed would say whatever somebody wants."""
        head = _head_of(self._database)
        if not self._is_signed(head):
            return datetime.min.replace(tzinfo=UTC)
        return datetime.fromisoformat(head[1])

    def _faults_of(self, row: tuple[Any, ...], before: bytes | None) -> list[str]:
        """What is wrong with one row; `before` is None where the one before it is not there."""
        *fields, wrapped, entry_hash = row
        try:
            plain = self._signing.unwrap(wrapped, "audit", fields[0])
        except CloisterError:
            return [f"entry {fields[0]} was altered: its details are not authentic"]
        if before is not None and _hash(before, fields, plain) != entry_hash:
            return [f"entry {fields[0]} was altered, or put in, or the one before it was"]
        return []

    def _head_faults(self, known: dict[int, str], expected: int) -> list[str]:
        seq, _, head_hash, _ = head = _head_of(self._database)
        if not self._is_signed(head):
            return ["the head of the audit is not signed by this vault"]
        if seq >= expected:
            return [_missing_words(expected, seq)]
        if known and known.get(seq) != head_hash.hex():
            return [f"entry {seq} is not the one that was signed as the newest"]
        if expected - 1 > seq:
            return [f"entry {expected - 1} was put in: the newest that was signed is {seq}"]
        return []

    def _anchor_faults(self, known: dict[int, str]) -> list[str]:
        """Certificates and backups that name another head than the entries have."""
        faults = []
        for kind in ANCHORED_KINDS:
            for paper_id, paper in self._papers.all(kind):
                anchor = paper.get("audit")
                seq, head_hash = (
                    (anchor["seq"], anchor["hash"]) if isinstance(anchor, dict) else anchor or (0, "")
                )
                if seq and known.get(seq) != head_hash:
                    faults.append(f"entry {seq} is not the one that {kind} {paper_id} names")
        return faults

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        seq, at, person, action, recordings, outcome, wrapped, entry_hash = row
        detail = json.loads(self._signing.unwrap(wrapped, "audit", seq))
        detail.pop(SALT, None)
        try:
            when, ids = datetime.fromisoformat(at), [int(number) for number in json.loads(recordings)]
        except (ValueError, TypeError):
            raise CloisterError(f"entry {seq} of the audit was altered", "cloister audit --verify") from None
        return Entry(seq, when, person, action, ids, outcome, detail, entry_hash.hex())


def note_attempt(database: Database) -> None:
    """Remember that somebody tried to open the vault and could not."""
    with database.transaction():
        database.change(
            "INSERT INTO attempts (at) VALUES (?)", datetime.now(UTC).isoformat(timespec="seconds")
        )


def _hash(before: bytes, fields: list[Any], plain: bytes) -> bytes:
    """SHA-256 over the hash before, the plain fields as JSON, and the hash of the details."""
    said = json.dumps([LABEL, *fields], separators=(",", ":")).encode()
    return hashlib.sha256(before + said + hashlib.sha256(plain).digest()).digest()


def begin_audit(database: Database, sign: Callable[[bytes], bytes]) -> None:
    """The head of a new vault's audit: from then on there is always one, so that none is missed."""
    _write_head(database, sign, (0, datetime.now(UTC).isoformat(timespec="microseconds"), START))


def _head_of(database: Database) -> Head:
    rows = database.rows("SELECT seq, at, hash, signature FROM audit_head")
    return rows[0] if rows else (0, "", START, b"")


def _write_head(database: Database, sign: Callable[[bytes], bytes], head: tuple[int, str, bytes]) -> None:
    signature = sign(_head_message(head))
    database.change("INSERT OR REPLACE INTO audit_head VALUES (1, ?, ?, ?, ?)", *head, signature)


def _head_message(head: tuple[int, str, bytes]) -> bytes:
    seq, at, head_hash = head
    return json.dumps([LABEL, "head", seq, at, head_hash.hex()]).encode()


def _missing_words(first: int, last: int) -> str:
    return f"entry {first} was removed" if first == last else f"entries {first} to {last} were removed"
