"""Destroying keys for good: their rows emptied, the master key replaced, everything else wrapped anew.

All of it is one transaction, so that a power cut leaves the vault wholly before or wholly after it. Then the
file is written anew, and searched for what was destroyed. An older copy of the rows cannot be opened with
anything that the vault still has. What lies in the unused blocks of the disk is beyond any program's reach.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from host_tools.container.view import LAST_RESORT, ONE_TIME
from host_tools.errors import CloisterError
from host_tools.vault import signing
from host_tools.vault.keys import KeyShelf, private_key_place
from host_tools.vault.people import PeopleShelf
from host_tools.vault.recordings import Recording, RecordingShelf
from host_tools.vault.state import Gone, StateShelf
from host_tools.vault.wrapping import MASTER_KEY_BYTES, Place, Wrapper

NEEDLE_BYTES = 24
PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class WrappedColumn:
    """Where wrapped values are: a table, its column, and its other columns of which the place is made."""

    table: str
    column: str
    names: tuple[str, ...]
    place: Callable[..., Place]


WRAPPED = (
    WrappedColumn(
        "keys",
        "wrapped_private_key",
        ("key_id", "role", "recorder_id", "suite", "number"),
        private_key_place,
    ),
    WrappedColumn(
        "recorders", "wrapped_secret", ("recorder_id",), lambda recorder: ("recorder secret", recorder.hex())
    ),
    WrappedColumn(
        "recorders", "wrapped_status", ("recorder_id",), lambda recorder: ("recorder status", recorder.hex())
    ),
    WrappedColumn("recordings", "wrapped_entry", ("id",), lambda number: ("recording", number)),
    WrappedColumn("states", "wrapped_state", ("recording_id",), lambda number: ("state", number)),
    WrappedColumn("file_keys", "wrapped_key", ("recording_id",), lambda number: ("file key", number)),
    WrappedColumn("papers", "wrapped_paper", ("kind", "id"), lambda kind, number: ("paper", kind, number)),
    WrappedColumn("audit", "wrapped_detail", ("seq",), lambda number: ("audit", number)),
    WrappedColumn("people", "wrapped_entry", ("id",), lambda number: ("person", number)),
    WrappedColumn("identity", "wrapped_private_key", (), lambda: signing.PLACE),
)


@dataclass(frozen=True)
class Destruction:
    """What was destroyed: the ids of private keys (hex), and of recordings whose own file key it was.

    `shared` are recordings that were sealed to a last-resort key (hex) that still exists here.
    """

    keys: list[str]
    file_keys: list[int]
    shared: dict[int, str]


class RotationShelf(KeyShelf, PeopleShelf, StateShelf, RecordingShelf):
    """A vault that can destroy keys."""

    def destroy_keys(self, recording_ids: Iterable[int], gone: Gone | None = None) -> Destruction:
        """Destroy what opens these recordings, for good; with `gone` their states say so, all at once.

        Raises CloisterError, and has done nothing, if another recording needs one of the keys, or if there is
        no room on the disk; and if the keys are destroyed, but the file could not be written anew.
        """
        wanted = [self.recording(recording_id) for recording_id in recording_ids]
        keys = self._keys_of(wanted)
        file_keys = [recording.id for recording in wanted if self.file_key(recording.id) is not None]

        def change() -> None:
            for recording in wanted:
                self._database.change("DELETE FROM file_keys WHERE recording_id = ?", recording.id)
                if gone is not None:
                    self._call_gone(recording.id, gone)

        self._destroy_for_good(keys, file_keys, change)
        return Destruction([key.hex() for key in keys], file_keys, self._shared(wanted))

    def _call_gone(self, recording_id: int, gone: Gone) -> None:
        """Inside the transaction. Raises CloisterError if another command was quicker."""
        state = self.state(recording_id)
        if state.hold is not None or state.gone is not None:
            what = "held" if state.gone is None else "destroyed"
            raise CloisterError(f"recording {recording_id} was {what} in the meantime: nothing was done")
        self.set_state(recording_id, structs.replace(state, gone=gone))

    def destroy_key_ids(self, key_ids: Iterable[bytes], also: Callable[[], None] = lambda: None) -> None:
        """Destroy private keys by their ids, for good; `also` is done in the same transaction.

        Raises CloisterError as `destroy_keys` does, but looks for nobody who needs them.
        """
        self._destroy_for_good(list(key_ids), [], also)

    def remove_person(self, person_id: int) -> None:
        """Take somebody's way in; what they may have kept of it opens nothing that is here afterwards."""
        self._destroy_for_good([], [], lambda: self._drop_person(person_id))

    def change_passphrase(self, passphrase: str) -> None:
        """As `PeopleShelf`; what the old one opens, of an older copy, is no key of this vault any more."""
        change = super().change_passphrase
        self._destroy_for_good([], [], lambda: change(passphrase))

    def _destroy_for_good(self, keys: list[bytes], file_keys: list[int], change: Callable[[], None]) -> None:
        if self._database.is_in_transaction:
            raise AssertionError("keys are destroyed in a transaction of their own")
        needles = self._needles(keys, file_keys)
        new = Wrapper(os.urandom(MASTER_KEY_BYTES))
        with self._database.transaction():
            for key in keys:
                self._destroy(key)
            change()
            self._seal_to_people(new.key)
            for column in WRAPPED:
                self._wrap_anew(column, new)
            self._database.owe_compacting()
        self._wrapper.become(new.key)
        self._forget_unwrapped()
        self.finish_destroying(needles)

    def finish_destroying(self, needles: Iterable[bytes] = ()) -> None:
        """Write the file anew, if that is owed, and see that nothing of what was destroyed is in it."""
        if not self._database.is_compact:
            try:
                self._database.compact()
            except CloisterError as error:
                raise CloisterError(
                    f"the keys are destroyed, but the vault's file is not written anew: {error.message}",
                    "make room on its disk: the next command does the rest",
                ) from None
        if left := find_bytes(self.folder, needles):
            raise CloisterError(f"the keys are destroyed, but {left} still has bytes of them")

    def _wrap_anew(self, column: WrappedColumn, new: Wrapper) -> None:
        """Wrap one column's values under another key, each at its own place."""
        names = ", ".join(("rowid", column.column, *column.names))
        rows = self._database.rows(f"SELECT {names} FROM {column.table} WHERE {column.column} IS NOT NULL")  # noqa: S608

        def values() -> Iterable[tuple[Any, ...]]:
            for rowid, wrapped, *names in rows:
                place = column.place(*names)
                yield new.wrap(self._unwrap(wrapped, *place), *place), rowid

        self._database.change_many(
            f"UPDATE {column.table} SET {column.column} = ? WHERE rowid = ?",  # noqa: S608 - of our own names
            values(),
        )

    def _needles(self, keys: list[bytes], file_keys: list[int]) -> list[bytes]:
        """Some bytes of everything that must not be found afterwards; they are random, so unique."""
        queries: list[tuple[str, bytes | int]] = [
            ("SELECT wrapped_private_key FROM keys WHERE key_id = ?", key) for key in keys
        ]
        queries += [
            ("SELECT wrapped_key FROM file_keys WHERE recording_id = ?", number) for number in file_keys
        ]
        found = [value for query, what in queries for (value,) in self._database.rows(query, what)]
        found += [value for (value,) in self._database.rows("SELECT sealed_master_key FROM people")]
        return [value[:NEEDLE_BYTES] for value in found if value]

    def _keys_of(self, wanted: list[Recording]) -> list[bytes]:
        """The one-time keys of these recordings. Raises CloisterError if others need one of them."""
        ids = {recording.id for recording in wanted}
        states = self.states()
        others: dict[str, int] = {}
        for recording in self.recordings():
            state = states.get(recording.id)
            if recording.id not in ids and not (state and state.gone):
                others[recording.key] = recording.id
        found = []
        for recording in wanted:
            record = self.private_key_for(bytes.fromhex(recording.key))
            if record is None or record.role != ONE_TIME:
                continue
            if recording.key in others:
                raise CloisterError(
                    f"recording {others[recording.key]} has the same key as recording {recording.id}: "
                    "neither can be destroyed alone"
                )
            found.append(record.key_id)
        return list(dict.fromkeys(found))

    def _shared(self, wanted: list[Recording]) -> dict[int, str]:
        """Which of these a last-resort key that is still here opens."""
        found = {}
        for recording in wanted:
            record = self.private_key_for(bytes.fromhex(recording.key))
            if record is not None and record.role == LAST_RESORT and not record.destroyed:
                found[recording.id] = recording.key
        return found


def find_bytes(folder: Path, needles: Iterable[bytes]) -> str:
    """The name of a file of the vault's top folder that has one of these byte strings in it, or nothing."""
    needles = [needle for needle in needles if needle]
    for path in sorted(folder.iterdir()) if needles else ():
        if path.is_file() and _has_any(path, needles):
            return path.name
    return ""


def _has_any(path: Path, needles: list[bytes]) -> bool:
    before = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            data = before + piece
            if any(needle in data for needle in needles):
                return True
            before = data[-NEEDLE_BYTES:]
    return False
