"""Loading a recorder with keys of one suite: what it has is asked for, and only the rest is sent.

Guarantees that the vault holds every key before the recorder does, that a last-resort key which may have been
used is replaced, and that loading which was cut off goes on where it was. The recovery key is set first,
since a recorder seals to the newest suite of which it has any key, and the last-resort key last: where that
is, loading was finished once.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from host_tools.container.layout import KEY_ID_BYTES, NEWEST_SUITE, SUITES
from host_tools.container.suites import check_known, suite_words
from host_tools.errors import CloisterError
from host_tools.recorder.client import RecorderClient, RecorderRefused
from host_tools.recorder.lines import LINE_BYTES
from host_tools.vault.last_resort import note_contact, note_moved_on, renew_if_used
from host_tools.vault.recovery import recovery_key_in_force

if TYPE_CHECKING:
    from host_tools.vault import Vault

OnKeys = Callable[[int, int], None]

# MAC, space, newline and everything but the keys in a line of `keys`, with room to spare.
_KEYS_FRAME_BYTES = 200
_FULL = "full"
_EMPTY = {"left": 0, "loaded": 0, "last_resort": None, "recovery": None}


@dataclass(frozen=True)
class Loaded:
    """How many one-time keys of that suite were added, and whether the recorder had no room for more."""

    suite: int
    keys_added: int
    is_full: bool


def newest_suite(status: dict[str, Any]) -> int:
    """The newest suite that the recorder's firmware knows. Raises CloisterError."""
    said = status.get("suite", 0)
    if type(said) is not int:
        raise _other_form()
    return max(said, *_rings(status), 1)


def suite_in_use(status: dict[str, Any]) -> int:
    """The newest suite of which the recorder has any key, which it seals to; 0 without any. As above."""
    return max((suite for suite in _rings(status) if _has_any_key(stock(status, suite))), default=0)


def choose_suite(status: dict[str, Any], wanted: int | None = None, wanted_keys: int | None = None) -> int:
    """The suite to load keys of: the wanted one, else the newest that both sides know.

    Where no one-time keys are wanted it is the one in use: nothing is there to go on to a newer one with.
    Raises CloisterError if the recorder does not know it, or has gone on to a newer one; and if this program
    or the installed `cryptography` does not have it, or the one in use.
    """
    newest, used = newest_suite(status), suite_in_use(status)
    if used:
        check_known(used)
    suite = wanted or (used if wanted_keys == 0 else 0) or min(newest, NEWEST_SUITE)
    if suite > newest:
        raise CloisterError(
            f"the recorder's firmware knows {suite_words(newest)} only, not {suite_words(suite)}",
            "update its firmware (cloister recorder service lets you in), then run cloister rekey",
        )
    if suite < used:
        raise CloisterError(
            f"the recorder uses {suite_words(used)} and does not go back to {suite_words(suite)}",
            "leave out --suite; cloister recorder reset makes it a new one",
        )
    check_known(suite)
    return suite


def stock(status: dict[str, Any], suite: int | None = None) -> dict[str, Any]:
    """The part of a status about one suite's keys: `left`, `loaded`, `last_resort`, `recovery`.

    Without a suite, the one in use. Raises CloisterError for a status in another form.
    """
    suite = suite_in_use(status) if suite is None else suite
    found = _rings(status).get(suite, {})
    if not isinstance(found, dict) or not all(type(found.get(name, 0)) is int for name in ("left", "loaded")):
        raise _other_form()
    return _EMPTY | found


def next_number(status: dict[str, Any]) -> int:
    """The container number that the recorder's next recording will have."""
    number = status.get("next_container")
    if type(number) is not int or not 1 <= number < 1 << 32:
        raise _other_form()
    return number


def load(
    client: RecorderClient,
    vault: "Vault",
    recorder_id: bytes,
    suite: int,
    status: dict[str, Any],
    wanted_keys: int,
    on_keys: OnKeys,
) -> Loaded:
    """Bring the recorder to that many unused one-time keys of a suite, and to the keys that stand.

    Raises CloisterError rather than move it from an older suite to the last-resort key of this one alone,
    which all its recordings would share from then on.
    """
    have = stock(status, suite)
    last_resort = renew_if_used(vault, recorder_id, suite, have, next_number(status))
    sync_recovery(client, vault, status, suite)
    loaded = _top_up(client, vault, recorder_id, suite, have, wanted_keys, on_keys)
    if have["left"] + loaded.keys_added == 0 and 0 < suite_in_use(status) < suite:
        raise _would_share_one_key(suite, suite_in_use(status), loaded.is_full)
    if have["last_resort"] != key_id(last_resort):
        client.request("keys", suite=suite, first=0, keys=[_encoded(last_resort)], last_resort=True)
    return loaded


def sync_recovery(client: RecorderClient, vault: "Vault", status: dict[str, Any], suite: int) -> bool:
    """Set or clear the recovery key of that suite, and of each other that the recorder has any key of.

    Whether anything was changed. A suite that this program does not know is left alone.
    """
    is_changed = False
    for number in sorted(_rings(status).keys() | {suite}):
        have = stock(status, number)
        has_keys = _has_any_key(have) or have["recovery"] is not None
        if number not in SUITES or not (has_keys or number == suite):
            continue
        recovery = recovery_key_in_force(vault, number)
        if have["recovery"] != (recovery and key_id(recovery)):
            client.request("recovery", suite=number, key=recovery and _encoded(recovery))
            is_changed = True
    return is_changed


def note_loaded(vault: "Vault", recorder_id: bytes, suite: int, status: dict[str, Any]) -> None:
    """Keep what a status after all loading says of the last-resort keys, those of older suites, too."""
    note_contact(vault, recorder_id, suite, stock(status, suite), next_number(status))
    if stock(status, suite)["last_resort"] is None:
        return
    for older in _rings(status):
        if older < suite:
            note_moved_on(vault, recorder_id, older, stock(status, older), next_number(status))


def key_id(public_key: bytes) -> str:
    """The key id (docs/format.md, section 2) in hex."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES].hex()


def _top_up(
    client: RecorderClient,
    vault: "Vault",
    recorder_id: bytes,
    suite: int,
    have: dict[str, Any],
    wanted_keys: int,
    on_keys: OnKeys,
) -> Loaded:
    """Load the one-time keys that are missing, numbered on from what is loaded."""
    missing = max(0, wanted_keys - have["left"])
    if missing == 0:
        return Loaded(suite, 0, False)
    on_keys(0, missing)
    public_keys = vault.one_time_keys(recorder_id, suite, have["loaded"], missing)
    done = 0
    for batch in _batches(public_keys):
        try:
            client.request("keys", suite=suite, first=have["loaded"] + done, keys=batch, last_resort=False)
        except RecorderRefused as refusal:
            if refusal.code != _FULL:
                raise
            return Loaded(suite, done, True)
        done += len(batch)
        on_keys(done, missing)
    return Loaded(suite, done, False)


def _would_share_one_key(suite: int, used: int, is_full: bool) -> CloisterError:
    if is_full:
        return CloisterError(
            f"the recorder has no room for keys of suite {suite} beside those of suite {used}",
            "import what it recorded, so that used keys go, or make it a new one: cloister recorder reset; "
            f"cloister provision --suite {used} leaves it with suite {used}",
        )
    return CloisterError(
        f"without one-time keys of suite {suite} all recordings would share its last-resort key",
        "say with --keys how many to load",
    )


def _batches(public_keys: list[bytes]) -> Iterator[list[str]]:
    """The keys in base64, as many at a time as one line has room for: two in suite 2."""
    encoded = [_encoded(key) for key in public_keys]
    key_bytes = max(map(len, encoded)) + len('"",')
    size = (LINE_BYTES - _KEYS_FRAME_BYTES) // key_bytes
    for start in range(0, len(encoded), size):
        yield encoded[start : start + size]


def _encoded(public_key: bytes) -> str:
    return base64.b64encode(public_key).decode()


def _has_any_key(have: dict[str, Any]) -> bool:
    return have["left"] > 0 or have["last_resort"] is not None


def _rings(status: dict[str, Any]) -> dict[int, Any]:
    """What a status says of each suite's keys. Raises CloisterError."""
    rings = status.get("keys")
    if not isinstance(rings, dict) or not all(
        name.isascii() and name.isdecimal() and len(name) < 4 for name in rings
    ):
        raise _other_form()
    return {int(name): ring for name, ring in rings.items()}


def _other_form() -> CloisterError:
    return CloisterError(
        "the recorder's status is not in the form of protocol 1",
        "use the cloister tools of its firmware's version",
    )
