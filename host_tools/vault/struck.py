"""What was destroyed on a recorder is made unreadable here, too: its private key is destroyed.

`settle_struck` takes what an authentic status names and is safe to repeat. If nothing of a number was
imported its one-time key goes; if it was, somebody is asked whether the vault's copy and its key go as well.
A key that others need, or that is not known, is left, and said; what is held stays. Everything that was done
is on disk when it returns.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from host_tools.container.view import LAST_RESORT, ONE_TIME, KeyRecord
from host_tools.vault.expiry import Plan, carry_out
from host_tools.vault.recorders import struck_entries
from host_tools.vault.recordings import Recording
from host_tools.vault.recovery import is_any_left
from host_tools.vault.retention import NEVER, Term, Whole
from host_tools.vault.state import FRESH, State

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

KEY_DESTROYED = "key destroyed"
COPY_DESTROYED = "copy and key destroyed"
KEPT = "kept"
LAST_RESORT_KEPT = "last-resort key kept"
GONE = "gone already"
NOTHING = "nothing"

REASON = "destroyed on the recorder"
UNANSWERED = (
    "whether the vault's copy and its key go as well was not answered: cloister status asks on a terminal; "
    "--destroy-copies and --keep-copies answer without asking"
)

Decide = Callable[[Recording], bool | None]
"""Whether the vault's copy of a recording that was destroyed on the recorder goes, too; None: no answer."""


def nobody_to_ask(recording: Recording) -> bool | None:
    """Leaves the question open."""
    return None


@dataclass(frozen=True)
class Settlement:
    """What was done about one number; `did` is one of the words above, `words` the same for people.

    Only what is `settled` may the recorder be told to forget. `recording` is its id in the vault, if it is
    there.
    """

    number: int
    key: str
    did: str
    words: str
    recording: int | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done about the number."""
        return self.did != NOTHING


@dataclass
class _Work:
    """One status: what the vault has, and what is to be destroyed: private keys by id, and copies."""

    vault: "Vault"
    recorder_id: bytes
    recordings: list[Recording]
    states: dict[int, State]
    decide: Decide
    keys: list[bytes] = field(default_factory=list)
    copies: list[Recording] = field(default_factory=list)

    def settle(self, number: int, key: str) -> Settlement:
        """Decide about one number."""
        here = [
            entry
            for entry in self.recordings
            if (entry.recorder, entry.number) == (self.recorder_id.hex(), number)
        ]
        if any(entry.key == key for entry in here):
            return self._settle_imported(next(entry for entry in here if entry.key == key))
        if here:
            return _left(number, key, f"the vault has that number under another key, {here[0].key}")
        return self._settle_unseen(number, key)

    def _settle_unseen(self, number: int, key: str) -> Settlement:
        """Of which the vault has nothing."""
        said = f"number {number} was destroyed on the recorder"
        record = self.vault.private_key_for(bytes.fromhex(key))
        objection = _objection(record, self.recorder_id, key, self.needing(key))
        if record is None or objection:
            return _left(number, key, objection)
        if record.role == LAST_RESORT:
            words = (
                f"{said}; its key is the last-resort key, which other recordings share: "
                "a copy of it can still be opened here until that key is replaced"
            )
            return Settlement(number, key, LAST_RESORT_KEPT, words)
        if not record.destroyed:
            self.keys.append(record.key_id)
        words = f"{said}; its private key is destroyed here, too: {self._what_opens_it(record)}"
        return Settlement(number, key, KEY_DESTROYED, words)

    def _settle_imported(self, entry: Recording) -> Settlement:
        """Of which the vault has a copy, or had one."""
        said = f"number {entry.number} was destroyed on the recorder after it was imported"
        place = (entry.number, entry.key)
        state = self.state(entry)
        if state.gone is not None:
            words = f"{said}; the vault's copy was destroyed on {state.gone.on[:10]}"
            return Settlement(*place, GONE, words, entry.id)
        if state.hold is not None:
            words = f"{said}; recording {entry.id} is held and stays: cloister release, then cloister status"
            return Settlement(*place, NOTHING, words, entry.id)
        record = self.vault.private_key_for(bytes.fromhex(entry.key))
        others = self.needing(entry.key, entry)
        if others and (record is None or record.role != LAST_RESORT):
            words = f"{said}; its key also opens number {others[0]}, so that it cannot be destroyed alone"
            return Settlement(*place, NOTHING, words, entry.id)
        answer = self.decide(entry)
        if answer is None:
            return Settlement(*place, NOTHING, f"{said}; {UNANSWERED}", entry.id)
        if not answer:
            words = f"{said}: the vault's copy and its key are kept"
            return Settlement(*place, KEPT, words, entry.id)
        self.copies.append(entry)
        words = f"{said}; the vault's copy and its key are destroyed, too: {self._what_opens_it(record)}"
        return Settlement(*place, COPY_DESTROYED, words, entry.id)

    def _what_opens_it(self, record: KeyRecord | None) -> str:
        """What still opens a copy whose own key is gone."""
        if record is not None and record.role == LAST_RESORT and not record.destroyed:
            return "a copy elsewhere can still be opened until the last-resort key is replaced"
        if record is not None and is_any_left(self.vault, record.suite):
            return "a copy of it can be opened only if it was sealed to the recovery key as well"
        return "no copy of it can be opened any more"

    def carry_out(self) -> None:
        """Destroy what is to be destroyed. Raises CloisterError."""
        if self.keys:
            self.vault.destroy_key_ids(self.keys)
        if self.copies:
            wholes = [Whole((recording,), Term(None, NEVER)) for recording in self.copies]
            carry_out(self.vault, Plan(wholes, [], 0), REASON, lambda count: None)

    def state(self, recording: Recording) -> State:
        """What was decided about a recording."""
        return self.states.get(recording.id, FRESH)

    def needing(self, key: str, but: Recording | None = None) -> list[int]:
        """The numbers that are here, and that this key opens."""
        return [
            entry.number
            for entry in self.recordings
            if entry.key == key and entry is not but and self.state(entry).gone is None
        ]


def settle_struck(
    vault: "Vault", recorder_id: bytes, status: dict[str, Any], decide: Decide = nobody_to_ask
) -> list[Settlement]:
    """Destroy what opens what a status calls `struck`, as far as that is right; one entry for each.

    Raises CloisterError, and has done nothing, if the status is not in the form that is known.
    """
    entries = struck_entries(status.get("struck"))
    if not entries:
        return []
    with vault.transaction():
        for number, _ in entries:
            vault.note_destroyed(recorder_id, number)
    work = _Work(vault, recorder_id, vault.recordings(), vault.states(), decide)
    found = [work.settle(number, key) for number, key in entries]
    work.carry_out()
    return found


def _left(number: int, key: str, why: str) -> Settlement:
    """Nothing is done: the recorder goes on naming the number."""
    words = f"number {number} was destroyed on the recorder, and no key is destroyed here: {why}"
    return Settlement(number, key, NOTHING, words)


def _objection(record: KeyRecord | None, recorder_id: bytes, key: str, needing: list[int]) -> str:
    """Why this key must not be touched; empty if it may be. `needing` are the numbers that it opens."""
    if record is None:
        return f"its key {key} is not known to this vault" if key else "its key is not named"
    if record.recorder_id != recorder_id or record.role not in (ONE_TIME, LAST_RESORT):
        return f"key {key} was not given to this recorder for its recordings"
    if record.role == ONE_TIME and needing:
        return f"key {key} also opens number {needing[0]}, which is in the vault"
    return ""
