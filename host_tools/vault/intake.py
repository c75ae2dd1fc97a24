"""One container from a card into the vault: copied still encrypted, read back, and only then entered.

The copy holds the header and everything up to the last authentic segment. It is read back from the disk
and judged again; only if the finding is the same is the entry committed. Doing it twice does nothing. What
was sealed to a last-resort key gets its file key as its own; what the vault has destroyed never comes back.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from host_tools.container import report
from host_tools.container.collection import Collection, Member
from host_tools.container.findings import file_key_of
from host_tools.container.report import Finding
from host_tools.container.view import LAST_RESORT
from host_tools.vault.recordings import Recording
from host_tools.vault.retention import MOST_DAYS
from host_tools.vault.vault import Vault

IMPORTED = "imported"
IMPORTED_BETTER = "imported again, with more sound"
ALREADY_HERE = "in the vault already"
NOTHING_TO_IMPORT = "nothing to import"
LEFT_ON_CARD = "not imported"
TRIES = 2


class CopyDiffersError(Exception):
    """What was copied and read back is not what was read first."""


@dataclass(frozen=True)
class Intake:
    """What became of one container; `recording` is its entry in the vault, if it has one."""

    finding: Finding
    outcome: str
    recording: Recording | None = None


def take_in(vault: Vault, collection: Collection, member: Member) -> Intake:
    """Judge one member of a card and import what is authentic of it.

    What was destroyed on the recorder and is not in the vault, or was destroyed by the vault, is not taken in
    from another copy. Raises CloisterError if the card or the disk fails; the vault is then as it was.
    """
    for _ in range(TRIES):
        finding = collection.examine(member)
        try:
            return _take_in(vault, collection, member, finding)
        except CopyDiffersError:
            continue
    finding.notes.append("each reading of it gave something else: the card or its reader may be failing")
    return Intake(finding, LEFT_ON_CARD)


def _take_in(vault: Vault, collection: Collection, member: Member, finding: Finding) -> Intake:
    """Import what was found. Raises CopyDiffersError, CloisterError."""
    if finding.word in (report.DESTROYED, report.EMPTY):
        if finding.word == report.DESTROYED and finding.header:
            vault.note_destroyed(finding.header.recorder_id, finding.header.number)
        return Intake(finding, NOTHING_TO_IMPORT)
    if finding.word not in report.HOLDS_SOUND or finding.session is None or finding.header is None:
        return Intake(finding, LEFT_ON_CARD)
    with vault.importing():
        present = _present(vault, finding)
        struck = vault.destroyed_numbers(finding.header.recorder_id)
        if present is None and finding.header.number in struck:
            return Intake(finding, LEFT_ON_CARD)
        if present is not None and vault.state(present.id).gone is not None:
            return Intake(finding, LEFT_ON_CARD, present)
        if present is not None and present.seal != finding.header.seal.hex():
            finding.notes.append(f"number {present.number} is in the vault under another seal")
            return Intake(finding, LEFT_ON_CARD, present)
        if present is not None and not _is_better(vault, collection, finding, present):
            return Intake(finding, ALREADY_HERE, present)
        entry = _copy(vault, collection, member, finding)
        recording = vault.add_recording(entry, instead_of=present)
        _give_own_key(vault, collection, finding, recording)
    return Intake(finding, IMPORTED_BETTER if present else IMPORTED, recording)


def _present(vault: Vault, finding: Finding) -> Recording | None:
    """The vault's entry of the same recorder and number, or None."""
    assert finding.header is not None
    recorder = finding.header.recorder_id.hex()
    return next(
        (
            recording
            for recording in vault.recordings()
            if recording.recorder == recorder and recording.number == finding.number
        ),
        None,
    )


def _is_better(vault: Vault, collection: Collection, finding: Finding, present: Recording) -> bool:
    """Whether the card has more of it than the vault's own copy has now, whatever that once was."""
    if not vault.has_file(present):
        return True
    with vault.open_recording(present) as copy:
        again = collection.examine(Member(present.file, copy, expected=present.vouch))
    ours = (again.segments or 0, again.word == report.COMPLETE, again.kept_blocks)
    return (finding.segments or 0, finding.word == report.COMPLETE, finding.kept_blocks) > ours


def _copy(vault: Vault, collection: Collection, member: Member, finding: Finding) -> Recording:
    """Copy, read back, judge again. Raises CopyDiffersError if the copy is not what the card gave."""
    name = vault.copy_in(member.source, finding.kept_blocks)
    with vault.open_copy(name) as copy:
        again = collection.examine(dataclasses.replace(member, source=copy))
    same = (again.word, again.segments, again.samples, again.header) == (
        finding.word,
        finding.segments,
        finding.samples,
        finding.header,
    )
    if not same:
        raise CopyDiffersError
    return entry_of(finding, name, vault.now())


def _give_own_key(vault: Vault, collection: Collection, finding: Finding, recording: Recording) -> None:
    """Keep the file key of what other recordings' key opens, too: so that each can be destroyed alone."""
    assert finding.header is not None
    record = vault.private_key_for(finding.header.recipients[0].key_id)
    if record is not None and record.role == LAST_RESORT:
        vault.keep_file_key(recording.id, file_key_of(finding.header, collection))


def entry_of(finding: Finding, file: str, now: datetime) -> Recording:
    """The vault's entry for a finding that holds sound; its id is given when it is added."""
    header, session = finding.header, finding.session
    assert header is not None and session is not None and finding.samples is not None
    previous = session.previous
    return Recording(
        id=0,
        recorder=header.recorder_id.hex(),
        number=header.number,
        seal=header.seal.hex(),
        key=header.recipients[0].key_id.hex(),
        file=file,
        finding=finding.word,
        message=finding.message,
        rate_hz=session.rate_hz,
        channels=session.channels,
        started=session.started,
        part=session.part,
        previous=dataclasses.asdict(previous) if previous else None,
        start=finding.start,
        samples=finding.samples,
        lost=finding.lost or 0,
        segments=finding.segments or 0,
        imported=now.isoformat(timespec="seconds"),
        damage=list(finding.damage),
        ended=finding.end_reason,
        retention_days=_retention_days(session.fields.get("retention_days")),
    )


def _retention_days(value: object) -> int | None:
    """What the recorder was set to; None where it leaves that to the laptop, or says nothing that can be."""
    return value if type(value) is int and 0 < value <= MOST_DAYS else None
