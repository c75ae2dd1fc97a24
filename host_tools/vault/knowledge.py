"""What a vault knows, as the view with which containers are judged.

Made once per command: the recordings' entries are unwrapped once and their claims kept in tables. Entries
in the vault were authentic when they were imported, so what they say of earlier numbers counts.
"""

from typing import TYPE_CHECKING

from host_tools.container.collection import DESTROYED_EARLIER, GIVEN_UP, IN_THE_VAULT, MISSING
from host_tools.container.report import CONTINUED
from host_tools.container.view import KeyRecord, Vouch
from host_tools.container.wholes import numbers_from
from host_tools.vault.last_resort import given_up

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

VOUCHED_BY_STATUS = "the recorder"


class Knowledge:
    """A `CardView` over a vault."""

    def __init__(self, vault: "Vault"):
        self._vault = vault
        self._recorders = {recorder.recorder_id: recorder for recorder in vault.recorders()}
        self._vouches: dict[tuple[bytes, int], Vouch] = {}
        self._uses: dict[tuple[bytes, bytes], set[int]] = {}
        self._numbers: dict[bytes, set[int]] = {}
        self._parts: dict[bytes, dict[int, int]] = {}
        self._named: dict[bytes, set[int]] = {}
        self._ids: dict[bytes, int] = {}
        self._gone: dict[tuple[bytes, int], str] = {}
        self._given_up = {recorder_id: given_up(vault, recorder_id) for recorder_id in self._recorders}
        self._secrets: dict[bytes, bytes | None] = {}
        for recorder in self._recorders.values():
            if recorder.last is not None:
                last = recorder.last
                self._vouches[recorder.recorder_id, last.number] = Vouch(
                    last.seal, last.samples, VOUCHED_BY_STATUS
                )
                self._named.setdefault(recorder.recorder_id, set()).add(last.number)
        self._take_recordings()

    def _take_recordings(self) -> None:
        """Learn from the recordings; a `previous` is newer than a status that names the same number."""
        states = self._vault.states()
        for recording in self._vault.recordings():
            recorder_id = bytes.fromhex(recording.recorder)
            self._ids[bytes.fromhex(recording.seal)] = recording.id
            state = states.get(recording.id)
            if state is not None and state.gone is not None:
                self._gone[recorder_id, recording.number] = state.gone.on[:10]
            self._numbers.setdefault(recorder_id, set()).add(recording.number)
            self._parts.setdefault(recorder_id, {})[recording.number] = recording.part
            self._uses.setdefault((recorder_id, bytes.fromhex(recording.key)), set()).add(recording.number)
            if recording.ended == CONTINUED:
                self._named.setdefault(recorder_id, set()).add(recording.number + 1)
            before = recording.previous
            if before is not None and before["number"] < recording.number:
                self._named.setdefault(recorder_id, set()).add(before["number"])
                self._vouches[recorder_id, before["number"]] = Vouch(
                    before["seal"], before["samples"], f"number {recording.number}"
                )

    def recorder_secret(self, recorder_id: bytes) -> bytes | None:
        """The secret, unwrapped once."""
        if recorder_id not in self._secrets:
            self._secrets[recorder_id] = self._vault.recorder_secret(recorder_id)
        return self._secrets[recorder_id]

    def private_key_for(self, key_id: bytes) -> KeyRecord | None:
        """The key, from the vault each time: private keys are not kept longer than needed."""
        return self._vault.private_key_for(key_id)

    def kept_file_key(self, seal: bytes) -> bytes | None:
        """The own file key of the recording with this seal, from the vault each time."""
        recording_id = self._ids.get(seal)
        return None if recording_id is None else self._vault.file_key(recording_id)

    def vouch(self, recorder_id: bytes, number: int) -> Vouch | None:
        """What a recording of the vault, or else the recorder's status, says of this number."""
        return self._vouches.get((recorder_id, number))

    def numbers_sealed_to(self, recorder_id: bytes, key_id: bytes) -> frozenset[int]:
        """The numbers in the vault that have this first recipient."""
        return frozenset(self._uses.get((recorder_id, key_id), ()))

    def lowest_number(self, recorder_id: bytes) -> int | None:
        """The lowest number in the vault, or the one the recorder was at when it was first heard."""
        numbers = set(self._numbers.get(recorder_id, ())) | self._named.get(recorder_id, set())
        recorder = self._recorders.get(recorder_id)
        if recorder is not None and recorder.first_number is not None:
            numbers.add(recorder.first_number)
        return min(numbers, default=None)

    def last_named(self, recorder_id: bytes) -> int | None:
        """The highest number that a status or a recording of the vault names."""
        return max(self._named.get(recorder_id, set()) | self._numbers.get(recorder_id, set()), default=None)

    def settled_numbers(self, recorder_id: bytes) -> frozenset[int]:
        """The numbers in the vault, the destroyed ones, and those that were given up."""
        settled = frozenset(self._numbers.get(recorder_id, ())) | self._vault.destroyed_numbers(recorder_id)
        return settled | self._given_up.get(recorder_id, frozenset())

    def never_seen(self, recorder_id: bytes) -> list[int]:
        """The numbers that the recorder has used, and that neither are in the vault nor were destroyed."""
        lowest, last = self.lowest_number(recorder_id), self.last_named(recorder_id)
        if lowest is None or last is None:
            return []
        return sorted(set(numbers_from(sorted({lowest, last}))) - self.settled_numbers(recorder_id))

    def recorder_ids(self) -> list[bytes]:
        """Every recorder of the vault."""
        return list(self._recorders)

    def parts(self, recorder_id: bytes) -> dict[int, int]:
        """Which part of its recording each number in the vault is."""
        return self._parts.get(recorder_id, {})

    def was_struck(self, recorder_id: bytes, number: int) -> bool:
        """Whether it was destroyed on the recorder before the vault had it."""
        is_here = number in self._numbers.get(recorder_id, ())
        return not is_here and number in self._vault.destroyed_numbers(recorder_id)

    def outlives(self, recorder_id: bytes, number: int) -> bool:
        """Whether it is here and was destroyed on the recorder."""
        is_here = number in self._numbers.get(recorder_id, ())
        return is_here and number in self._vault.destroyed_numbers(recorder_id)

    def gone_since(self, recorder_id: bytes, number: int) -> str | None:
        """The day on which the vault destroyed its key, if it did."""
        return self._gone.get((recorder_id, number))

    def fate(self, recorder_id: bytes, number: int) -> str:
        """Where a number is that is not looked at."""
        if (recorder_id, number) in self._gone or self.was_struck(recorder_id, number):
            return DESTROYED_EARLIER
        if number in self._numbers.get(recorder_id, ()):
            return IN_THE_VAULT
        return GIVEN_UP if number in self._given_up.get(recorder_id, ()) else MISSING
