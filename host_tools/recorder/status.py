"""A recorder's status: asked for, kept in the vault, and what it says was destroyed dealt with.

Guarantees that the recorder is told to forget a destroyed number only after the vault has done its part and
has it on disk. Interrupted anywhere, the next status does the rest.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from host_tools.recorder.client import RecorderClient
from host_tools.vault.struck import settle_struck

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.struck import Decide, Settlement

# A status names 32 numbers; a recorder that names new ones for ever is left to the next command.
_ROUNDS_AT_MOST = 1000


def ask_status(client: RecorderClient, vault: "Vault", recorder_id: bytes, **fields: Any) -> dict[str, Any]:
    """The recorder's authenticated status without `id` and `ok`; what it vouches for is kept in the vault."""
    status = without_frame(client.request("status", **fields))
    vault.note_status(recorder_id, status, vault.now())
    return status


def settle(
    client: RecorderClient,
    vault: "Vault",
    recorder_id: bytes,
    on_settled: Callable[["Settlement"], None] = lambda settlement: None,
    decide: "Decide" = lambda recording: None,
) -> tuple[dict[str, Any], list["Settlement"]]:
    """Deal with what was destroyed on the recorder; the status after it, and what was done about each number.

    `on_settled` is told of each as it is on disk; `decide` is asked whether the vault's copy goes, too, where
    there is one. Raises CloisterError.
    """
    found: dict[int, Settlement] = {}
    status = ask_status(client, vault, recorder_id)
    for _ in range(_ROUNDS_AT_MOST):
        settlements = settle_struck(vault, recorder_id, status, decide)
        fresh = [entry for entry in settlements if entry.number not in found]
        for settlement in fresh:
            found[settlement.number] = settlement
            on_settled(settlement)
        settled = [entry.number for entry in fresh if entry.settled]
        if not settled:
            break
        status = ask_status(client, vault, recorder_id, settled=settled)
    return status, list(found.values())


def without_frame(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer's fields without those of every answer."""
    return {name: value for name, value in answer.items() if name not in ("id", "ok")}
