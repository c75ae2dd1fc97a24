"""What was destroyed on a recorder is made unreadable here, too: its private key is destroyed.

`settle_struck` takes what an authentic status names and is safe to repeat. A key is destroyed only if it is
a one-time key of that recorder and nothing in the vault needs it; one that others need, or that is not
known, is left, and said. Everything that is done is on disk when it returns.
"""

from dataclasses import dataclass
from typing import Any

from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY, KeyRecord
from host_tools.vault.keys import KeyShelf
from host_tools.vault.recorders import RecorderShelf, struck_entries
from host_tools.vault.recordings import Recording, RecordingShelf

KEY_DESTROYED = "key destroyed"
KEPT = "kept"
LAST_RESORT_KEPT = "last-resort key kept"
NOTHING = "nothing"


@dataclass(frozen=True)
class Settlement:
    """What was done about one number; `did` is one of the four words above, `words` the same for people.

    Only what is `settled` may the recorder be told to forget.
    """

    number: int
    key: str
    did: str
    words: str

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done about the number."""
        return self.did != NOTHING


class StruckShelf(KeyShelf, RecorderShelf, RecordingShelf):
    """Keys, recorders and recordings, where destroying touches them all."""

    def settle_struck(self, recorder_id: bytes, status: dict[str, Any]) -> list[Settlement]:
        """Destroy the keys of what a status calls `struck`, as far as that is right; one entry for each.

        Raises CloisterError, and has done nothing, if the status is not in the form that is known.
        """
        entries = struck_entries(status.get("struck"))
        if not entries:
            return []
        with self._database.transaction():
            recordings = self.recordings()
            return [self._settle(recorder_id, number, key, recordings) for number, key in entries]

    def _settle(self, recorder_id: bytes, number: int, key: str, recordings: list[Recording]) -> Settlement:
        """Deal with one number, inside the transaction."""
        self._note_destroyed(recorder_id, number)
        said = f"number {number} was destroyed on the recorder"
        here = [
            entry for entry in recordings if (entry.recorder, entry.number) == (recorder_id.hex(), number)
        ]
        if any(entry.key == key for entry in here):
            words = f"{said} after it was imported: the vault's copy and its key are kept"
            return Settlement(number, key, KEPT, words)
        if here:
            return _left(number, key, f"the vault has that number under another key, {here[0].key}")
        record = self.private_key_for(bytes.fromhex(key))
        objection = _objection(record, recorder_id, key, recordings)
        if record is None or objection:
            return _left(number, key, objection)
        if record.role == LAST_RESORT:
            words = (
                f"{said}; its key is the last-resort key, which other recordings share: "
                "a copy of it can still be opened here until that key is replaced"
            )
            return Settlement(number, key, LAST_RESORT_KEPT, words)
        self._destroy(record.key_id)
        words = f"{said}; its private key is destroyed here, too: {self._what_opens_it(record.suite)}"
        return Settlement(number, key, KEY_DESTROYED, words)

    def _what_opens_it(self, suite: int) -> str:
        """What still opens a copy whose one-time key is gone."""
        recovery = self._database.rows(
            "SELECT 1 FROM keys WHERE role = ? AND suite = ? AND wrapped_private_key IS NOT NULL LIMIT 1",
            RECOVERY,
            suite,
        )
        if recovery:
            return "a copy of it can be opened only if it was sealed to the recovery key as well"
        return "no copy of it can be opened any more"


def _left(number: int, key: str, why: str) -> Settlement:
    """Nothing is done: the recorder goes on naming the number."""
    words = f"number {number} was destroyed on the recorder, and no key is destroyed here: {why}"
    return Settlement(number, key, NOTHING, words)


def _objection(record: KeyRecord | None, recorder_id: bytes, key: str, recordings: list[Recording]) -> str:
    """Why this key must not be touched; empty if it may be."""
    if record is None:
        return f"its key {key} is not known to this vault" if key else "its key is not named"
    if record.recorder_id != recorder_id or record.role not in (ONE_TIME, LAST_RESORT):
        return f"key {key} was not given to this recorder for its recordings"
    needing = [entry.number for entry in recordings if entry.key == key]
    if record.role == ONE_TIME and needing:
        return f"key {key} also opens number {needing[0]}, which is in the vault"
    return ""
