"""What a reader says of one container: docs/format.md section 6, in its order.

`examine` returns a Finding and never raises over a container's content, nor over blocks that a card does
not give; only a vault that fails raises CloisterError. Nothing is decoded before its tag was found right,
and nothing of the header is believed before its seal was.
"""

from dataclasses import replace

from host_tools.container import layout, report
from host_tools.container.body import Body
from host_tools.container.header import (
    Header,
    KeyDoesNotOpen,
    NotAContainer,
    flaws,
    open_file_key,
    parse,
    seal_is_right,
)
from host_tools.container.parts import place
from host_tools.container.recipients import recipient_notes
from host_tools.container.report import Finding
from host_tools.container.source import BlockReader, Source, SourceUnreadable, reason_of
from host_tools.container.stream import Stream
from host_tools.container.view import KeyView, View, Vouch
from host_tools.errors import CloisterError


def examine(source: Source, view: View, file: str = "") -> Finding:
    """The finding on one container; `file` is what it is called in messages."""
    blocks = BlockReader(source)
    try:
        header = read_header(source)
    except NotAContainer as reason:
        return Finding(file, report.NOT_A_CONTAINER, str(reason))
    except SourceUnreadable as reason:
        return Finding(file, report.DAMAGED, str(reason), damage=["block 0: cannot be read"])
    early = _judge_header(header, view)
    if early is not None:
        early.file = file
        return early
    finding = _judge_body(blocks, header, view)
    finding.file = file
    finding.notes = recipient_notes(header, view) + finding.notes
    return finding


def read_header(source: Source) -> Header:
    """The parsed, unchecked header of a source. Raises NotAContainer or SourceUnreadable."""
    try:
        block = source.read_at(0, layout.BLOCK_BYTES)
    except OSError as error:
        raise SourceUnreadable(f"its header cannot be read: {reason_of(error)}") from None
    except CloisterError as error:
        raise SourceUnreadable(error.message) from None
    return parse(block)


def hold_against(finding: Finding, expected: Vouch) -> None:
    """Change the finding on a copy that was verified once, if it is not what it was then."""
    if finding.header is None or finding.word in (report.FORGED, report.UNREADABLE):
        finding.is_spoiled = finding.header is None or finding.header.vouched_seal != expected.seal
        finding.is_spoiled |= finding.word == report.FORGED
    elif finding.header.vouched_seal != expected.seal:
        finding.word, finding.samples = report.REPLACED, None
        finding.reason = f"{expected.by} names another seal for this recording"
        finding.is_spoiled = True
    elif finding.word not in (report.EMPTY, *report.HOLDS_SOUND):
        return
    elif (expected.samples or 0) > (finding.samples or 0):
        is_told = (finding.promised or 0) >= (expected.samples or 0)
        if not is_told:
            _take_vouch(finding, expected)
            _weigh_vouch(finding)
        _spoil(finding, "" if is_told else finding.damage[-1])
    elif (expected.segments or 0) > (finding.segments or 0):
        finding.damage.append(f"{expected.segments} blocks of it were imported")
        _spoil(finding, finding.damage[-1])


def _spoil(finding: Finding, why: str) -> None:
    """Call a copy damaged that was not when it was made."""
    finding.is_spoiled = True
    finding.word = report.DAMAGED
    finding.reason = "; ".join(filter(None, [finding.reason, why]))


def open_body(blocks: BlockReader, header: Header, view: KeyView) -> Body:
    """The body under the file key. Raises KeyDoesNotOpen if no key that we have opens it.

    The caller has checked the seal.
    """
    return Body(Stream(blocks, file_key_of(header, view), header.block))


def file_key_of(header: Header, view: KeyView) -> bytes:
    """The file key: kept as it is, or sealed to a key that we have. Raises KeyDoesNotOpen.

    The caller has checked the seal.
    """
    kept = view.kept_file_key(header.seal)
    if kept is not None:
        return kept
    for recipient in header.recipients:
        record = view.private_key_for(recipient.key_id)
        if record is None or record.private is None:
            continue
        try:
            return open_file_key(header, recipient, record.private)
        except KeyDoesNotOpen:
            continue
    raise KeyDoesNotOpen


def _judge_header(header: Header, view: View) -> Finding | None:
    """The findings that the header alone decides, from `forged` to `replaced`, or None."""
    secret = view.recorder_secret(header.recorder_id)
    key_ids = [entry.key_id for entry in header.recipients] or [header.destroyed_key_id]
    records = [record for record in map(view.private_key_for, key_ids) if record is not None]
    who = f"recorder {header.recorder_id.hex()}"
    if secret is None and records:
        return _found(report.FORGED, f"sealed to a key of this vault by {who}, not known here", header)
    if secret is None:
        unknown = _found(report.UNREADABLE, f"{who} and its keys are not known to this vault", header)
        return replace(unknown, is_foreign=True)
    if not seal_is_right(header, secret):
        return _found(
            report.FORGED, f"the seal is not {who}'s: made by somebody else, or the header is damaged", header
        )
    if header.recipient_count == 0:
        return replace(
            _found(report.DESTROYED, "destroyed on the recorder", header), samples=0, lost=0, segments=0
        )
    if not any(record.private for record in records) and view.kept_file_key(header.seal) is None:
        destroyed = any(record.destroyed for record in records)
        what = "private key was destroyed" if destroyed else "private key is not in this vault"
        return _found(report.UNREADABLE, f"its {what} ({key_ids[0].hex()})", header)
    vouch = view.vouch(header.recorder_id, header.number)
    if vouch is not None and vouch.seal != header.vouched_seal:
        return _found(report.REPLACED, f"{vouch.by} names another seal for number {header.number}", header)
    return None


def _found(word: str, reason: str, header: Header) -> Finding:
    return Finding("", word, reason, header)


def _judge_body(blocks: BlockReader, header: Header, view: View) -> Finding:
    """The findings from `damaged` to `complete`."""
    try:
        body = open_body(blocks, header, view).read_through()
    except KeyDoesNotOpen:
        reason = "the file key does not open with the key it is sealed to"
        return replace(_found(report.DAMAGED, reason, header), damage=["block 0: the sealed file key"])
    finding = Finding(
        "",
        report.COMPLETE,
        "",
        header,
        session=body.session,
        start=body.start,
        samples=body.samples,
        lost=body.lost,
        segments=body.segments,
        kept_blocks=1 + body.segments,
        events=body.events,
        end_reason=body.end.reason if body.end else None,
        damage=flaws(header) + body.faults,
    )
    _take_vouch(finding, view.vouch(header.recorder_id, header.number))
    if body.segments == 0:
        return _judge_without_sound(blocks, body, finding)
    place(finding, view)
    if not body.flagged_last:
        finding.word = report.INTERRUPTED
        _look_further(body, finding)
    elif body.end is None:
        finding.damage.append(f"block {body.segments}: flagged as the last, and has no END")
    return _weighed(blocks, finding)


def _judge_without_sound(blocks: BlockReader, body: Body, finding: Finding) -> Finding:
    """No segment is authentic: prepared and never used, or damaged."""
    finding.word, finding.reason = report.EMPTY, "prepared and never used"
    if any(blocks.read(1, 1)) or blocks.block_count < 2:
        finding.damage.append("block 1: not authentic" if blocks.block_count > 1 else "block 1: not there")
        _name_further(finding, body.later_authentic())
    elif finding.vouched:
        finding.reason = "nothing kept"
        finding.notes.append("it was used: power was lost at its very beginning, or that was overwritten")
    return _weighed(blocks, finding)


def _take_vouch(finding: Finding, vouch: Vouch | None) -> None:
    """Know what somebody else says of the end."""
    if vouch is None:
        return
    finding.vouched, finding.promised = True, vouch.samples
    finding.vouched_by = vouch.by


def _weighed(blocks: BlockReader, finding: Finding) -> Finding:
    """The finding with its last word, and its sentence."""
    _weigh_vouch(finding)
    _name_unreadable(blocks, finding)
    if finding.damage:
        finding.word = report.DAMAGED
    if finding.word != report.EMPTY:
        finding.reason = _sentence(finding)
    return finding


def _look_further(body: Body, finding: Finding) -> None:
    """After the first segment that is not authentic: does an authentic one follow?"""
    further = body.later_authentic()
    if further is not None:
        first_bad = 1 + body.segments
        finding.damage.append(f"{report.block_words(first_bad, further[0])}: not authentic")
    _name_further(finding, further)


def _name_further(finding: Finding, further: tuple[int, int] | None) -> None:
    """Name authentic segments behind a bad one; they are kept for evidence, never decoded."""
    if further is None:
        return
    first, last = (index + 1 for index in further)
    finding.damage.append(f"{report.block_words(first, last)}: authentic, but behind a block that is not")
    finding.kept_blocks = 1 + last


def _weigh_vouch(finding: Finding) -> None:
    """Damaged if somebody vouches for more samples than there are."""
    if finding.promised is not None and finding.promised > (finding.samples or 0):
        finding.damage.append(
            f"{finding.vouched_by} vouches for {finding.promised} samples, and {finding.samples} are there"
        )


def _name_unreadable(blocks: BlockReader, finding: Finding) -> None:
    """Name the blocks that the card did not give, where they matter."""
    if finding.word == report.COMPLETE or not blocks.unreadable:
        return
    runs = report.run_words(sorted(blocks.unreadable))
    more = " and perhaps more" if blocks.gave_up else ""
    finding.damage.append(f"block{'s' if len(blocks.unreadable) > 1 else ''} {runs}{more}: cannot be read")


def _sentence(finding: Finding) -> str:
    """How much sound there is, and what became of the rest."""
    if finding.session is None:
        return "no sound kept; " + "; ".join(finding.damage)
    length = report.clock(finding.seconds or 0)
    lost = report.lost_words(finding.lost or 0, finding.session.rate_hz)
    if finding.word == report.COMPLETE:
        return f"{length} recorded, {lost}"
    kept = f"{length} kept" + (f", {lost}" if finding.lost else "")
    if finding.word == report.DAMAGED:
        return f"{kept}; " + "; ".join(finding.damage)
    return f"{kept}; {report.power_words(finding)}"
