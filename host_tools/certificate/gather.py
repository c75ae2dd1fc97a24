"""The evidence for a certificate, from the vault as it is now, and the certificate itself: issued and kept.

Everything is asked anew at each issue: a backup said to be gone, a card wiped later, a last-resort key that
was destroyed since then change what may be claimed. Raises CloisterError for what is not destroyed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import structs

from host_tools.certificate.build import build
from host_tools.certificate.evidence import FILE_KEY, STRANGE, Copy, Evidence, Medium, Opener
from host_tools.certificate.media import card_faults, media_of
from host_tools.certificate.signature import signed
from host_tools.container.layout import SUITES
from host_tools.container.view import ONE_TIME, RECOVERY
from host_tools.errors import CloisterError
from host_tools.vault.expiry import expiry_of
from host_tools.vault.recordings import Recording
from host_tools.vault.recovery import exports, recovery_keys
from host_tools.vault.state import FRESH, Gone, State

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

KIND, RESTORE = "certificate", "restore"
SHARE = "share"
PLAIN_KINDS = {"export": "export", SHARE: "share"}
PICTURE = "waveform"


def issue(
    vault: "Vault", recording_ids: Iterable[int], without_cards: bool = False
) -> tuple[int, dict[str, Any]]:
    """A new certificate for these recordings, signed and kept in the vault; its number there.

    Raises CloisterError if one of them is not destroyed; NotVerified if something of it is still there.
    With `without_cards`, what still stands on a card is named on the certificate instead.
    """
    ids = sorted(set(recording_ids))
    evidence = gather(vault, ids, without_cards)
    with vault.transaction():
        number = max((known for known, _ in vault.papers.all(KIND)), default=0) + 1
        key = vault.public_key
        certificate = signed(build(evidence, f"{key.hex()[:8]}-{number}", key, vault.audit.head), vault.sign)
        vault.papers.put(KIND, number, certificate)
        for recording_id in ids:
            state = vault.state(recording_id)
            if state.gone is not None:
                vault.set_state(
                    recording_id, structs.replace(state, gone=structs.replace(state.gone, certificate=number))
                )
    return number, certificate


def gather(vault: "Vault", ids: list[int], without_cards: bool = False) -> Evidence:
    """What is known of these recordings now. Raises CloisterError if one of them is not destroyed."""
    states = vault.states()
    recordings = [vault.recording(recording_id) for recording_id in ids]
    gone = {recording.id: _gone(recording, states) for recording in recordings}
    names = {person.id: person.name for person in vault.people()}
    destroyed = max(entry.on for entry in gone.values())
    headers = expiry_of(vault, ids)
    openers, unread = _openers(vault, recordings, headers)
    media = media_of(vault, ids, headers)
    on_cards = card_faults(vault, ids)
    return Evidence(
        issued=vault.now().isoformat(timespec="seconds"),
        person=", ".join(sorted({names.get(entry.by, f"person {entry.by}") for entry in gone.values()})),
        destroyed=destroyed,
        recordings=[_entry(recording, gone[recording.id]) for recording in recordings],
        suites=_suites(vault, recordings),
        consents=sorted({number for recording_id in ids for number in states[recording_id].consents}),
        openers=openers,
        unread=unread,
        backups=_backups(vault, destroyed, headers.values()),
        plain_copies=_handed_out(vault, ids, PLAIN_KINDS),
        pictures=_handed_out(vault, ids, {PICTURE: "picture of the loudness"}),
        media=media,
        cards=sum(not medium.is_vaults for medium in media),
        restored=_restored(vault),
        checks=_checks(media),
        faults=[*_faults(vault, recordings), *([] if without_cards else on_cards)],
        left_on_cards=on_cards if without_cards else [],
        untouched=sorted(set(ids).difference(*(medium.recordings for medium in media))),
    )


def _suites(vault: "Vault", recordings: Iterable[Recording]) -> list[int]:
    """The suites of the keys that they were sealed to; the vault knows them of destroyed keys, too."""
    records = [vault.private_key_for(bytes.fromhex(recording.key)) for recording in recordings]
    return sorted({record.suite for record in records if record is not None})


def openers_of(vault: "Vault", recording: Recording, recipients: Iterable[str]) -> list[Opener]:
    """The keys that still open a copy of this recording, which is sealed to these recipients."""
    found = []
    for key in recipients:
        record = vault.private_key_for(bytes.fromhex(key))
        if record is None:
            found.append(Opener(recording.id, STRANGE, key, "not of this vault"))
        elif record.private is not None:
            found.append(Opener(recording.id, record.role, key))
        elif record.role == RECOVERY and (where := _kept_elsewhere(vault, key)):
            found.append(Opener(recording.id, RECOVERY, key, where))
    return found


def _kept_elsewhere(vault: "Vault", key: str) -> str:
    """Where a recovery key may be that the vault has no more; empty if it was never anywhere else."""
    known = next((entry for entry in recovery_keys(vault) if entry.key_id == key), None)
    if known is None:
        return "not in the vault, but perhaps kept elsewhere"
    made = sorted(paper["at"][:10] for paper in exports(vault, known))
    return f"exported on {', '.join(dict.fromkeys(made))}" if made else ""


def _gone(recording: Recording, states: Mapping[int, State]) -> Gone:
    """When and by whom it was destroyed. Raises CloisterError if it is not."""
    gone = states.get(recording.id, FRESH).gone
    if gone is None:
        raise CloisterError(
            f"recording {recording.id} is not destroyed: there is nothing to certify",
            "cloister expire destroys what is due",
        )
    return gone


def _entry(recording: Recording, gone: Gone) -> dict[str, Any]:
    return {
        "id": recording.id,
        "number": recording.number,
        "recorder": recording.recorder,
        "started": recording.started,
        "seconds": recording.seconds,
        "imported": recording.imported,
        "seal": recording.seal,
        "destroyed": gone.on,
    }


def _openers(
    vault: "Vault", recordings: Iterable[Recording], headers: Mapping[int, Mapping[str, Any]]
) -> tuple[list[Opener], list[int]]:
    """The keys that still open them, and of which recordings nobody noted who can."""
    openers, unread = [], []
    may_have_recovery = _had_recovery_keys(vault)
    for recording in recordings:
        recipients = headers.get(recording.id, {}).get("recipients")
        if recipients is None:
            recipients = [recording.key]
            if may_have_recovery or "recipient" in recording.message:
                unread.append(recording.id)
        openers += openers_of(vault, recording, recipients)
        if vault.file_key(recording.id) is not None:
            openers.append(Opener(recording.id, FILE_KEY, ""))
    return openers, unread


def _had_recovery_keys(vault: "Vault") -> bool:
    """Whether the vault ever made a recovery key, whatever became of it."""
    try:
        return bool(recovery_keys(vault)) or any(vault.recovery_key(suite) for suite in SUITES)
    except CloisterError:  # made, and not there any more
        return True


def _backups(vault: "Vault", destroyed: str, headers: Iterable[Mapping[str, Any]]) -> list[Copy]:
    """The backups that hold a key which opens these: made before the last such key was destroyed.

    When the recordings were imported does not matter: one-time keys are older than what is sealed to them.
    """
    recipients = {key for header in headers for key in header["recipients"] or ()}
    others = [entry.destroyed for entry in recovery_keys(vault) if entry.key_id in recipients]
    others += [
        paper["destroyed"] for _, paper in vault.papers.all("last-resort") if paper["key_id"] in recipients
    ]
    until = max(datetime.fromisoformat(on) for on in (destroyed, *others) if on)
    return [
        Copy(paper["at"], "backup", (), f"backup {number}")
        for number, paper in vault.papers.all("backup")
        if paper["gone"] is None and datetime.fromisoformat(paper["at"]) < until + timedelta(seconds=1)
    ]


def _handed_out(vault: "Vault", ids: list[int], kinds: Mapping[str, str]) -> list[Copy]:
    """What was exported or shared of these recordings.

    For whom a share is; but not into which file: its name and folders may name anybody.
    """
    return [
        Copy(
            paper["at"],
            kinds[paper["kind"]],
            tuple(sorted(set(ids).intersection(paper["recordings"]))),
            paper["to"] if paper["kind"] == SHARE else "",
        )
        for _, paper in vault.papers.all("export")
        if paper["kind"] in kinds and set(ids).intersection(paper["recordings"])
    ]


def _restored(vault: "Vault") -> list[str]:
    """The days on which this vault was made out of a backup."""
    days = (entry.at.date().isoformat() for entry in vault.audit.entries() if entry.action == RESTORE)
    return list(dict.fromkeys(days))


def _checks(media: Iterable[Medium]) -> list[str]:
    """How it was verified."""
    cards = [medium for medium in media if not medium.is_vaults]
    checks = [
        "when the keys were destroyed, the vault's file was searched for them as they had been stored",
        "now the vault was asked for each key, and has none",
        "now its folder was looked through for the recordings' files, and has none",
    ]
    if any(medium.is_vaults for medium in media):
        checks.append("the vault's own copies were read back after they were overwritten, then removed")
    if cards:
        checks.append(
            "what was overwritten on each card was read back past the system's memory, then removed"
        )
    return checks


def _faults(vault: "Vault", recordings: Iterable[Recording]) -> list[str]:
    """What is still there that should not be."""
    faults = []
    for recording in recordings:
        record = vault.private_key_for(bytes.fromhex(recording.key))
        if record is not None and record.role == ONE_TIME and record.private is not None:
            faults.append(f"the vault still has the key of recording {recording.id}")
        if vault.file_key(recording.id) is not None:
            faults.append(f"the vault still has the file key of recording {recording.id}")
        if vault.has_file(recording):
            faults.append(f"the vault still has its copy of recording {recording.id}")
    return faults
