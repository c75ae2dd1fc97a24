"""The vault's key pairs: made here, wrapped at once, handed out as public keys.

One-time keys are numbered from 0 for each recorder and suite; last-resort and recovery keys from 0 as
they are made, the highest being the one in force. A private key is never on disk unwrapped; destroying
one overwrites it there and leaves its id, so that the vault can say what became of it.
"""

import hashlib
from typing import Any

from host_tools.container.layout import KEY_ID_BYTES
from host_tools.container.suites import make_private_key, public_key_of
from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY, KeyRecord
from host_tools.errors import CloisterError
from host_tools.vault.shelf import Shelf

COLUMNS = "key_id, role, recorder_id, suite, number, public_key, wrapped_private_key"


def key_id(public_key: bytes) -> bytes:
    """docs/format.md section 2: the first 8 bytes of SHA-256 of the public key, of any suite."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


class KeyShelf(Shelf):
    """The keys of a vault."""

    def one_time_keys(self, recorder_id: bytes, suite: int, first: int, count: int) -> list[bytes]:
        """Public keys number first … first + count − 1, made and committed if they do not exist yet.

        Raises CloisterError if one of them was destroyed: what a recorder seals to that is lost.
        """
        with self._database.transaction():
            rows = self._database.rows(
                f"SELECT {COLUMNS} FROM keys WHERE role = ? "  # noqa: S608 - of our own names
                "AND recorder_id = ? AND suite = ? AND number >= ? AND number < ?",
                ONE_TIME,
                recorder_id,
                suite,
                first,
                first + count,
            )
            records = [self._record(row) for row in rows]
            if any(record.destroyed for record in records):
                raise CloisterError(
                    f"recorder {recorder_id.hex()} asks for one-time keys that it has used already",
                    "its memory is older than the vault: cloister recorder reset, then provision it anew",
                )
            known = {record.index: self._proven(record) for record in records}
            return [
                known.get(number) or self._make(ONE_TIME, recorder_id, suite, number)
                for number in range(first, first + count)
            ]

    def last_resort_key(self, recorder_id: bytes, suite: int) -> bytes:
        """The public last-resort key in force, made at first use. Raises CloisterError if destroyed."""
        with self._database.transaction():
            newest = self._newest(LAST_RESORT, recorder_id, suite)
            if newest is None:
                return self._make(LAST_RESORT, recorder_id, suite, 0)
            return self._proven(newest)

    def new_last_resort_key(self, recorder_id: bytes, suite: int) -> bytes:
        """Make another last-resort key, the one in force from now on; the old one stays. The public key."""
        with self._database.transaction():
            return self._make(LAST_RESORT, recorder_id, suite, self._count(LAST_RESORT, recorder_id, suite))

    def recovery_key(self, suite: int) -> bytes | None:
        """The public recovery key made last, or None. Raises CloisterError without its private half."""
        newest = self._newest(RECOVERY, None, suite)
        return None if newest is None else self._proven(newest)

    def make_recovery_key(self, suite: int) -> bytes:
        """Make a recovery key pair, the one in force from now on; returns the public key."""
        with self._database.transaction():
            return self._make(RECOVERY, None, suite, self._count(RECOVERY, None, suite))

    def put_private_key_back(self, wanted: bytes, private: bytes) -> None:
        """Keep a private key again that was destroyed here. Raises CloisterError if it is another one's."""
        with self._database.transaction():
            record = self.private_key_for(wanted)
            if record is None or _public_of(record.suite, private) != record.public:
                raise CloisterError(f"this is not the private key of {wanted.hex()}")
            place = private_key_place(wanted, record.role, record.recorder_id, record.suite, record.index)
            self._database.change(
                "UPDATE keys SET wrapped_private_key = ? WHERE key_id = ?",
                self._wrapper.wrap(private, *place),
                wanted,
            )

    def private_key_for(self, wanted: bytes) -> KeyRecord | None:
        """The key with this id, if it is one of this vault's, destroyed or not."""
        rows = self._database.rows(
            f"SELECT {COLUMNS} FROM keys WHERE key_id = ?",  # noqa: S608 - of our own names
            wanted,
        )
        return self._record(rows[0]) if rows else None

    def destroy_private_key(self, wanted: bytes) -> None:
        """Overwrite a private key; everything sealed to it alone is unreadable from then on."""
        with self._database.transaction():
            self._destroy(wanted)

    def _destroy(self, wanted: bytes) -> None:
        """The same, inside the caller's transaction."""
        self._database.change("UPDATE keys SET wrapped_private_key = NULL WHERE key_id = ?", wanted)

    def _count(self, role: str, recorder_id: bytes | None, suite: int) -> int:
        """How many keys there are of that role: the number of the next one."""
        query = "SELECT count(*) FROM keys WHERE role = ? AND recorder_id IS ? AND suite = ?"
        rows = self._database.rows(query, role, recorder_id, suite)
        return int(rows[0][0])

    def _newest(self, role: str, recorder_id: bytes | None, suite: int) -> KeyRecord | None:
        """The key of that role made last, destroyed or not."""
        rows = self._database.rows(
            f"SELECT {COLUMNS} FROM keys WHERE role = ? AND recorder_id IS ? "  # noqa: S608 - of our own names
            "AND suite = ? ORDER BY number DESC LIMIT 1",
            role,
            recorder_id,
            suite,
        )
        return self._record(rows[0]) if rows else None

    def _proven(self, record: KeyRecord) -> bytes:
        """The public key that belongs to the private one, which alone is authentic in the file.

        Raises CloisterError if the file names another, or no private one: whoever put it there could open
        what is sealed to it.
        """
        public = record.private and _public_of(record.suite, record.private)
        if not public or public != record.public or key_id(public) != record.key_id:
            raise CloisterError(
                f"the vault {self.folder} was altered: the public key {record.key_id.hex()} is not its own",
                "restore the vault from a backup",
            )
        return public

    def _make(self, role: str, recorder_id: bytes | None, suite: int, number: int) -> bytes:
        """A new key pair, its private half wrapped; inside the caller's transaction."""
        private = make_private_key(suite)
        public = public_key_of(suite, private)
        wrapped = self._wrapper.wrap(
            private, *private_key_place(key_id(public), role, recorder_id, suite, number)
        )
        self._database.change(
            "INSERT INTO keys (key_id, role, recorder_id, suite, number, public_key, wrapped_private_key) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            key_id(public),
            role,
            recorder_id,
            suite,
            number,
            public,
            wrapped,
        )
        return public

    def _record(self, row: tuple[Any, ...]) -> KeyRecord:
        """A row with its private key unwrapped."""
        wanted, role, recorder_id, suite, number, public, wrapped = row
        private = None
        if wrapped is not None:
            private = self._unwrap(wrapped, *private_key_place(wanted, role, recorder_id, suite, number))
        return KeyRecord(wanted, role, recorder_id, suite, number, public, private, destroyed=wrapped is None)


def _public_of(suite: int, private: bytes) -> bytes | None:
    """The public half; None for what is no private key of that suite. Raises CloisterError."""
    try:
        return public_key_of(suite, private)
    except ValueError:
        return None


def private_key_place(
    wanted: bytes, role: str, recorder_id: bytes | None, suite: int, number: int
) -> tuple[str | int, ...]:
    """What a wrapped private key is bound to: every other column of its row."""
    return ("key", wanted.hex(), role, recorder_id.hex() if recorder_id else "", suite, number)
