"""Who else could open a container: its recipients checked against what the vault gave to its recorder.

Recipient 1 must be a one-time key given to this recorder and seen under no other number, or its last-resort
key; recipient 2 a recovery key of this vault, with the same file key. Anything else is named
(docs/format.md section 6).
"""

from host_tools.container.header import Header, KeyDoesNotOpen, Recipient, open_file_key
from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY, View


def recipient_notes(header: Header, view: View) -> list[str]:
    """What is wrong with the recipients of a sealed header, in words; empty if nothing."""
    checks = (_first_recipient, _second_recipient)
    notes = [
        check(header, entry.key_id, view) for check, entry in zip(checks, header.recipients, strict=False)
    ]
    return [note for note in notes if note] + _entry_notes(header, view)


def _entry_notes(header: Header, view: View) -> list[str]:
    """What is wrong with the sealed file keys, where some of them open and others do not, or are others."""
    if len(header.recipients) == 1:
        return []
    opened = {place: _opened(header, entry, view) for place, entry in enumerate(header.recipients, start=1)}
    file_key = next((key for key in opened.values() if key), None)
    if file_key is None:
        return []
    notes = {b"": "does not open with its key", None: ""}
    words = {
        place: notes.get(key, "holds another file key") for place, key in opened.items() if key != file_key
    }
    return [f"the sealed file key of recipient {place} {what}" for place, what in words.items() if what]


def _opened(header: Header, entry: Recipient, view: View) -> bytes | None:
    """The file key in this entry, empty if it does not open, None if we have no key for it."""
    record = view.private_key_for(entry.key_id)
    if record is None or record.private is None:
        return None
    try:
        return open_file_key(header, entry, record.private)
    except KeyDoesNotOpen:
        return b""


def _first_recipient(header: Header, key_id: bytes, view: View) -> str | None:
    """The note on recipient 1, or None."""
    record = view.private_key_for(key_id)
    what = f"recipient 1 (key {key_id.hex()})"
    if record is None or record.role not in (ONE_TIME, LAST_RESORT):
        return f"{what} is no key that this vault gave to a recorder"
    if record.recorder_id != header.recorder_id:
        return f"{what} was given to another recorder"
    if record.suite != header.suite:
        return f"{what} is a key of suite {record.suite}"
    others = view.numbers_sealed_to(header.recorder_id, key_id) - {header.number}
    if record.role == ONE_TIME and others:
        numbers = ", ".join(str(number) for number in sorted(others))
        return f"{what} is a one-time key that was also used for number {numbers}"
    return None


def _second_recipient(header: Header, key_id: bytes, view: View) -> str | None:
    """The note on recipient 2, or None."""
    record = view.private_key_for(key_id)
    if record is None or record.role != RECOVERY:
        return f"recipient 2 (key {key_id.hex()}) is no recovery key of this vault: others can open this"
    if record.suite != header.suite:
        return f"recipient 2 (key {key_id.hex()}) is a key of suite {record.suite}"
    return None
