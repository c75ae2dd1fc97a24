"""What is left of a container is found, and what is not there is said; nothing is guessed."""

import random

import numpy as np
import pytest

from host_tools.recovery import Kept
from host_tools.recovery.image import CHUNK_BYTES
from tests.recovery.cards import pcm, scattered
from tests.recovery.conftest import Known
from tests.reference_writer import (
    BLOCK,
    Writer,
    audio_record,
    destroyed_header,
    key_id,
    record,
    sealed,
    segments,
)

MISSING = b"\xff" * BLOCK


def blocks(data: bytes) -> list[bytes]:
    return [data[place : place + BLOCK] for place in range(0, len(data), BLOCK)]


def joined(pieces: list[bytes], seed: int | None = None) -> bytes:
    """The blocks, shuffled if there is a seed, with noise around them."""
    pieces = list(pieces)
    if seed is not None:
        random.Random(seed).shuffle(pieces)
    noise = np.random.default_rng(seed or 0).bytes(7 * 512)
    return noise + b"".join(pieces) + noise


@pytest.fixture
def image(tmp_path):
    return tmp_path / "image"


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_missing_blocks_in_the_middle_are_named_and_the_rest_is_found(known: Known, image, seed):
    data = known.container(5, pcm=pcm(60_000))
    lost = {13, 20, 21}
    left = [b"\xff" * BLOCK if number in lost else block for number, block in enumerate(blocks(data))]
    image.write_bytes(joined([block for block in left if block != MISSING], seed))
    recovered = known.recover(image)
    (finding,) = recovered.findings
    assert finding.word == "damaged"
    assert finding.damage[0] == "block 13: not authentic"
    assert recovered.content(5) == b"".join(left)


@pytest.mark.parametrize("seed", [None, 3])
def test_the_end_behind_a_long_loss_is_found(known, image, seed):
    data = known.container(5, pcm=pcm(5_000_000))
    pieces = blocks(data)
    assert len(pieces) > 2400
    kept = b"".join(pieces[:40]) + b"".join(pieces[1000:1800]) + b"".join(pieces[1808:])
    pieces = scattered(kept, 32 * 1024, seed) if seed else [kept]
    image.write_bytes(joined(pieces))
    recovered = known.recover(image)
    expected = data[: 40 * BLOCK] + MISSING * 960 + data[1000 * BLOCK : 1800 * BLOCK] + MISSING * 8
    assert recovered.content(5) == expected + data[1808 * BLOCK :]


def test_segments_that_begin_with_anything_are_found(known, image):
    """Events, an end, unknown records and nothing at all at the start of segments."""
    records = known.writer.records(pcm(30_000), end=False)
    end = record(4, {"samples": 30_000, "lost": 0, "reason": "stop"})
    plaintexts = segments(records)
    for place in (5, 9):
        plaintexts.insert(place, record(3, {"at": 0, "event": "mark"}).ljust(4064, b"\0"))
    plaintexts.insert(7, (record(77, b"who knows") + record(0, b"")).ljust(4064, b"\0"))
    plaintexts.insert(12, bytes(4064))  # behind another segment; the one before begins a cluster
    plaintexts.append(end.ljust(4064, b"\0"))
    data = known.container(6, plaintexts=plaintexts)
    image.write_bytes(joined(scattered(data, 2 * BLOCK, 9)))
    recovered = known.recover(image)
    assert recovered.words == {6: "complete"}
    assert recovered.content(6) == data


def test_an_odd_segment_at_the_end_of_a_chunk_is_found_by_the_one_behind_it(known, image):
    plaintexts = segments(known.writer.records(pcm(30_000)))
    plaintexts.insert(7, record(77, b"who knows").ljust(4064, b"\0"))
    data = known.container(6, plaintexts=plaintexts)
    start = data[: 8 * BLOCK].ljust(CHUNK_BYTES - BLOCK, b"\0")
    image.write_bytes(start + data[8 * BLOCK :])
    assert known.recover(image).content(6) == data


@pytest.mark.parametrize("kind", ["sound", "event", "end"])
def test_a_last_segment_by_itself_is_found(known, image, kind):
    plaintexts = segments(known.writer.records(pcm(8_000), end=False))
    end = record(4, {"samples": 9_000 if kind == "sound" else 8_000, "lost": 0, "reason": "stop"})
    last = {
        "sound": audio_record(8_000, bytes(2000)) + end,
        "event": record(3, {"at": 8_000, "event": "stop"}) + end,
        "end": end,
    }[kind]
    data = known.container(6, plaintexts=[*plaintexts, last.ljust(4064, b"\0")])
    image.write_bytes(joined([*blocks(data)[-1:], b"\1" * BLOCK, *blocks(data)[:-1]]))
    assert known.recover(image).words == {6: "complete"}


@pytest.mark.parametrize("seed", [None, 1])
def test_an_interrupted_container_keeps_its_segments(known, image, seed):
    data = known.container(5, pcm=pcm(60_000), last=False)[: 21 * BLOCK]
    image.write_bytes(joined(blocks(data), seed))
    recovered = known.recover(image)
    assert recovered.words == {5: "interrupted"}
    assert recovered.findings[0].segments == 20


def test_without_its_header_or_its_first_segment_nothing_is_said_to_be_there(known, image):
    data = known.container(5, pcm=pcm(60_000))
    image.write_bytes(joined(blocks(data)[1:]))
    assert known.recover(image).findings == []
    image.write_bytes(joined([blocks(data)[0], *blocks(data)[2:]]))
    (finding,) = known.recover(image).findings
    assert (finding.word, finding.session) == ("damaged", None)


def test_a_prepared_container_is_empty(known, image):
    image.write_bytes(joined([known.writer.prepared(3), known.writer.prepared(4)[:BLOCK] + bytes(BLOCK)]))
    assert set(known.recover(image).words.values()) == {"empty"}


def test_a_header_at_the_very_end_is_named(known, image):
    image.write_bytes(bytes(BLOCK) + known.writer.prepared(3)[:BLOCK])
    (finding,) = known.recover(image).findings
    assert (finding.word, finding.damage) == ("damaged", ["block 1: not there"])


def test_a_destroyed_container_stays_destroyed(known, image):
    data = known.container(5, pcm=pcm(60_000))
    writer = known.writer
    gone = destroyed_header(writer.recorder_id, writer.secret, 5, key_id(writer.public))
    image.write_bytes(joined([gone + data[BLOCK:]]))
    assert known.recover(image).words == {5: "destroyed"}


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("on_image", [2, 9, 20])
def test_without_its_header_the_rest_of_what_the_vault_has_is_found(known, image, seed, on_image):
    data = known.container(5, pcm=pcm(60_000))
    image.write_bytes(joined(blocks(data)[on_image:], seed))
    kept = [Kept(data[: 2 * BLOCK], 8)]
    recovered = known.recover(image, kept)
    first = max(on_image, 9) if seed else on_image
    content = recovered.contents[0]
    assert content[first * BLOCK :] == data[first * BLOCK :]
    assert known.recover(image).findings == []


def test_what_the_vault_has_a_part_of_is_found_by_its_header_too(known, image):
    data = known.container(5, pcm=pcm(60_000))
    image.write_bytes(joined([data]))
    assert known.recover(image, [Kept(data[: 2 * BLOCK], 8)]).content(5) == data


def test_what_the_vault_has_and_the_image_has_not_is_no_finding(known, image):
    data = known.container(5, pcm=pcm(60_000))
    image.write_bytes(joined(blocks(known.container(6, pcm=pcm(5_000)))))
    recovered = known.recover(image, [Kept(data[: 2 * BLOCK], 8)])
    assert (recovered.words, recovered.readings) == ({6: "complete"}, 1)


@pytest.mark.parametrize("harm", ["header", "first segment", "cut"])
def test_a_harmed_copy_in_the_vault_is_not_believed(known, image, harm):
    data = known.container(5, pcm=pcm(60_000))
    head = bytearray(data[: 2 * BLOCK])
    if harm == "cut":
        del head[BLOCK + 100 :]
    else:
        head[100 if harm == "header" else BLOCK + 100] ^= 1
    image.write_bytes(joined(blocks(data)[2:]))
    assert known.recover(image, [Kept(bytes(head), 8)]).findings == []


def test_two_recorders_with_the_same_numbers_are_kept_apart(known, image):
    other = Writer(b"")
    known.view.secrets[other.recorder_id] = other.secret
    other.public = known.view.make_key(other.recorder_id)
    ours, theirs = known.container(5, pcm=pcm(40_000)), other.container(5, pcm=pcm(30_000, 2))
    image.write_bytes(joined(blocks(ours) + blocks(theirs), 4))
    recovered = known.recover(image)
    assert {finding.word for finding in recovered.findings} == {"complete"}
    assert sorted(recovered.contents) == sorted([ours, theirs])


def test_copies_of_one_container_complete_each_other(known, image):
    data = known.container(5, pcm=pcm(60_000))
    one = [block for number, block in enumerate(blocks(data)) if number not in (7, 22)]
    two = [block for number, block in enumerate(blocks(data)) if number not in (8, 9)]
    image.write_bytes(joined([*one, *two]))
    recovered = known.recover(image)
    assert recovered.words == {5: "complete"}
    assert recovered.content(5) == data


def test_a_changed_block_is_never_taken_for_the_true_one(known, image):
    """Its first bytes are right, its place is right, and a true copy lies elsewhere."""
    data = known.container(5, pcm=pcm(60_000))
    changed = blocks(data)
    for number in (7, 15):
        changed[number] = changed[number][:2000] + bytes(96) + changed[number][2096:]
    true = [blocks(data)[number] for number in (15, 7)]
    image.write_bytes(joined([*changed, *true]))
    recovered = known.recover(image)
    assert recovered.content(5) == data
    image.write_bytes(joined(changed))
    recovered = known.recover(image)
    assert recovered.words == {5: "damaged"}
    assert recovered.content(5)[7 * BLOCK : 8 * BLOCK] == MISSING


def test_containers_of_unknown_recorders_are_named_and_not_opened(known, image):
    stranger = Writer(known.writer.public)
    stranger.public = Writer(known.view.make_key(None)).public
    del known.view.keys[key_id(stranger.public)]
    forged = Writer(known.writer.public).container(8, pcm=pcm(3000))
    image.write_bytes(joined([stranger.container(9, pcm=pcm(3000)), forged]))
    assert known.recover(image).words == {8: "forged", 9: "unreadable"}


def test_a_header_whose_key_was_destroyed_is_unreadable(known, image):
    data = known.container(5, pcm=pcm(9_000))
    del known.view.keys[key_id(known.writer.public)]
    image.write_bytes(joined([data]))
    assert known.recover(image).words == {5: "unreadable"}


def test_what_only_looks_like_headers_is_counted_and_takes_no_memory(known, image):
    fakes = []
    for number in range(150):
        recorder_id = known.writer.recorder_id if number % 2 else bytes(8)
        fake = Writer(known.writer.public, recorder_id).prepared(number)[:BLOCK]
        fakes.append(sealed(fake, bytes(32)))
    text = (b"CLOISTER\1\1\1\0 is how a header begins. " * 200)[:BLOCK]
    image.write_bytes(joined([*fakes, *fakes, text, known.container(5, pcm=pcm(9_000))]))
    recovered = known.recover(image)
    assert [finding.word for finding in recovered.findings].count("complete") == 1
    assert len(recovered.findings) == 101
    assert recovered.strangers_left_out == 2 * 50


@pytest.mark.parametrize("kind", ["noise", "zeros", "ones", "text", "magic"])
def test_foreign_data_gives_nothing(known, image, kind):
    known.container(5)
    fill = {"zeros": b"\0", "ones": b"\xff", "text": b"CLOISTER is a word, (\x28 and \x02\0. "}
    fill["magic"] = b"CLOISTER\1\1\1\0 is how a header begins".ljust(512, b".")
    size = 5_000_000
    image.write_bytes(np.random.default_rng(2).bytes(size) if kind == "noise" else (fill[kind] * size)[:size])
    recovered = known.recover(image)
    assert (recovered.findings, recovered.readings) == ([], 1)
