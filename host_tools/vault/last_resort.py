"""Last-resort keys: which numbers each may have sealed, when it is replaced, and when it can be destroyed.

A recorder that has run out of one-time keys goes on with its last-resort key, so that one key opens several
recordings. Once it may have been used it is replaced at the next contact. The old one is destroyed as soon as
every number that it may have sealed is in the vault with a key of its own, was destroyed on the recorder, or
was given up by name; never before. What has to be known for that is kept in papers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from host_tools.container import layout
from host_tools.container.findings import file_key_of
from host_tools.container.header import KeyDoesNotOpen, NotAContainer, parse
from host_tools.container.view import LAST_RESORT
from host_tools.errors import CloisterError
from host_tools.vault.keys import key_id
from host_tools.vault.reading import ViewOfOne
from host_tools.vault.recorders import KEY_ID_FORM

if TYPE_CHECKING:
    from host_tools.vault.recordings import Recording
    from host_tools.vault.vault import Vault

KIND, GIVEN_UP = "last-resort", "given-up"
NAMED_AT_MOST = 10_000


@dataclass(frozen=True)
class Standing:
    """One last-resort key; ids are in hex. It may have sealed `from_number` to `until_number`.

    `until_number` is None while the recorder has it, `loaded` how many one-time keys the recorder had been
    given when it was last spoken to, and `destroyed` when this key was destroyed (ISO).
    """

    key_id: str
    recorder: str
    suite: int
    from_number: int
    until_number: int | None = None
    loaded: int | None = None
    destroyed: str | None = None


@dataclass(frozen=True)
class Retirement:
    """An old last-resort key: destroyed now, or kept because of the numbers that it waits for."""

    key: Standing
    waits_for: list[int]

    @property
    def words(self) -> str:
        """One sentence for people, without a full stop."""
        from host_tools.container.report import number_words

        what = f"the old last-resort key {self.key.key_id} of recorder {self.key.recorder}"
        if not self.waits_for:
            return f"{what} is destroyed: every recording sealed to it has a key of its own, or is gone"
        are = "are" if len(self.waits_for) > 1 else "is"
        return f"{what} is kept until {number_words(self.waits_for)} {are} imported, or given up by name"


def renew_if_used(
    vault: "Vault", recorder_id: bytes, suite: int, have: dict[str, Any], next_number: int
) -> bytes:
    """The public key that the recorder is to have; a new one if the one it has may have sealed something.

    `have` is the recorder's own word on its keys, before any are loaded: while one-time keys were left, and
    nobody loaded any in between, the last-resort key was not used.
    """
    public = _in_force(vault, recorder_id, suite)
    current = key_id(public).hex()
    with vault.transaction():
        if have["last_resort"] == current:
            paper_id, known = _paper(vault, current) or _begin(vault, current, recorder_id, suite)
            is_named = any(recording.key == current for recording in vault.recordings())
            if have["left"] == 0 or is_named:
                public = vault.new_last_resort_key(recorder_id, suite)
            elif known.loaded == have["loaded"]:
                _put(vault, paper_id, replace(known, from_number=max(known.from_number, next_number)))
        if _paper(vault, key_id(public).hex()) is None:
            _begin(vault, key_id(public).hex(), recorder_id, suite, next_number)
    return public


def note_contact(
    vault: "Vault", recorder_id: bytes, suite: int, have: dict[str, Any], next_number: int
) -> None:
    """Keep what a status after all loading says: keys that the recorder has no longer seal nothing more."""
    with vault.transaction():
        for paper_id, standing in _papers(vault):
            if (standing.recorder, standing.suite) != (recorder_id.hex(), suite):
                continue
            if standing.key_id == have["last_resort"]:
                _put(vault, paper_id, replace(standing, loaded=have["loaded"], until_number=None))
            elif standing.until_number is None and have["last_resort"] is not None:
                _put(vault, paper_id, replace(standing, until_number=next_number))


def note_moved_on(
    vault: "Vault", recorder_id: bytes, suite: int, have: dict[str, Any], next_number: int
) -> None:
    """A recorder seals to a newer suite than this one from now on, and never goes back.

    The container that lies prepared may be sealed to a key of this suite still, so that one is counted.
    `have` is what the recorder has of this suite: while one-time keys are left, the last-resort key was not
    used.
    """
    current = have["last_resort"]
    with vault.transaction():
        if current is not None and _paper(vault, current) is None and _is_one(vault, current, recorder_id):
            _begin(vault, current, recorder_id, suite)
        named = {recording.key for recording in vault.recordings()}
        for paper_id, standing in _papers(vault):
            if (standing.recorder, standing.suite) != (recorder_id.hex(), suite) or standing.until_number:
                continue
            from_number = standing.from_number
            is_unused = standing.key_id == current and have["left"] > 0 and current not in named
            if is_unused and standing.loaded == have["loaded"]:
                from_number = max(from_number, next_number)
            _put(vault, paper_id, replace(standing, from_number=from_number, until_number=next_number))


def note_reset(vault: "Vault", recorder_id: bytes, next_number: int) -> None:
    """A recorder has forgotten all its keys; `next_number` is the number that it was to use next."""
    with vault.transaction():
        for paper_id, standing in _papers(vault):
            if standing.recorder == recorder_id.hex() and standing.until_number is None:
                _put(vault, paper_id, replace(standing, until_number=next_number))


def retire(vault: "Vault") -> list[Retirement]:
    """Destroy the old last-resort keys that nothing waits for; what became of each. Raises CloisterError."""
    found = []
    for paper_id, standing in _papers(vault):
        if standing.until_number is None or standing.destroyed is not None:
            continue
        waits_for = _waits_for(vault, standing)
        if not waits_for:
            done = replace(standing, destroyed=vault.now().isoformat(timespec="seconds"))
            key = bytes.fromhex(standing.key_id)
            vault.destroy_key_ids([key], partial(_put, vault, paper_id, done))
            standing = done
        found.append(Retirement(standing, waits_for))
    return found


def give_up(vault: "Vault", recorder_id: bytes, numbers: Iterable[int]) -> None:
    """Nobody waits for these numbers any more, wherever they are. On disk when it returns."""
    paper = {
        "recorder": recorder_id.hex(),
        "numbers": sorted(numbers),
        "at": vault.now().isoformat(timespec="seconds"),
        "by": vault.person.id,
    }
    vault.papers.add(GIVEN_UP, paper)


def given_up(vault: "Vault", recorder_id: bytes) -> frozenset[int]:
    """The numbers of this recorder that were given up."""
    papers = [paper for _, paper in vault.papers.all(GIVEN_UP) if paper["recorder"] == recorder_id.hex()]
    return frozenset(number for paper in papers for number in paper["numbers"])


def waited_for(vault: "Vault", recorder_id: bytes) -> list[int]:
    """The numbers that keep an old last-resort key of this recorder from being destroyed, ascending."""
    old = [
        standing
        for _, standing in _papers(vault)
        if standing.recorder == recorder_id.hex() and standing.until_number and not standing.destroyed
    ]
    return sorted({number for standing in old for number in _waits_for(vault, standing)})


def keep_own_key(vault: "Vault", recording: "Recording") -> bool:
    """See that a recording sealed to a last-resort key has its file key as its own; False if it cannot."""
    record = vault.private_key_for(bytes.fromhex(recording.key))
    if record is None or record.role != LAST_RESORT or vault.file_key(recording.id) is not None:
        return True
    try:
        with vault.open_recording(recording) as source:
            header = parse(source.read_at(0, layout.BLOCK_BYTES))
        if header.seal.hex() != recording.seal:
            return False
        file_key = file_key_of(header, ViewOfOne(vault, recording))
    except (NotAContainer, KeyDoesNotOpen, CloisterError, OSError):
        return False
    vault.keep_file_key(recording.id, file_key)
    return True


def _in_force(vault: "Vault", recorder_id: bytes, suite: int) -> bytes:
    """The public key to have; a new one where all were destroyed, as happens after a newer suite."""
    place = recorder_id.hex(), suite
    known = [standing for _, standing in _papers(vault) if (standing.recorder, standing.suite) == place]
    if known and all(standing.destroyed for standing in known):
        return vault.new_last_resort_key(recorder_id, suite)
    return vault.last_resort_key(recorder_id, suite)


def _is_one(vault: "Vault", current: object, recorder_id: bytes) -> bool:
    """Whether this is the id of a last-resort key of that recorder, as a status gives it."""
    if not isinstance(current, str) or not KEY_ID_FORM.fullmatch(current):
        return False
    record = vault.private_key_for(bytes.fromhex(current))
    return record is not None and (record.role, record.recorder_id) == (LAST_RESORT, recorder_id)


def _waits_for(vault: "Vault", standing: Standing) -> list[int]:
    """The numbers that this key may have sealed and that nothing is known of."""
    recorder_id = bytes.fromhex(standing.recorder)
    done = vault.destroyed_numbers(recorder_id) | given_up(vault, recorder_id)
    states = vault.states()
    for recording in vault.recordings():
        if recording.recorder != standing.recorder:
            continue
        state = states.get(recording.id)
        is_gone = state is not None and state.gone is not None
        if is_gone or recording.key != standing.key_id or keep_own_key(vault, recording):
            done |= {recording.number}
    return list(islice(_numbers(standing, done), NAMED_AT_MOST))


def _numbers(standing: Standing, done: frozenset[int]) -> Iterator[int]:
    until = standing.until_number or standing.from_number
    return (number for number in range(standing.from_number, until + 1) if number not in done)


def _begin(
    vault: "Vault", current: str, recorder_id: bytes, suite: int, from_number: int | None = None
) -> tuple[int, Standing]:
    """Begin to watch a key; one that was loaded before anybody watched may have sealed any number."""
    if from_number is None:
        known = {recorder.recorder_id: recorder for recorder in vault.recorders()}.get(recorder_id)
        from_number = (known and known.first_number) or 1
    standing = Standing(current, recorder_id.hex(), suite, from_number)
    return vault.papers.add(KIND, asdict(standing)), standing


def _papers(vault: "Vault") -> list[tuple[int, Standing]]:
    return [(paper_id, Standing(**paper)) for paper_id, paper in vault.papers.all(KIND)]


def _paper(vault: "Vault", current: str) -> tuple[int, Standing] | None:
    return next((entry for entry in _papers(vault) if entry[1].key_id == current), None)


def _put(vault: "Vault", paper_id: int, standing: Standing) -> None:
    vault.papers.put(KIND, paper_id, asdict(standing))
