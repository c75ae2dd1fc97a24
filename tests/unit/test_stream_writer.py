"""The StreamWriter's states, its wiping of keys, and what it does to the heap."""

import json
from pathlib import Path

import pytest

from crypto import hmac, stream
from crypto.stream import StreamStateError, StreamWriter

HEAP_SCRIPT = Path(__file__).parent / "scripts" / "measure_stream_heap.py"

FILE_KEY, SALT, NONCE_PREFIX, ASSOCIATED_DATA = bytes(range(32)), b"s" * 32, b"n" * 7, b"a" * 32


@pytest.fixture
def writer():
    made = StreamWriter()
    made.begin(FILE_KEY, SALT, NONCE_PREFIX, ASSOCIATED_DATA)
    return made


def secrets_of(writer):
    """Everything mutable that a writer holds, except what goes to the card."""
    return {
        name: bytes(value)
        for owner in (writer, writer._mac)
        for name, value in vars(owner).items()
        if isinstance(value, bytearray) and name not in ("block", "_header", "_nonce")
    }


def test_sealing_needs_a_stream_that_was_begun():
    with pytest.raises(StreamStateError):
        StreamWriter().seal(False)


def test_nothing_is_sealed_after_the_last_segment(writer):
    writer.seal(True)
    before = bytes(writer.block)
    with pytest.raises(StreamStateError):
        writer.seal(False)
    assert bytes(writer.block) == before


def test_nothing_is_sealed_after_clear(writer):
    writer.seal(False)
    writer.clear()
    with pytest.raises(StreamStateError):
        writer.seal(False)


def test_a_failed_seal_ends_the_stream(writer, monkeypatch):
    """A second try would XOR the key stream away again and authenticate the plaintext."""

    def no_memory(data):
        raise MemoryError

    monkeypatch.setattr(hmac, "sha256", no_memory)
    with pytest.raises(MemoryError):
        writer.seal(False)
    monkeypatch.undo()
    with pytest.raises(StreamStateError):
        writer.seal(False)


def test_no_segment_is_sealed_beyond_the_last_index(writer):
    writer._segments = stream.SEGMENTS_MAX - 1
    writer.seal(False)
    with pytest.raises(StreamStateError):
        writer.seal(False)


@pytest.mark.parametrize(
    "sizes", [(31, 32, 7), (33, 32, 7), (32, 16, 7), (32, 32, 6), (32, 32, 8), (0, 0, 0)]
)
def test_begin_refuses_wrong_lengths_and_holds_no_key(writer, sizes):
    with pytest.raises(ValueError, match="wrong length"):
        writer.begin(*map(bytes, sizes), ASSOCIATED_DATA)
    assert not any(map(any, secrets_of(writer).values()))
    with pytest.raises(StreamStateError):
        writer.seal(False)


def test_start_and_room_of_the_first_segment_leave_space_for_the_header(writer):
    assert (writer.start(), writer.room, writer.segments) == (40, 4024, 0)
    writer.seal(False)
    assert (writer.start(), writer.room, writer.segments) == (0, 4064, 1)
    assert bytes(writer.block[:40]) == b"\x28" + SALT + NONCE_PREFIX


def test_last_segment_wipes_keys_and_keeps_the_block(writer):
    writer.seal(False)
    assert all(map(any, secrets_of(writer).values()))
    writer.seal(True)
    assert not any(map(any, secrets_of(writer).values()))
    assert writer._aes is None
    assert any(writer.block)


def test_clear_wipes_everything(writer):
    writer.block[100:106] = b"speech"
    writer.clear()
    assert not any(map(any, secrets_of(writer).values()))
    assert not any(writer.block)
    assert not any(writer._header)
    assert not any(writer._nonce)


def test_a_stream_begun_anew_does_not_depend_on_the_one_before(writer):
    writer.seal(False)
    writer.seal(False)
    writer.begin(FILE_KEY, SALT, NONCE_PREFIX, ASSOCIATED_DATA)
    fresh = StreamWriter()
    fresh.begin(FILE_KEY, SALT, NONCE_PREFIX, ASSOCIATED_DATA)
    writer.seal(False)
    fresh.seal(False)
    assert writer.block == fresh.block


def test_sealing_leaves_nothing_on_the_heap(micropython):
    """On the board's heap; a word, and with it every object, is twice as large on 64 bits."""
    found = json.loads(micropython.output(HEAP_SCRIPT, heap="164k"))
    assert found["lasting_bytes"] == 0
    assert found["segment_bytes"] <= (400 if micropython.bits == 32 else 512)
    assert found["segments_under_lock"] == 20
