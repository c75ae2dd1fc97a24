"""What the vault has decided about each recording: how long it is kept, what holds it, and that it is gone.

A recording without a row has the state of a fresh import. A recording that is gone keeps its entry and its
state; its key and its file do not exist any more.
"""

import msgspec

from host_tools.errors import CloisterError
from host_tools.vault.shelf import Shelf


class Hold(msgspec.Struct, frozen=True):
    """Why a recording must be kept; `since` is a time in ISO form, `by` a person's number."""

    reason: str
    since: str
    by: int


class Gone(msgspec.Struct, frozen=True):
    """When (ISO), by whom (a person's number) and how the key was destroyed; which certificate says so."""

    on: str
    by: int
    how: str
    certificate: int | None = None


class State(msgspec.Struct, frozen=True):
    """`days`, `purpose` and `destroy_on` (ISO date) decide when it is due; `withdrawn` is an ISO date."""

    days: int | None = None
    purpose: str = ""
    destroy_on: str | None = None
    hold: Hold | None = None
    consents: list[int] = []
    withdrawn: str | None = None
    gone: Gone | None = None


FRESH = State()


class StateShelf(Shelf):
    """The states of a vault's recordings."""

    def states(self) -> dict[int, State]:
        """Every state that is not a fresh import's, by recording id."""
        rows = self._database.rows("SELECT recording_id, wrapped_state FROM states")
        return {recording_id: self._state(recording_id, wrapped) for recording_id, wrapped in rows}

    def state(self, recording_id: int) -> State:
        """The state of one recording."""
        rows = self._database.rows("SELECT wrapped_state FROM states WHERE recording_id = ?", recording_id)
        return self._state(recording_id, rows[0][0]) if rows else FRESH

    def set_state(self, recording_id: int, state: State) -> None:
        """Decide about a recording. Raises CloisterError if there is no such recording."""
        with self._database.transaction():
            if not self._database.rows("SELECT 1 FROM recordings WHERE id = ?", recording_id):
                raise CloisterError(
                    f"there is no recording {recording_id} in the vault", "cloister list shows them"
                )
            wrapped = self._wrapper.wrap(msgspec.json.encode(state), "state", recording_id)
            self._database.change("INSERT OR REPLACE INTO states VALUES (?, ?)", recording_id, wrapped)

    def keep_file_key(self, recording_id: int, key: bytes) -> None:
        """Keep a recording's own file key, 32 bytes: it opens it without any private key."""
        with self._database.transaction():
            wrapped = self._wrapper.wrap(key, "file key", recording_id)
            self._database.change("INSERT OR REPLACE INTO file_keys VALUES (?, ?)", recording_id, wrapped)

    def file_key(self, recording_id: int) -> bytes | None:
        """The recording's own file key, if it has one."""
        rows = self._database.rows("SELECT wrapped_key FROM file_keys WHERE recording_id = ?", recording_id)
        return self._unwrap(rows[0][0], "file key", recording_id) if rows else None

    def _state(self, recording_id: int, wrapped: bytes) -> State:
        return msgspec.json.decode(self._unwrap(wrapped, "state", recording_id), type=State)
