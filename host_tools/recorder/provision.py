"""Provisioning: makes a recorder ours, and keeps it in one-time keys, time and settings.

Guarantees that the vault holds a recorder's secret and every key before the recorder does, that no two
recorders ever get one secret, and that an interrupted run is finished by the next one: what the recorder has
is asked for, only the rest is sent. A last-resort key that may have been used is replaced.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from host_tools.errors import CloisterError
from host_tools.recorder.client import RECORDER_ID_BYTES, RecorderClient
from host_tools.recorder.lines import LINE_BYTES
from host_tools.recorder.status import ask_status, settle, without_frame
from host_tools.vault.last_resort import note_contact, renew_if_used
from host_tools.vault.recovery import recovery_key_in_force

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.struck import Decide, Settlement

# The suite that keys are made for.
SUITE = 1

SECRET_BYTES = 32
SEED_BYTES = 64
KEY_ID_BYTES = 8

# MAC, space, newline and everything but the keys in a line of `keys`, with room to spare.
_KEYS_FRAME_BYTES = 200


@dataclass(frozen=True)
class Provisioned:
    """What was done and what is in force now; `status` is the recorder's own last answer."""

    recorder_id: bytes
    is_new: bool
    keys_added: int
    drift_ms: int | None
    settings: dict[str, Any]
    status: dict[str, Any]
    settlements: list["Settlement"]


def provision(
    client: RecorderClient,
    vault: "Vault",
    wanted_keys: int,
    config: dict[str, Any],
    on_keys: Callable[[int, int], None] = lambda done, total: None,
    on_settled: Callable[["Settlement"], None] = lambda settlement: None,
    decide: "Decide" = lambda recording: None,
) -> Provisioned:
    """Bring the recorder to `wanted_keys` unused one-time keys, the right time and `config`.

    `on_keys(done, total)` is told of the keys as they are stored, `on_settled` of what was destroyed on the
    recorder as it is dealt with; `decide` as in `settle`. Raises CloisterError if the recorder is of another
    vault, refuses, or goes away; a second run goes on where this one stopped.
    """
    recorder_id = client.hello().recorder_id
    is_new = recorder_id is None
    if recorder_id is None:
        recorder_id = _make_ours(client, vault, config)
    client.use_secret(known_secret(vault, recorder_id))
    status, settlements = settle(client, vault, recorder_id, on_settled, decide)
    last_resort = renew_if_used(vault, recorder_id, SUITE, stock(status), next_number(status))
    keys_added = _top_up(client, vault, recorder_id, status, wanted_keys, on_keys)
    _set_standing_keys(client, vault, status, last_resort)
    drift_ms = client.request("time", time_ms=_now_ms()).get("drift_ms")
    settings = client.request("config", **config)
    status = ask_status(client, vault, recorder_id)
    note_contact(vault, recorder_id, SUITE, stock(status), next_number(status))
    return Provisioned(
        recorder_id, is_new, keys_added, drift_ms, without_frame(settings), status, settlements
    )


def known_secret(vault: "Vault", recorder_id: bytes) -> bytes:
    """The secret of a recorder; raises CloisterError if this vault has none of it."""
    secret = vault.recorder_secret(recorder_id)
    if secret is None:
        raise CloisterError(
            f"recorder {recorder_id.hex()} was provisioned by another vault",
            "choose the vault that knows it with --vault",
        )
    return secret


def stock(status: dict[str, Any]) -> dict[str, Any]:
    """The part of a status about the keys of our suite: `left`, `loaded`, `last_resort`, `recovery`."""
    empty = {"left": 0, "loaded": 0, "last_resort": None, "recovery": None}
    found = status.get("keys", {}).get(str(SUITE), {}) if isinstance(status.get("keys"), dict) else None
    if not isinstance(found, dict) or not all(type(found.get(name, 0)) is int for name in ("left", "loaded")):
        raise CloisterError(
            "the recorder's status is not in the form of protocol 1",
            "use the cloister tools of its firmware's version",
        )
    return empty | found


def next_number(status: dict[str, Any]) -> int:
    """The container number that the recorder's next recording will have."""
    number = status.get("next_container")
    if type(number) is not int or not 1 <= number < 1 << 32:
        raise CloisterError(
            "the recorder's status is not in the form of protocol 1",
            "use the cloister tools of its firmware's version",
        )
    return number


def key_id(public_key: bytes) -> str:
    """The key id (docs/format.md, section 2) in hex."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES].hex()


def _make_ours(client: RecorderClient, vault: "Vault", config: dict[str, Any]) -> bytes:
    """Give an unprovisioned recorder a new id and secret, in the vault first; its id."""
    recorder_id = secrets.token_bytes(RECORDER_ID_BYTES)
    secret = secrets.token_bytes(SECRET_BYTES)
    vault.add_recorder(recorder_id, secret)
    client.provision(
        recorder=recorder_id.hex(),
        secret=secret.hex(),
        seed=secrets.token_hex(SEED_BYTES),
        time_ms=_now_ms(),
        config=config,
    )
    if client.hello().recorder_id != recorder_id:
        raise CloisterError("the recorder did not keep the id that it was given", "run the command again")
    return recorder_id


def _top_up(
    client: RecorderClient,
    vault: "Vault",
    recorder_id: bytes,
    status: dict[str, Any],
    wanted_keys: int,
    on_keys: Callable[[int, int], None],
) -> int:
    """Load the one-time keys that are missing, numbered on from what is loaded; how many those were."""
    have = stock(status)
    missing = max(0, wanted_keys - have["left"])
    if missing == 0:
        return 0
    on_keys(0, missing)
    public_keys = vault.one_time_keys(recorder_id, SUITE, have["loaded"], missing)
    done = 0
    for batch in _batches(public_keys):
        client.request("keys", suite=SUITE, first=have["loaded"] + done, keys=batch, last_resort=False)
        done += len(batch)
        on_keys(done, missing)
    return done


def _batches(public_keys: list[bytes]) -> Iterator[list[str]]:
    """The keys in base64, as many at a time as one line has room for."""
    encoded = [base64.b64encode(key).decode() for key in public_keys]
    key_bytes = max(map(len, encoded)) + len('"",')
    size = (LINE_BYTES - _KEYS_FRAME_BYTES) // key_bytes
    for start in range(0, len(encoded), size):
        yield encoded[start : start + size]


def _set_standing_keys(
    client: RecorderClient, vault: "Vault", status: dict[str, Any], last_resort: bytes
) -> None:
    """See that the recorder has this last-resort key, and the recovery key in force, or none."""
    have = stock(status)
    if have["last_resort"] != key_id(last_resort):
        encoded = base64.b64encode(last_resort).decode()
        client.request("keys", suite=SUITE, first=0, keys=[encoded], last_resort=True)
    recovery = recovery_key_in_force(vault, SUITE)
    if have["recovery"] != (recovery and key_id(recovery)):
        client.request("recovery", suite=SUITE, key=recovery and base64.b64encode(recovery).decode())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
