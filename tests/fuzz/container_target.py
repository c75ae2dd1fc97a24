"""Containers: sound ones altered, headers sealed anew, and authentic segments with anything in them.

The recorder's secret and the keys are known here, so that what only a hostile recorder could write is tried,
too. There is always a finding; no sample comes that was not sealed; what comes out is of bounded size.
"""

import hashlib
import json
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from host_tools.audio.pcm import Span, steady
from host_tools.cli.events import event_words
from host_tools.container import layout, report
from host_tools.container.collection import Collection, Member
from host_tools.container.findings import open_body
from host_tools.container.header import parse
from host_tools.container.report import Finding
from host_tools.container.source import BlockReader, MemorySource
from host_tools.container.view import LAST_RESORT, ONE_TIME, KeyRecord, Vouch
from tests.fuzz import hostile_json
from tests.fuzz.draw import Draw
from tests.reference_writer import (
    AUDIO,
    BLOCK,
    END,
    EVENT,
    SESSION,
    Writer,
    body,
    header,
    key_id,
    record,
    sealed,
)
from tests.small_view import SmallView

WORDS = (report.NOT_A_CONTAINER, report.FORGED, report.UNREADABLE, report.DESTROYED, report.REPLACED)
WORDS += (report.DAMAGED, report.EMPTY, report.INTERRUPTED, report.COMPLETE)
FRAMES = 9000
PCM = hashlib.shake_128(b"sound").digest(2 * FRAMES)
FILE_KEY, SALT, PREFIX = bytes(range(32)), bytes(range(32, 64)), bytes(range(7))
MOST_MESSAGE = 50_000
MOST_SILENCE_FRAMES = 1_000_000


def _known_recorder() -> tuple[SmallView, Writer]:
    """A view that knows a recorder with two keys, and the recorder."""
    view, writer = SmallView(), Writer(b"", recorder_id=b"recorder", secret=b"s" * 32)
    view.secrets[writer.recorder_id] = writer.secret
    for number, role in enumerate((ONE_TIME, LAST_RESORT)):
        private = bytes((number + 1,)) * 32
        public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        view.keys[key_id(public)] = KeyRecord(
            key_id(public), role, writer.recorder_id, 1, number, public, private, False
        )
        writer.public = writer.public or public
    return view, writer


VIEW, WRITER = _known_recorder()
NUMBERS = (1, 2, 5, 70_000, (1 << 32) - 1)
HEADERS = {
    number: header(WRITER.recorder_id, WRITER.secret, number, [WRITER.public], FILE_KEY) for number in NUMBERS
}
SOUND = WRITER.container(1, pcm=PCM, capacity=8, file_key=FILE_KEY)
SEAL = HEADERS[1][layout.SEAL_OFFSET :][: layout.VOUCHED_SEAL_BYTES].hex()
IMPORTED = Vouch(SEAL, 5, "the vault")


def fuzz_container(data: bytes) -> None:
    """Judge one to three containers together, listen to each, and say what is missing."""
    draw = Draw(data)
    view = SmallView(VIEW.secrets, VIEW.keys)
    if draw.byte() % 4 == 1:
        view.vouches[WRITER.recorder_id, 1] = Vouch(SEAL, draw.number(48), "somebody")
    containers = [_container(draw) for _ in range(1 + draw.byte() % 3)]
    members = [
        Member(f"file {number}", MemorySource(whole), IMPORTED if draw.byte() == 1 else None)
        for number, (whole, _) in enumerate(containers)
    ]
    collection = Collection(members, view)
    for member, (whole, is_ours) in zip(members, containers, strict=True):
        finding = collection.examine(member)
        _check_finding(finding)
        if finding.word in report.HOLDS_SOUND and finding.session:
            _listen(finding, whole, view, None if is_ours else PCM)
    missing = collection.missing()
    assert len(missing) <= 100_000
    assert missing == sorted(set(missing))


def _container(draw: Draw) -> tuple[bytes, bool]:
    """A container, and whether its plaintext is of our making."""
    kind = draw.byte() % 8
    if kind == 0:
        return draw.take(draw.below(5000)), False
    if kind == 1:
        return _altered(draw, SOUND), False
    if kind == 2:
        head = bytearray(SOUND[:BLOCK])
        for _ in range(1 + draw.below(4)):
            at = draw.below(96) if draw.flag() else draw.below(BLOCK)
            piece = draw.take(1 + draw.below(8))
            head[at : at + len(piece)] = piece
        return _altered(draw, sealed(bytes(head[:BLOCK]), WRITER.secret) + SOUND[BLOCK:]), False
    head = HEADERS[draw.pick(NUMBERS)]
    blocks = body(FILE_KEY, head, _plaintexts(draw), draw.byte() % 4 != 1, SALT, PREFIX)
    whole = head + b"".join(blocks) + bytes(BLOCK * draw.below(3))
    return (_altered(draw, whole) if draw.byte() % 8 == 1 else whole), True


def _altered(draw: Draw, whole: bytes) -> bytes:
    """Bytes changed in places, blocks moved about, the end cut off."""
    changed = bytearray(whole)
    for _ in range(draw.below(4)):
        at = draw.below(len(changed))
        piece = draw.take(1 + draw.below(8))
        changed[at : at + len(piece)] = piece
    if draw.byte() % 8 == 1:
        source, target = (BLOCK * draw.below(len(whole) // BLOCK) for _ in range(2))
        changed[target : target + BLOCK] = changed[source : source + BLOCK]
    return bytes(changed[: draw.below(len(changed) + 1)] if draw.byte() % 4 == 1 else changed)


def _plaintexts(draw: Draw) -> list[bytes]:
    """Whole segments: raw, or of records, most of which follow each other as they should."""
    index, segments = 0, []
    for number in range(1 + draw.below(4)):
        room = 4064 if number else 4024
        if draw.byte() % 16 == 1:
            segments.append(draw.take(draw.below(400)).ljust(room, b"\0"))
            continue
        text = _session(draw) if number == 0 and draw.byte() % 16 != 1 else b""
        for _ in range(draw.below(10)):
            one, index = _record(draw, index)
            text += one * (draw.pick((2, 20, 300)) if draw.byte() % 16 == 1 else 1)
        if draw.byte() % 16 == 1:
            text = draw.altered(text)
        segments.append(text[:room].ljust(room, b"\0"))
    return segments


def _session(draw: Draw) -> bytes:
    samples = draw.pick((None, 0, 9000, draw.number(48)))
    previous = {"number": draw.number(33), "seal": SEAL, "samples": samples}
    fields = WRITER.session(
        rate=draw.pick((8000, 16_000, 48_000)),
        channels=draw.pick((1, 2)),
        part=draw.pick((0, 0, 1, 2, draw.number(48))),
        previous=previous if draw.flag() else None,
    )
    text = hostile_json.altered_object(draw, fields) if draw.byte() % 4 == 1 else json.dumps(fields).encode()
    return record(SESSION, text[:4000])


def _record(draw: Draw, index: int) -> tuple[bytes, int]:
    """A record, and the index that the next sound may have."""
    kind = draw.pick((AUDIO, AUDIO, AUDIO, EVENT, EVENT, END, 0, SESSION, 9))
    if kind == AUDIO:
        index += draw.pick((0, 0, 1000, 86_400 * 8000, 86_400 * 48_000 - 5000, draw.number(48)))
        index = index if draw.byte() % 32 else draw.number(64)
        frames = draw.pick((1000, 0, 2, 1))
        return record(kind, struct.pack(">Q", index & (1 << 64) - 1) + bytes(2 * frames)), index + frames
    if kind == EVENT:
        name = draw.pick(("mark", "gap", "clip", "battery", "fault", "card", "consent", "\x1b[31m", ""))
        fields = {"at": index & (1 << 48) - 1, "event": name, "lost": 5, "samples": 3, "mv": 3700, "code": 1}
        payload = hostile_json.altered_object(draw, fields)
    elif kind == END:
        end = {"samples": index, "lost": draw.number(48), "reason": draw.pick(("stop", "continued", "card"))}
        payload = hostile_json.altered_object(draw, end)
    else:
        payload = draw.take(draw.below(64))
    return record(kind, payload[:4000], draw.byte() if draw.byte() == 1 else 0), index


def _check_finding(finding: Finding) -> None:
    assert finding.word in WORDS
    assert len(finding.message) < MOST_MESSAGE
    json.dumps(finding.as_dict())
    rate_hz = finding.session.rate_hz if finding.session else 8000
    for event in finding.events:
        assert all(isinstance(word, str) and len(word) < MOST_MESSAGE for word in event_words(event, rate_hz))
        json.dumps(event.fields, indent=2)
    if finding.session:
        json.dumps(finding.session.fields, indent=2)
    if finding.length is not None:
        assert 0 <= finding.length <= 2 * layout.LONGEST_GAP_S * rate_hz, "more silence than a day"


def _listen(finding: Finding, whole: bytes, view: SmallView, expected: bytes | None) -> None:
    """The sound as export takes it: no more than the finding says, and nothing that was not sealed."""
    opened = open_body(BlockReader(MemorySource(whole)), parse(whole[:BLOCK]), view)
    heard = list(opened.sound())
    assert opened.samples == finding.samples
    if expected is not None:
        assert b"".join(bytes(pcm) for _, pcm in heard) == expected[: 2 * (finding.samples or 0)]
    span = Span(finding.start, finding.samples or 0)
    if span.length <= MOST_SILENCE_FRAMES:
        again = open_body(BlockReader(MemorySource(whole)), parse(whole[:BLOCK]), view)
        channels = finding.session.channels if finding.session else 1
        assert sum(len(block) for block in steady(again, span, channels)) == span.length
