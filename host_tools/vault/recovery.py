"""Recovery keys: a second recipient of every recording that is sealed while one is in force.

The public half goes to each recorder at its next provisioning. The private half lies in the vault, can be
exported under a passphrase to be kept elsewhere, and can be destroyed here. Whoever has it opens every
recording that was sealed to it, whatever became of that recording's own key. Old ones are never forgotten:
certificates have to say who could still open what.
"""

import io
import json
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from host_tools.errors import CloisterError
from host_tools.strict_json import load_object
from host_tools.vault.keys import key_id

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

KIND, EXPORT = "recovery", "export"
EXPORT_KIND = "recovery key"
FORM = "cloister recovery key 1"
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


def stop(vault: "Vault", key: RecoveryKey) -> None:
    """Take a key out of force: recorders lose it at their next provisioning."""
    _change(vault, replace(key, stopped=_now(vault)))


def destroy(vault: "Vault", key: RecoveryKey) -> RecoveryKey:
    """Destroy the vault's own private half, for good. One that was never exported opens nothing any more.

    Such a key is taken out of force as well: to seal to it would be of no use to anybody.
    """
    now = _now(vault)
    done = replace(key, destroyed=now)
    if not exports(vault, key) and key.stopped is None:
        done = replace(done, stopped=now)
    vault.destroy_key_ids([bytes.fromhex(key.key_id)], partial(_change, vault, done))
    return done


def exports(vault: "Vault", key: RecoveryKey) -> list[dict[str, Any]]:
    """The notes of where this key was exported to."""
    notes = [paper for _, paper in vault.papers.all(EXPORT) if paper.get("kind") == EXPORT_KIND]
    return [paper for paper in notes if paper.get("key") == key.key_id]


def export(vault: "Vault", key: RecoveryKey, path: Path, passphrase: str) -> None:
    """Write the private half as an age file, read it back, and keep a note of it. Raises CloisterError."""
    from host_tools import age_passphrase
    from host_tools.files import finished_file

    record = vault.private_key_for(bytes.fromhex(key.key_id))
    if record is None or record.private is None:
        raise CloisterError(f"the vault's own copy of recovery key {key.key_id} was destroyed")
    text = json.dumps({"form": FORM, **asdict(key), "private": record.private.hex()}, indent=1) + "\n"
    note = {
        "at": _now(vault),
        "by": vault.person_id,
        "recordings": [],
        "kind": EXPORT_KIND,
        "key": key.key_id,
        "to": str(path.absolute()),
        "span": None,
        "until": None,
    }
    note_id = vault.papers.add(EXPORT, note)  # first: an export that nobody knows of must not be
    try:
        with finished_file(path) as unfinished:
            with unfinished.open("r+b") as file:
                age_passphrase.encrypt(io.BytesIO(text.encode()), file, passphrase)
            if _opened(unfinished, passphrase) != text.encode():
                raise CloisterError(f"{path} does not read back as it was written")
    except BaseException:
        vault.papers.remove(EXPORT, note_id)
        raise


def take_back(vault: "Vault", path: Path, passphrase: str) -> RecoveryKey:
    """Keep the private half of an exported key in the vault again. Raises CloisterError."""
    try:
        fields = load_object(_opened(path, passphrase))
        private, wanted = bytes.fromhex(fields["private"]), str(fields["key_id"])
        public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    except (ValueError, KeyError, TypeError):
        raise CloisterError(f"{path} holds no recovery key") from None
    known = next((key for key in recovery_keys(vault) if key.key_id == wanted), None)
    if known is None or public.hex() != known.public:
        raise CloisterError(f"the recovery key in {path} is none of this vault's")
    with vault.transaction():
        vault.put_private_key_back(bytes.fromhex(wanted), private)
        _change(vault, replace(known, destroyed=None))
    return known


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
