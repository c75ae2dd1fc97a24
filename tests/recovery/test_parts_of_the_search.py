"""The map of a container's blocks and the table of clues agree with the plainest way to do the same."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.container.source import BlockReader, MemorySource
from host_tools.container.stream import Stream
from host_tools.recovery.blockmap import PAGE_SEGMENTS, BlockMap
from host_tools.recovery.clues import ENTRIES_AT_MOST, SOUND_ONLY, Clues
from tests.recovery.cards import pcm
from tests.recovery.conftest import Known
from tests.reference_writer import BLOCK, body, record, segments

RUNS = st.lists(
    st.tuples(
        st.integers(0, 3 * PAGE_SEGMENTS), st.integers(0, 1 << 32 - 4), st.integers(1, 2 * PAGE_SEGMENTS)
    ),
    max_size=12,
)


@given(RUNS)
def test_the_map_holds_what_was_put_in(runs):
    blocks, plain = BlockMap(), {}
    for index, sector, count in runs:
        sector = min(sector, (1 << 32) - 2 - count * 8)
        free = next((step for step in range(count) if index + step in plain), count)
        assert blocks.free_run(index, count) == free
        if free:
            blocks.put(index, sector, free)
            plain |= {index + step: sector + 8 * step for step in range(free)}
    assert (blocks.count, blocks.highest) == (len(plain), max(plain, default=-1))
    for index in range(6 * PAGE_SEGMENTS):
        assert blocks.place(index) == plain.get(index)
    for first, end in ((0, 6 * PAGE_SEGMENTS), (100, 99), (77, 2500)):
        assert blocks.unknown(first, end).tolist() == [i for i in range(first, end) if i not in plain]


def test_a_page_in_one_piece_takes_next_to_no_memory():
    blocks = BlockMap()
    blocks.put(0, 77, 3 * PAGE_SEGMENTS)
    assert all(isinstance(page, int) for page in blocks._pages.values())
    assert blocks.place(2 * PAGE_SEGMENTS + 5) == 77 + 8 * (2 * PAGE_SEGMENTS + 5)


def stream_and_blocks(plaintexts: list[bytes]) -> tuple[Stream, list[bytes]]:
    header = bytes(BLOCK)
    made = body(b"k" * 32, header, plaintexts)
    return Stream(BlockReader(MemorySource(header + made[0])), b"k" * 32, header), made


def starts(blocks: list[bytes]) -> np.ndarray:
    return np.array([int.from_bytes(block[:8], "little") for block in blocks], np.uint64)


def plaintexts(known: Known, count: int) -> list[bytes]:
    """Segments of each kind that a recorder writes, sound among them at the highest index there can be."""
    sound = segments(known.writer.records(pcm(2000 * count), start=2**48 - 3000 * count, end=False))
    mark = record(3, {"at": 0, "event": "mark"}).ljust(4064, b"\0")
    return [*sound[:9], mark, *sound[9:], record(4, {"samples": 1}).ljust(4064, b"\0")]


def test_every_kind_of_segment_is_among_its_clues(known):
    stream, blocks = stream_and_blocks(plaintexts(known, 30))
    clues: Clues[str] = Clues()
    clues.add("this", stream, np.arange(1, 500))
    clues.close()
    noise = np.random.default_rng(1).integers(0, 1 << 63, 5000).astype(np.uint64)
    found = list(clues.look_up(np.concatenate([starts(blocks), noise])))
    assert found == [(place, "this", place) for place in range(1, len(blocks))]


def test_sound_is_found_in_a_full_table_and_hardly_anything_else(known):
    stream, blocks = stream_and_blocks(plaintexts(known, 30))
    other, _ = stream_and_blocks([bytes(4024), bytes(4064)])
    clues: Clues[str] = Clues()
    clues.add("this", stream, np.arange(1, 2000), SOUND_ONLY)
    clues.add("other", other, np.arange(5, 5 + clues.room // 5))
    assert 0 <= clues.room < 5
    clues.close()
    found = list(clues.look_up(starts(blocks)))
    assert {(place, "this", place) for place in range(1, len(blocks) - 1) if place != 9} <= set(found)
    noise = np.random.default_rng(1).integers(0, 1 << 63, 1 << 21).astype(np.uint64)
    assert len(list(clues.look_up(noise))) < 4 * len(noise) * ENTRIES_AT_MOST / 2**36


def test_an_empty_table_finds_nothing():
    clues: Clues[str] = Clues()
    clues.close()
    assert list(clues.look_up(np.arange(100, dtype=np.uint64))) == []


def test_the_table_takes_no_more_than_its_room(known):
    stream, _ = stream_and_blocks(plaintexts(known, 3))
    clues: Clues[str] = Clues()
    with pytest.raises(AssertionError):
        clues.add("this", stream, np.arange(ENTRIES_AT_MOST // 5 + 1))


@settings(max_examples=30)
@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=40), st.integers(0, 1))
def test_the_first_keystream_is_that_of_the_segments(indices, flag):
    header = bytes(BLOCK)
    first = body(b"k" * 32, header, [bytes(4024)], prefix=b"\xff\x00abcd\xfe", salt=hashlib.sha256().digest())
    stream = Stream(BlockReader(MemorySource(header + first[0])), b"k" * 32, header)
    made = stream.first_keystream(np.array(indices), flag)
    assert made.shape == (len(indices), 16)
    for index, keystream in zip(indices, made, strict=True):
        expected = stream._ecb.encryptor().update(stream._nonce(index, flag))
        assert bytes(keystream) == expected
