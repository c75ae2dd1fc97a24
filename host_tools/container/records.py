"""The records in an authentic segment's plaintext, strictly checked (docs/format.md section 5).

`records` takes a segment apart; `parse_session`, `parse_event` and `parse_end` check the JSON objects.
What is not as docs/format.md says raises BadRecord with the reason; nothing else comes out of here, whatever
the bytes are. An unknown type is skipped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from host_tools.container import layout
from host_tools.strict_json import load_object

STARTED_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
SEAL_FORM = re.compile(f"[0-9a-f]{{{2 * layout.VOUCHED_SEAL_BYTES}}}")
SAMPLES_BELOW = 1 << 48
CLOCKS = ("rtc", "laptop", "none")
END_REASONS = ("stop", "battery", "card", "limit", "fault", "continued")


class BadRecord(Exception):
    """A record in an authentic segment is not as docs/format.md says; the message says how."""


@dataclass(frozen=True)
class Record:
    """One record: its type and its payload, a view into the segment's plaintext."""

    type: int
    payload: memoryview


@dataclass(frozen=True)
class Previous:
    """What a container says of the one used before it: samples is None if that one has no END."""

    number: int
    seal: str
    samples: int | None


@dataclass(frozen=True)
class Session:
    """The SESSION record. `fields` is the whole JSON object, as it stands there."""

    rate_hz: int
    channels: int
    started: str | None
    part: int
    previous: Previous | None
    fields: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Event:
    """An EVENT record: the sample index it belongs to, its name, and the whole JSON object."""

    at: int
    name: str
    fields: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class End:
    """The END record: the index after the last sample, samples lost in this container, and why it ended."""

    samples: int
    lost: int
    reason: str


def records(plaintext: memoryview) -> Iterator[Record]:
    """The records of one segment. Raises BadRecord if one straddles its end or the padding is not zeros."""
    offset, size = 0, len(plaintext)
    while size - offset >= layout.RECORD_HEADER_BYTES:
        kind, flags = plaintext[offset], plaintext[offset + 1]
        if kind == layout.PAD:
            break
        start = offset + layout.RECORD_HEADER_BYTES
        end = start + (plaintext[offset + 2] << 8 | plaintext[offset + 3])
        if end > size:
            raise BadRecord("a record straddles the end of its segment")
        if flags:
            raise BadRecord(f"a record has flags {flags}, not zero")
        yield Record(kind, plaintext[start:end])
        offset = end
    if plaintext[offset:].tobytes().strip(b"\0"):
        raise BadRecord("the padding is not zeros")


def lone_audio(plaintext: memoryview) -> memoryview | None:
    """The payload, if one AUDIO record is all there is, as in most segments; quicker than records()."""
    end = layout.RECORD_HEADER_BYTES + (plaintext[2] << 8 | plaintext[3])
    if plaintext[0] != layout.AUDIO or plaintext[1] or end > len(plaintext):
        return None
    if plaintext[end:].tobytes().strip(b"\0"):
        return None
    return plaintext[layout.RECORD_HEADER_BYTES : end]


def audio(payload: memoryview, channels: int) -> tuple[int, memoryview]:
    """The index of the first sample and the PCM bytes of an AUDIO record. Raises BadRecord."""
    pcm = payload[layout.AUDIO_INDEX_BYTES :]
    if len(payload) < layout.AUDIO_INDEX_BYTES or len(pcm) % (layout.SAMPLE_BYTES * channels):
        raise BadRecord(f"an AUDIO record of {len(payload)} bytes does not hold whole samples")
    return _below_limit(int.from_bytes(payload[: layout.AUDIO_INDEX_BYTES], "big"), "an AUDIO index"), pcm


def parse_session(payload: memoryview) -> Session:
    """Check a SESSION record. Raises BadRecord."""
    fields = _object(payload, "SESSION")
    rate_hz, channels = _whole(fields, "rate", "SESSION"), _whole(fields, "channels", "SESSION")
    if rate_hz not in layout.RATES_HZ or channels not in (1, 2) or fields.get("format") != "s16le":
        raise BadRecord("SESSION names a form of sound that does not exist")
    started = fields.get("started")
    if started is not None and not _is_time(started):
        raise BadRecord("SESSION has a start that is no time")
    if fields.get("clock") not in CLOCKS:
        raise BadRecord("SESSION names a clock that does not exist")
    return Session(
        rate_hz,
        channels,
        started,
        _whole(fields, "part", "SESSION"),
        _previous(fields.get("previous")),
        fields,
    )


def parse_event(payload: memoryview) -> Event:
    """Check an EVENT record. Raises BadRecord."""
    fields = _object(payload, "EVENT")
    name = fields.get("event")
    if not isinstance(name, str):
        raise BadRecord("EVENT has no name")
    return Event(_whole(fields, "at", "EVENT"), name, fields)


def parse_end(payload: memoryview) -> End:
    """Check an END record. Raises BadRecord."""
    fields = _object(payload, "END")
    if fields.get("reason") not in END_REASONS:
        raise BadRecord("END has a reason that does not exist")
    return End(_whole(fields, "samples", "END"), _whole(fields, "lost", "END"), fields["reason"])


def _is_time(value: Any) -> bool:
    """Whether it is YYYY-MM-DDTHH:MM:SSZ and stands in the calendar."""
    if not isinstance(value, str) or not STARTED_FORM.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _previous(value: Any) -> Previous | None:
    """SESSION's `previous`, checked."""
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("seal"), str):
        raise BadRecord("SESSION's previous is not as it must be")
    if not SEAL_FORM.fullmatch(value["seal"]):
        raise BadRecord("SESSION's previous has no seal")
    samples = value.get("samples")
    if samples is not None:
        samples = _whole(value, "samples", "SESSION's previous")
    return Previous(_whole(value, "number", "SESSION's previous"), value["seal"], samples)


def _object(payload: memoryview, what: str) -> dict[str, Any]:
    """The payload as a JSON object; anything else is refused."""
    try:
        return load_object(bytes(payload))
    except ValueError as error:
        raise BadRecord(f"{what} is {error}") from None


def _whole(fields: dict[str, Any], name: str, what: str) -> int:
    """A whole number from 0 up, below what any recorder could count to."""
    value = fields.get(name)
    if type(value) is not int or value < 0:
        raise BadRecord(f"{what} has no whole number as its {name}")
    return _below_limit(value, f"{what}'s {name}")


def _below_limit(value: int, what: str) -> int:
    if value >= SAMPLES_BELOW:
        raise BadRecord(f"{what} is beyond all bounds")
    return value
