"""Each finding of docs/format.md section 6, in its order, on containers from the reference writer."""

import os

import pytest

from host_tools.container.findings import examine
from host_tools.container.report import Finding
from host_tools.container.source import MemorySource
from host_tools.container.view import Vouch
from tests.reference_writer import BLOCK, Writer, destroyed_header, header, key_id, seal_of, sealed
from tests.small_view import SmallView, known_recorder

PCM = os.urandom(2 * 8000)  # one second at the writer's 8 kHz: five segments
SEGMENTS = 5


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    return known_recorder()


def judge(container: bytes, view: SmallView) -> Finding:
    return examine(MemorySource(container), view, "R0000001.DAT")


def test_complete(known) -> None:
    view, writer = known
    finding = judge(writer.container(7, pcm=PCM, capacity=40), view)
    assert (finding.word, finding.number, finding.samples, finding.lost) == ("complete", 7, 8000, 0)
    assert (finding.segments, finding.seconds, finding.damage, finding.notes) == (SEGMENTS, 1.0, [], [])
    assert finding.message == "0:01 recorded, nothing lost"
    assert not finding.needs_attention


def test_lost_samples_are_counted_and_told(known) -> None:
    view, writer = known
    finding = judge(writer.container(7, pcm=PCM, gap=(4000, 512)), view)
    assert (finding.word, finding.length, finding.lost) == ("complete", 8512, 512)
    assert finding.message == "0:01 recorded, 512 samples lost (0.06 s)"
    assert finding.needs_attention


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: b"", "empty"),
        (lambda data: data[:100], "100 bytes"),
        (lambda data: b"\0" + data[1:], "magic"),
        (lambda data: data[:8] + b"\x02" + data[9:], "version 2"),
        (lambda data: data[:9] + b"\x03" + data[10:], "suite 3"),
        (lambda data: data[:9] + b"\x00" + data[10:], "suite 0"),
    ],
)
def test_not_a_container_says_which(known, change, reason) -> None:
    view, writer = known
    finding = judge(change(writer.container(1, pcm=PCM)), view)
    assert finding.word == "not a container"
    assert reason in finding.message


def test_wrong_seal_is_forged(known) -> None:
    view, writer = known
    stranger = Writer(writer.public, writer.recorder_id, os.urandom(32))
    assert judge(stranger.container(1, pcm=PCM), view).word == "forged"


def test_unknown_recorder_with_our_key_is_forged(known) -> None:
    view, writer = known
    stranger = Writer(writer.public)
    assert judge(stranger.container(1, pcm=PCM), view).word == "forged"


def test_destroyed_header_of_unknown_recorder_with_our_key_is_forged(known) -> None:
    view, writer = known
    block = destroyed_header(os.urandom(8), writer.secret, 1, key_id(writer.public))
    assert judge(block, view).word == "forged"


def test_nothing_known_is_unreadable(known) -> None:
    view, _ = known
    finding = judge(Writer(SmallView().make_key(None)).container(1, pcm=PCM), view)
    assert (finding.word, finding.samples) == ("unreadable", None)
    assert "not known" in finding.message


def test_key_of_nobody_is_unreadable(known) -> None:
    view, writer = known
    writer.public = SmallView().make_key(None)
    finding = judge(writer.container(1, pcm=PCM), view)
    assert finding.word == "unreadable"
    assert "is not in this vault" in finding.message


def test_destroyed_private_key_is_unreadable(known) -> None:
    view, writer = known
    record_ = view.keys[key_id(writer.public)]
    view.keys[record_.key_id] = type(record_)(**{**vars(record_), "private": None, "destroyed": True})
    finding = judge(writer.container(1, pcm=PCM), view)
    assert finding.word == "unreadable"
    assert "was destroyed" in finding.message


def test_destroyed(known) -> None:
    view, writer = known
    block = destroyed_header(writer.recorder_id, writer.secret, 3, key_id(writer.public))
    finding = judge(block + os.urandom(8 * BLOCK), view)
    assert (finding.word, finding.number, finding.needs_attention) == ("destroyed", 3, False)


def test_replaced_comes_before_the_body_is_looked_at(known) -> None:
    view, writer = known
    container = writer.container(3, pcm=PCM)
    view.vouches[writer.recorder_id, 3] = Vouch("00" * 16, 8000, "number 4")
    finding = judge(container, view)
    assert (finding.word, finding.samples) == ("replaced", None)
    assert "number 4 names another seal" in finding.message


def test_destroyed_comes_before_replaced(known) -> None:
    view, writer = known
    view.vouches[writer.recorder_id, 3] = Vouch("00" * 16, 8000, "number 4")
    block = destroyed_header(writer.recorder_id, writer.secret, 3, key_id(writer.public))
    assert judge(block, view).word == "destroyed"


def test_file_key_that_does_not_open_is_damaged(known) -> None:
    view, writer = known
    container = bytearray(writer.container(1, pcm=PCM))
    container[32 + 8 + 32] ^= 1
    container[:BLOCK] = sealed(bytes(container[:BLOCK]), writer.secret)
    finding = judge(bytes(container), view)
    assert finding.word == "damaged"
    assert finding.damage == ["block 0: the sealed file key"]


def test_authentic_segment_behind_a_bad_one_is_damaged(known) -> None:
    view, writer = known
    container = bytearray(writer.container(1, pcm=PCM, capacity=40))
    container[2 * BLOCK + 5] ^= 1
    finding = judge(bytes(container), view)
    assert (finding.word, finding.segments) == ("damaged", 1)
    assert finding.damage == [
        "block 2: not authentic",
        "blocks 3 to 5: authentic, but behind a block that is not",
    ]
    assert finding.kept_blocks == 6


def test_authentic_segments_far_behind_are_found(known) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM * 80)
    count = len(container) // BLOCK
    cut = container[: 2 * BLOCK] + bytes(BLOCK * (count - 4)) + container[-2 * BLOCK :]
    finding = judge(cut, view)
    assert (finding.word, finding.segments) == ("damaged", 1)
    assert finding.kept_blocks == count


def test_segments_in_another_order_are_damaged(known) -> None:
    view, writer = known
    data = writer.container(1, pcm=PCM)
    blocks = [data[offset : offset + BLOCK] for offset in range(0, len(data), BLOCK)]
    blocks[2], blocks[3] = blocks[3], blocks[2]
    assert judge(b"".join(blocks), view).word == "damaged"


def test_nothing_authentic_and_not_zeros_is_damaged(known) -> None:
    view, writer = known
    container = writer.prepared(1)
    finding = judge(container[:BLOCK] + os.urandom(BLOCK) + container[2 * BLOCK :], view)
    assert (finding.word, finding.segments) == ("damaged", 0)


def test_header_alone_is_damaged(known) -> None:
    view, writer = known
    finding = judge(writer.prepared(1, capacity=1), view)
    assert (finding.word, finding.damage) == ("damaged", ["block 1: not there"])


def test_last_segment_without_end_is_damaged(known) -> None:
    view, writer = known
    finding = judge(writer.container(1, pcm=PCM, end=False, last=True), view)
    assert finding.word == "damaged"
    assert "has no END" in finding.message


def test_vouched_samples_that_are_not_there_are_damaged(known) -> None:
    view, writer = known
    container = writer.container(3, pcm=PCM)[: -2 * BLOCK]
    view.vouches[writer.recorder_id, 3] = Vouch(seal_of(container), 8000, "the recorder")
    finding = judge(container, view)
    assert finding.word == "damaged"
    assert "the recorder vouches for 8000 samples" in finding.message


def test_empty(known) -> None:
    view, writer = known
    finding = judge(writer.prepared(1), view)
    assert (finding.word, finding.samples, finding.needs_attention) == ("empty", 0, False)


def test_empty_that_somebody_vouches_for_is_damaged(known) -> None:
    view, writer = known
    container = writer.prepared(1)
    view.vouches[writer.recorder_id, 1] = Vouch(seal_of(container), 1, "number 2")
    assert judge(container, view).word == "damaged"


@pytest.mark.parametrize("kept", range(1, SEGMENTS))
@pytest.mark.parametrize("filler", [0, 20 * BLOCK, 100])
def test_power_cut_keeps_every_finished_segment(known, kept, filler) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM)[: (1 + kept) * BLOCK]
    finding = judge(container + bytes(filler), view)
    assert (finding.word, finding.segments, finding.damage) == ("interrupted", kept, [])
    assert finding.samples == 2000 * kept - (1000 if kept else 0)
    assert "kept; power was lost, the card was out, or the rest was cut off" in finding.message


def test_torn_segment_is_not_kept(known) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM)
    finding = judge(container[: 2 * BLOCK + 2000] + bytes(BLOCK * 6 - 2000), view)
    assert (finding.word, finding.segments) == ("interrupted", 1)


def test_leftovers_behind_the_last_segment_are_ignored(known) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM)
    again = judge(container + container[BLOCK:] + os.urandom(3 * BLOCK), view)
    assert (again.word, again.segments, again.samples) == ("complete", SEGMENTS, 8000)


def test_part_counts_from_where_the_part_before_ended(known) -> None:
    view, writer = known
    session = {"part": 1, "previous": {"number": 4, "seal": "00" * 16, "samples": 5000}}
    finding = judge(writer.container(5, pcm=PCM, start=5000, session=session), view)
    assert (finding.word, finding.start, finding.samples, finding.length) == ("complete", 5000, 13000, 8000)
    assert finding.lost == 0


def test_sound_lost_between_two_parts_is_counted(known) -> None:
    view, writer = known
    session = {"part": 1, "previous": {"number": 4, "seal": "00" * 16, "samples": 5000}}
    finding = judge(writer.container(5, pcm=PCM, start=5100, session=session), view)
    assert (finding.length, finding.lost) == (8100, 100)


def test_sealed_header_that_is_not_well_formed_is_damaged(known) -> None:
    view, writer = known
    file_key = os.urandom(32)
    for change in ({"count": 3}, {"destroyed_id": b"12345678"}):
        block = header(writer.recorder_id, writer.secret, 1, [writer.public], file_key, **change)
        assert judge(block + bytes(BLOCK), view).word == "damaged"


def test_bytes_behind_the_recipients_are_damaged(known) -> None:
    view, writer = known
    block = bytearray(writer.prepared(1, capacity=1))
    block[3000] = 1
    assert judge(sealed(bytes(block), writer.secret) + bytes(BLOCK), view).word == "damaged"


def test_an_end_that_is_vouched_for_leaves_open_who_cut(known) -> None:
    view, writer = known
    container = writer.container(3, pcm=PCM)[: -2 * BLOCK]
    view.vouches[writer.recorder_id, 3] = Vouch(seal_of(container), 10, "number 4")
    assert judge(container, view).message.endswith("or the rest was cut off")


def test_a_used_container_without_a_segment_is_not_called_unused(known) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM)
    wiped = container[:BLOCK] + bytes(BLOCK) + container[2 * BLOCK :]
    assert not judge(wiped, view).needs_attention
    view.vouches[writer.recorder_id, 1] = Vouch(seal_of(container), None, "number 2")
    finding = judge(wiped, view)
    assert (finding.word, finding.needs_attention) == ("empty", True)
    assert finding.message.startswith("nothing kept; it was used: power was lost at its very beginning")
    view.vouches[writer.recorder_id, 1] = Vouch(seal_of(container), 8000, "number 2")
    assert judge(wiped, view).word == "damaged"


def test_without_the_stream_header_what_follows_is_named_and_not_decoded(known) -> None:
    view, writer = known
    container = bytearray(writer.container(1, pcm=PCM))
    container[BLOCK] ^= 1
    finding = judge(bytes(container), view)
    assert (finding.word, finding.segments, finding.kept_blocks) == ("damaged", 0, SEGMENTS + 1)
    assert finding.damage == [
        "block 1: not authentic",
        f"blocks 2 to {SEGMENTS}: authentic, but behind a block that is not",
    ]
