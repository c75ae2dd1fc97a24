"""The consents of a vault: kept, linked to recordings, scanned, withdrawn.

Which recordings a consent is for stands with the recordings. A withdrawal puts them on the due list and
destroys nothing. All parts of a recording are linked, and fall due, together.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import structs

from host_tools.consent.model import Consent, Withdrawal, from_paper
from host_tools.errors import CloisterError
from host_tools.vault import Vault
from host_tools.vault.retention import Whole, wholes_in
from host_tools.vault.state import FRESH

CONSENT, SCAN = "consent", "scan"


@dataclass(frozen=True)
class Withdrawn:
    """What a withdrawal did, in the recordings' ids: due now, held and so not due, destroyed before."""

    due: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    destroyed: list[int] = field(default_factory=list)


def consent_of(vault: Vault, number: int) -> Consent:
    """One consent. Raises CloisterError if there is none with this number."""
    paper = next((paper for known, paper in vault.papers.all(CONSENT) if known == number), None)
    if paper is None:
        raise CloisterError(f"there is no consent {number} in the vault", "cloister consent show lists them")
    return from_paper(paper)


def consents_in(vault: Vault) -> list[tuple[int, Consent]]:
    """Every consent with its number."""
    return [(number, from_paper(paper)) for number, paper in vault.papers.all(CONSENT)]


def keep(vault: Vault, consent: Consent) -> int:
    """Keep a new consent; its number."""
    return vault.papers.add(CONSENT, consent.as_paper())


def recordings_of(vault: Vault) -> dict[int, list[int]]:
    """The ids of the recordings that are linked to each consent, destroyed ones included."""
    found: dict[int, list[int]] = {}
    for recording_id, state in sorted(vault.states().items()):
        for number in state.consents:
            found.setdefault(number, []).append(recording_id)
    return found


def link(vault: Vault, number: int, recording_ids: Iterable[int]) -> list[int]:
    """Link recordings, with all their parts, to a consent; gives the ids of all of them.

    What is linked to a withdrawn consent is due at once. Raises CloisterError for a recording that there is
    not, or that is destroyed; then nothing is linked.
    """
    consent = consent_of(vault, number)
    linked: list[int] = []
    with vault.transaction():
        wholes = {part_id: whole for whole in wholes_in(vault) for part_id in whole.ids}
        for recording_id in recording_ids:
            linked += _existing(vault, wholes, recording_id).ids
        for part_id in dict.fromkeys(linked):
            state = vault.state(part_id)
            vault.set_state(part_id, structs.replace(state, consents=sorted({*state.consents, number})))
        if consent.withdrawn is not None:
            _make_due(vault, linked, consent.withdrawn.on[:10])
    return sorted(set(linked))


def withdraw(vault: Vault, number: int, reason: str) -> Withdrawn:
    """Withdraw a consent: its recordings are due from today on. Raises CloisterError if it was already."""
    consent = consent_of(vault, number)
    if consent.withdrawn is not None:
        raise CloisterError(f"consent {number} was withdrawn already, on {consent.withdrawn.on[:10]}")
    with vault.transaction():
        now = vault.now()
        linked = recordings_of(vault).get(number, [])
        outcome = outlook(vault, linked)
        _make_due(vault, [*outcome.due, *outcome.held], now.date().isoformat())
        withdrawal = Withdrawal(now.isoformat(timespec="seconds"), reason, vault.person_id)
        vault.papers.put(CONSENT, number, replace(consent, withdrawn=withdrawal).as_paper())
    return outcome


def outlook(vault: Vault, linked: Iterable[int]) -> Withdrawn:
    """What a withdrawal does to these recordings, with all parts of theirs that are here by now."""
    wholes = {part_id: whole for whole in wholes_in(vault) for part_id in whole.ids}
    due, held, destroyed = set[int](), set[int](), set[int]()
    for recording_id in linked:
        whole = wholes.get(recording_id)
        if whole is None:
            destroyed.add(recording_id)
        else:
            (held if whole.hold else due).update(whole.ids)
    return Withdrawn(sorted(due), sorted(held), sorted(destroyed))


def attach(vault: Vault, number: int, data: bytes, kind: str) -> int:
    """Keep a scan, encrypted; how many the consent has now. Raises CloisterError."""
    consent_of(vault, number)
    kept = vault.papers.keep_file(data)
    try:
        with vault.transaction():
            added = vault.now().isoformat(timespec="seconds")
            scan = {"consent": number, "kind": kind, "added": added, "by": vault.person_id, "kept": kept}
            vault.papers.add(SCAN, scan)
            return len(scans_of(vault, number))
    except BaseException:
        vault.papers.drop_file(kept)
        raise


def scans_of(vault: Vault, number: int) -> list[dict[str, Any]]:
    """The scans of a consent, oldest first."""
    return [scan for _, scan in vault.papers.all(SCAN) if scan["consent"] == number]


def scan_counts(vault: Vault) -> dict[int, int]:
    """How many scans each consent has."""
    return Counter(scan["consent"] for _, scan in vault.papers.all(SCAN))


def _existing(vault: Vault, wholes: dict[int, Whole], recording_id: int) -> Whole:
    vault.recording(recording_id)
    if recording_id not in wholes:
        raise CloisterError(f"recording {recording_id} is destroyed already")
    return wholes[recording_id]


def _make_due(vault: Vault, recording_ids: Iterable[int], day: str) -> None:
    """Put recordings on the due list from that day on, or from an earlier one that they have."""
    states = vault.states()
    for recording_id in recording_ids:
        state = states.get(recording_id, FRESH)
        withdrawn = min(filter(None, (day, state.withdrawn)))
        destroy_on = min(filter(None, (day, state.destroy_on)))
        vault.set_state(recording_id, structs.replace(state, withdrawn=withdrawn, destroy_on=destroy_on))
