"""Records in authentic segments that are not as docs/format.md says: named as damage, never a traceback."""

import os

import pytest

from host_tools.container.findings import examine
from host_tools.container.report import Finding
from host_tools.container.source import MemorySource
from tests.reference_writer import Writer, audio_record, record, segments
from tests.small_view import SmallView, known_recorder

PCM = os.urandom(2 * 8000)


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    return known_recorder()


def judge(container: bytes, view: SmallView) -> Finding:
    return examine(MemorySource(container), view)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (lambda w: [record(1, b"{"), audio_record(0, PCM[:2000])], "SESSION is not JSON"),
        (lambda w: [record(1, b"[" * 4000)], "SESSION is not JSON"),
        (lambda w: [audio_record(0, PCM[:2000])], "SESSION is not the first record"),
        (lambda w: [record(1, w.session()), record(1, w.session())], "SESSION comes twice"),
        (lambda w: [record(1, w.session(rate=44100))], "form of sound"),
        (lambda w: [record(1, w.session(rate=True))], "whole number"),
        (lambda w: [record(1, w.session(started="2025-13-14T09:00:00Z"))], "no time"),
        (lambda w: [record(1, w.session(previous={"number": 1, "seal": "xx"}))], "no seal"),
        (lambda w: [record(1, w.session()), record(2, bytes(9))], "whole samples"),
        (lambda w: [record(1, w.session()), record(2, bytes(3))], "whole samples"),
        (lambda w: [record(1, w.session()), record(2, b"\xff" * 10)], "beyond all bounds"),
        (lambda w: [record(1, w.session()), audio_record(1 << 40, PCM[:2])], "leaps"),
        (
            lambda w: [record(1, w.session()), audio_record(0, PCM[:20]), audio_record(5, PCM[:2])],
            "backwards",
        ),
        (lambda w: [record(1, w.session()), record(3, {"event": "mark"})], "EVENT has no whole number"),
        (lambda w: [record(1, w.session()), record(3, b"\xff")], "EVENT is not JSON"),
        (lambda w: [record(1, w.session()), record(2, bytes(10), flags=1)], "flags 1"),
        (lambda w: [record(1, w.session()), b"\x02\x00\xff\xff"], "straddles"),
        (lambda w: [record(1, w.session()), b"\x00\x01"], "padding"),
    ],
)
def test_malformed_record_in_an_authentic_segment_is_damaged(known, records, words) -> None:
    view, writer = known
    end = segments([record(4, {"samples": 0, "lost": 0, "reason": "stop"})])[0].ljust(4064, b"\0")
    finding = judge(writer.container(1, plaintexts=[*segments(records(writer)), end]), view)
    assert finding.word == "damaged"
    assert words in finding.message


def test_no_session_at_all_is_damaged(known) -> None:
    view, writer = known
    finding = judge(writer.container(1, plaintexts=[bytes(4024)], last=False), view)
    assert finding.word == "damaged"
    assert "no SESSION" in finding.message


def test_end_before_the_last_segment_is_damaged(known) -> None:
    view, writer = known
    finding = judge(writer.container(1, pcm=PCM, last=False), view)
    assert finding.word == "damaged"
    assert "END stands before the last segment" in finding.message


def test_unknown_record_type_is_skipped(known) -> None:
    view, writer = known
    records = writer.records(PCM)
    finding = judge(writer.container(1, [records[0], record(9, b"later"), *records[1:]]), view)
    assert (finding.word, finding.samples) == ("complete", 8000)
