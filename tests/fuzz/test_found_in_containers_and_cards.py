"""What fuzzing found in containers and card images, each held by a test of its own."""

import struct

import pytest

from host_tools.card import fat32
from host_tools.card.fat32 import Fat32
from host_tools.container import body, layout
from host_tools.container.findings import examine
from host_tools.container.source import MemorySource
from host_tools.errors import CloisterError
from tests.fuzz.card_image_target import CARD_BYTES, FAT_OFFSET, SOUND_CARD, Overlay
from tests.reference_writer import EVENT, SESSION, audio_record, record
from tests.small_view import known_recorder

DAY = layout.LONGEST_GAP_S * 8000


def finding_of(*records: bytes):
    view, writer = known_recorder()
    whole = writer.container(1, [record(SESSION, writer.session()), *records], last=False)
    return examine(MemorySource(whole), view)


def test_many_gaps_together_are_no_longer_than_one_may_be():
    leaps = [audio_record(index * DAY, b"") for index in range(100)]
    finding = finding_of(*leaps)
    assert finding.lost == DAY
    assert "more than a day would be lost" in finding.reason


@pytest.mark.parametrize(("levels", "is_taken"), [(14, True), (15, False), (500, False)])
def test_an_event_that_is_nested_without_need_is_refused(levels, is_taken):
    text = b'{"at":0,"event":"mark","x":{"x":' + b"[" * levels + b"]" * levels + b"}}"
    finding = finding_of(record(EVENT, text))
    assert bool(finding.events) == is_taken
    assert ("EVENT is nested too deeply" in finding.reason) == (not is_taken)


def test_events_are_kept_up_to_a_number_of_bytes(monkeypatch):
    text = b'{"at":0,"event":"mark","x":[' + b"[]," * 1200 + b"[]]}"
    monkeypatch.setattr(body, "EVENT_BYTES_KEPT", 5 * len(text) + 10)
    assert len(finding_of(*[record(EVENT, text)] * 20).events) == 5


def card_with_links(*links: tuple[int, int]) -> Fat32:
    card = bytearray(SOUND_CARD)
    for cluster, following in links:
        struct.pack_into("<I", card, FAT_OFFSET + 4 * cluster, following)
    return Fat32(Overlay(bytes(card), CARD_BYTES).read_at, CARD_BYTES)


def test_files_that_share_their_clusters_are_not_followed_for_ever():
    fat = card_with_links()
    entry = max(fat.entries(), key=lambda found: found.size_bytes)
    fat._clusters_left = 3 * -(-entry.size_bytes // 512)
    for _ in range(3):
        fat.open(entry)
    with pytest.raises(CloisterError, match="larger than the card"):
        fat.open(entry)


def test_a_file_in_more_pieces_than_can_be_kept_is_refused(monkeypatch):
    jumps = [(10, 20), (20, 11), (11, 21), (21, 12)]
    entry = next(found for found in card_with_links().entries() if found.first_cluster == 10)
    assert len(card_with_links(*jumps).open(entry)._runs) == 5
    monkeypatch.setattr(fat32, "MOST_RUNS", 4)
    with pytest.raises(CloisterError, match="R0000001.DAT is in too many pieces"):
        card_with_links(*jumps).open(entry)
