"""Recovery keys: a second recipient of every recording that is sealed while one is in force.

The public half goes to each recorder at its next provisioning. The private half lies in the vault, can be
exported under a passphrase to be kept elsewhere, and can be destroyed here. Whoever has it opens every
recording that was sealed to it, whatever became of that recording's own key. Old ones are never forgotten:
certificates have to say who could still open what. There is one key for each suite, since a container has
recipients of one suite only; they are made, exported, stopped and destroyed together unless one is named.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host_tools.container.layout import SUITES
from host_tools.container.suites import public_key_of
from host_tools.errors import CloisterError
from host_tools.strict_json import load_object
from host_tools.vault.keys import key_id

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

KIND, EXPORT = "recovery", "export"
EXPORT_KIND = "recovery key"
FORM = "cloister recovery key 1"
FORM_OF_SEVERAL = "cloister recovery keys 1"
LONGEST_FILE_BYTES = 64 * 1024


@dataclass(frozen=True)
class RecoveryKey:
    """One recovery key, ids and the public half in hex, times in ISO form.

    `stopped` is when it was taken out of force, `destroyed` when the vault's own private half was.
    """

    key_id: str
    public: str
    suite: int
    made: str
    by: int
    stopped: str | None = None
    destroyed: str | None = None


def recovery_keys(vault: "Vault") -> list[RecoveryKey]:
    """Every recovery key that there ever was, in the order in which they were made."""
    return [key for _, key in _papers(vault)]


def key_in_force(vault: "Vault", suite: int) -> RecoveryKey | None:
    """The key that recorders are given now, if there is one."""
    last = next((key for key in reversed(recovery_keys(vault)) if key.suite == suite), None)
    return None if last is None or last.stopped else last


def keys_in_force(vault: "Vault") -> list[RecoveryKey]:
    """The keys that recorders are given now, one a suite at most, in the order of the suites."""
    return [key for suite in SUITES if (key := key_in_force(vault, suite))]


def suites_to_make(vault: "Vault") -> list[int]:
    """The suites that a new recovery key is made for: those without one beside others, else all of them."""
    have = {key.suite for key in keys_in_force(vault)}
    return [suite for suite in SUITES if suite not in have] or list(SUITES)


def lacks_suite(vault: "Vault", suite: int) -> bool:
    """Whether a recovery key is in force, but none for that suite: its recordings are sealed without one."""
    return recovery_key_in_force(vault, suite) is None and any(
        recovery_key_in_force(vault, other) is not None for other in SUITES if other != suite
    )


def recovery_key_in_force(vault: "Vault", suite: int) -> bytes | None:
    """Its public half, as the vault wrapped it: nobody can have put another in its place."""
    if not any(key.suite == suite for key in recovery_keys(vault)):
        return vault.recovery_key(suite)
    key = key_in_force(vault, suite)
    return None if key is None else bytes.fromhex(key.public)


def is_any_left(vault: "Vault", suite: int) -> bool:
    """Whether anybody may still have a recovery key of that suite, in force or not."""
    keys = [key for key in recovery_keys(vault) if key.suite == suite]
    if not keys:
        return vault.recovery_key(suite) is not None
    return any(key.destroyed is None or exports(vault, key) for key in keys)


def make_recovery_key(vault: "Vault", suite: int) -> RecoveryKey:
    """Make a key pair, in force from now on in the place of any other."""
    with vault.transaction():
        public = vault.make_recovery_key(suite)
        key = RecoveryKey(key_id(public).hex(), public.hex(), suite, _now(vault), vault.person_id)
        vault.papers.add(KIND, asdict(key))
    return key


def make_recovery_keys(vault: "Vault") -> list[RecoveryKey]:
    """Make a key pair for each of `suites_to_make`, all of them or none."""
    with vault.transaction():
        return [make_recovery_key(vault, suite) for suite in suites_to_make(vault)]


def stop(vault: "Vault", *keys: RecoveryKey) -> None:
    """Take keys out of force: recorders lose them at their next provisioning."""
    with vault.transaction():
        for key in keys:
            _change(vault, replace(key, stopped=_now(vault)))


def destroy(vault: "Vault", *keys: RecoveryKey) -> list[RecoveryKey]:
    """Destroy the vault's own private halves, for good. One never exported opens nothing any more.

    Such a key is taken out of force as well: to seal to it would be of no use to anybody.
    """
    now = _now(vault)
    done = [
        replace(key, destroyed=now, stopped=key.stopped if key.stopped or exports(vault, key) else now)
        for key in keys
    ]

    def note() -> None:
        for key in done:
            _change(vault, key)

    vault.destroy_key_ids([bytes.fromhex(key.key_id) for key in keys], note)
    return done


def exports(vault: "Vault", key: RecoveryKey) -> list[dict[str, Any]]:
    """The notes of where this key was exported to."""
    notes = [paper for _, paper in vault.papers.all(EXPORT) if paper.get("kind") == EXPORT_KIND]
    return [paper for paper in notes if paper.get("key") == key.key_id]


def export(vault: "Vault", keys: Sequence[RecoveryKey], path: Path, passphrase: str) -> None:
    """Write the private halves as an age file, read it back, keep a note of each. Raises CloisterError."""
    from host_tools import age_passphrase
    from host_tools.files import finished_file

    text = _exported_text([_with_private_half(vault, key) for key in keys])
    with vault.transaction():  # first: an export that nobody knows of must not be
        note_ids = [vault.papers.add(EXPORT, _export_note(vault, key, path)) for key in keys]
    try:
        with finished_file(path) as unfinished:
            with unfinished.open("r+b") as file:
                age_passphrase.encrypt(io.BytesIO(text), file, passphrase)
            if _opened(unfinished, passphrase) != text:
                raise CloisterError(f"{path} does not read back as it was written")
    except BaseException:
        with vault.transaction():
            for note_id in note_ids:
                vault.papers.remove(EXPORT, note_id)
        raise


def _exported_text(entries: list[dict[str, Any]]) -> bytes:
    """What the file says of these keys; of one alone in the form that earlier versions read, too."""
    content = (
        {"form": FORM, **entries[0]} if len(entries) == 1 else {"form": FORM_OF_SEVERAL, "keys": entries}
    )
    return json.dumps(content, indent=1).encode() + b"\n"


def _with_private_half(vault: "Vault", key: RecoveryKey) -> dict[str, Any]:
    """A key for a file. Raises CloisterError."""
    record = vault.private_key_for(bytes.fromhex(key.key_id))
    if record is None or record.private is None:
        raise CloisterError(f"the vault's own copy of recovery key {key.key_id} was destroyed")
    return {**asdict(key), "private": record.private.hex()}


def _export_note(vault: "Vault", key: RecoveryKey, path: Path) -> dict[str, Any]:
    return {
        "at": _now(vault),
        "by": vault.person_id,
        "recordings": [],
        "kind": EXPORT_KIND,
        "key": key.key_id,
        "to": str(path.absolute()),
        "span": None,
        "until": None,
    }


def take_back(vault: "Vault", path: Path, passphrase: str) -> list[RecoveryKey]:
    """Keep the private halves in an exported file in the vault again, all or none. Raises CloisterError."""
    try:
        content = load_object(_opened(path, passphrase))
        entries = content["keys"] if content.get("form") == FORM_OF_SEVERAL else [content]
        halves = [(str(entry["key_id"]), bytes.fromhex(entry["private"])) for entry in entries]
    except (ValueError, KeyError, TypeError):
        halves = []
    if not halves:
        raise CloisterError(f"{path} holds no recovery key")
    found = []
    with vault.transaction():
        for wanted, private in halves:
            known = next((key for key in recovery_keys(vault) if key.key_id == wanted), None)
            if known is None or not _is_half_of(known, private):
                raise CloisterError(f"the recovery key in {path} is none of this vault's")
            vault.put_private_key_back(bytes.fromhex(wanted), private)
            _change(vault, replace(known, destroyed=None))
            found.append(known)
    return found


def _is_half_of(key: RecoveryKey, private: bytes) -> bool:
    try:
        return public_key_of(key.suite, private).hex() == key.public
    except ValueError:
        return False


def _opened(path: Path, passphrase: str) -> bytes:
    """What a small age file holds. Raises CloisterError."""
    from host_tools import age_passphrase

    opened = io.BytesIO()
    try:
        with path.open("rb") as file:
            sealed = file.read(LONGEST_FILE_BYTES)
        age_passphrase.decrypt(io.BytesIO(sealed), opened, passphrase)
    except age_passphrase.AgeRefused as refusal:
        raise CloisterError(f"{path} cannot be opened: {refusal}") from None
    except OSError as error:
        raise CloisterError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
    return opened.getvalue()


def _papers(vault: "Vault") -> list[tuple[int, RecoveryKey]]:
    return [(paper_id, RecoveryKey(**paper)) for paper_id, paper in vault.papers.all(KIND)]


def _change(vault: "Vault", key: RecoveryKey) -> None:
    paper_id = next(paper_id for paper_id, known in _papers(vault) if known.key_id == key.key_id)
    vault.papers.put(KIND, paper_id, asdict(key))


def _now(vault: "Vault") -> str:
    return vault.now().isoformat(timespec="seconds")
