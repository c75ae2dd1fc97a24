"""Moving a recorder to the newest suite: keys of that suite are loaded, and it uses them from then on.

A recorder seals to the newest suite of which it has any key, and never goes back. The keys of the older suite
stay in the vault: what was sealed to them is to be read, and the container that lies prepared may be among
it. Interrupted anywhere, the next run does the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from host_tools.container.layout import NEWEST_SUITE
from host_tools.container.suites import check_known
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.loading import (
    Loaded,
    OnKeys,
    choose_suite,
    load,
    next_number,
    note_loaded,
    stock,
    suite_in_use,
    sync_recovery,
)
from host_tools.recorder.status import ask_status, settle

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.struck import Decide, Settlement


@dataclass(frozen=True)
class Rekeyed:
    """What was done: the suites in use before (0: none) and after, and the one-time keys that were added.

    `unused` are the one-time keys of older suites that the recorder still has and will not use, by suite;
    `next_number` is the recording that may be sealed to one of them still. With `was_done` no keys were
    left to load; `recovery_changed` is whether a recovery key was set or cleared then.
    """

    suite_before: int
    suite: int
    keys_added: int
    is_full: bool
    was_done: bool
    recovery_changed: bool
    unused: dict[int, int]
    next_number: int
    status: dict[str, Any]
    settlements: list["Settlement"]


def rekey(
    client: RecorderClient,
    vault: "Vault",
    recorder_id: bytes,
    wanted_keys: int,
    on_keys: OnKeys = lambda done, total: None,
    on_settled: Callable[["Settlement"], None] = lambda settlement: None,
    decide: "Decide" = lambda recording: None,
) -> Rekeyed:
    """Load `wanted_keys` one-time keys, a last-resort and the recovery key of the newest suite.

    The client was greeted and has the recorder's secret. Raises CloisterError, and has loaded nothing, if the
    recorder's firmware or the installed `cryptography` does not know that suite.
    """
    check_known(NEWEST_SUITE)
    status, settlements = settle(client, vault, recorder_id, on_settled, decide)
    suite = choose_suite(status, NEWEST_SUITE)
    before = suite_in_use(status)
    was_done = stock(status, suite)["last_resort"] is not None
    loaded = Loaded(suite, 0, False)
    recovery_changed = was_done and sync_recovery(client, vault, status, suite)
    if not was_done:
        loaded = load(client, vault, recorder_id, suite, status, wanted_keys, on_keys)
    if recovery_changed or not was_done:
        status = ask_status(client, vault, recorder_id)
    note_loaded(vault, recorder_id, suite, status)
    unused = {older: stock(status, older)["left"] for older in range(1, suite)}
    return Rekeyed(
        suite_before=before,
        suite=suite,
        keys_added=loaded.keys_added,
        is_full=loaded.is_full,
        was_done=was_done,
        recovery_changed=recovery_changed,
        unused={older: left for older, left in unused.items() if left},
        next_number=next_number(status),
        status=status,
        settlements=settlements,
    )
