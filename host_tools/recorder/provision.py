"""Provisioning: makes a recorder ours, and keeps it in one-time keys, time and settings.

Guarantees that the vault holds a recorder's secret and every key before the recorder does, that no two
recorders ever get one secret, and that an interrupted run is finished by the next one (`loading`).
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from host_tools.container.suites import check_known
from host_tools.errors import CloisterError
from host_tools.recorder.client import RECORDER_ID_BYTES, RecorderClient
from host_tools.recorder.loading import (
    OnKeys,
    choose_suite,
    load,
    next_number,
    note_loaded,
    stock,
    suite_in_use,
)
from host_tools.recorder.status import ask_status, settle, without_frame

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.struck import Decide, Settlement

__all__ = ["Provisioned", "known_secret", "next_number", "provision", "stock"]

SECRET_BYTES = 32
SEED_BYTES = 64


@dataclass(frozen=True)
class Provisioned:
    """What was done and what is in force now; `status` is the recorder's own last answer.

    `suite` is that of the keys that were added, `suite_before` the one that was in use before (0: none),
    `is_full` whether the recorder had room for no more keys.
    """

    recorder_id: bytes
    is_new: bool
    suite_before: int
    suite: int
    keys_added: int
    is_full: bool
    drift_ms: int | None
    settings: dict[str, Any]
    status: dict[str, Any]
    settlements: list["Settlement"]


def provision(
    client: RecorderClient,
    vault: "Vault",
    wanted_keys: int,
    config: dict[str, Any],
    on_keys: OnKeys = lambda done, total: None,
    on_settled: Callable[["Settlement"], None] = lambda settlement: None,
    decide: "Decide" = lambda recording: None,
    suite: int | None = None,
) -> Provisioned:
    """Bring the recorder to `wanted_keys` unused one-time keys, the right time and `config`.

    Without a `suite` it is the newest that the recorder and this program know, or with no keys wanted the one
    in use. `on_keys(done, total)` is told of the keys as they are stored, `on_settled` of what was destroyed
    on the recorder as it is dealt with; `decide` as in `settle`. Raises CloisterError if the
    recorder is of another vault, refuses, or goes away; a second run goes on where this one stopped.
    """
    if suite is not None:
        check_known(suite)
    recorder_id = client.hello().recorder_id
    is_new = recorder_id is None
    if recorder_id is None:
        recorder_id = _make_ours(client, vault, config)
    client.use_secret(known_secret(vault, recorder_id))
    status, settlements = settle(client, vault, recorder_id, on_settled, decide)
    suite = choose_suite(status, suite, wanted_keys)
    suite_before = suite_in_use(status)
    loaded = load(client, vault, recorder_id, suite, status, wanted_keys, on_keys)
    drift_ms = client.request("time", time_ms=_now_ms()).get("drift_ms")
    settings = client.request("config", **config)
    status = ask_status(client, vault, recorder_id)
    note_loaded(vault, recorder_id, suite, status)
    return Provisioned(
        recorder_id,
        is_new,
        suite_before,
        suite,
        loaded.keys_added,
        loaded.is_full,
        drift_ms,
        without_frame(settings),
        status,
        settlements,
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


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
