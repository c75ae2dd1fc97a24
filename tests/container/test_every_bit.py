"""Every bit of a header and 10 000 of a body turned over: each is noticed, no wrong sample comes."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.container.findings import examine, open_body
from host_tools.container.header import parse
from host_tools.container.source import BlockReader, MemorySource
from tests.reference_writer import BLOCK
from tests.small_view import SmallView, known_recorder

NOT_A_CONTAINER_BITS = range(10 * 8)  # magic, version, suite
BODY_BITS = 10_000
WORDS = (
    "not a container",
    "forged",
    "unreadable",
    "destroyed",
    "replaced",
    "damaged",
    "empty",
    "interrupted",
    "complete",
)


class Patched:
    """A container with one bit turned over, without a copy for each."""

    def __init__(self, data: bytes, bit: int):
        self._data = bytearray(data)
        self._data[bit // 8] ^= 0x80 >> bit % 8
        self.size_bytes = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        return bytes(self._data[offset : offset + length])


@pytest.fixture(scope="module")
def recorded() -> tuple[SmallView, bytes, bytes]:
    """A view, a container of eleven segments, and its PCM."""
    view, writer = known_recorder()
    pcm = os.urandom(2 * 20_000)
    return view, writer.container(1, pcm=pcm, capacity=16), pcm


def test_every_bit_of_the_header_is_noticed(recorded) -> None:
    view, container, _ = recorded
    for bit in range(BLOCK * 8):
        expected = "not a container" if bit in NOT_A_CONTAINER_BITS else "forged"
        finding = examine(Patched(container[: 2 * BLOCK], bit), view)
        assert finding.word == expected, bit
        assert finding.samples is None


def test_random_bits_of_the_body_are_noticed_and_no_wrong_sample_comes(recorded) -> None:
    view, container, pcm = recorded
    segments = examine(MemorySource(container), view).segments
    chosen = random.Random(2)
    for _ in range(BODY_BITS):
        bit = chosen.randrange(BLOCK * 8, (1 + segments) * BLOCK * 8)
        changed = Patched(container, bit)
        block = bit // 8 // BLOCK
        finding = examine(changed, view)
        assert finding.word == ("interrupted" if block == segments else "damaged"), bit
        assert finding.segments == block - 1
        assert heard(changed, view) == pcm[: 2 * finding.samples]


def heard(source, view: SmallView) -> bytes:
    """All the PCM that comes out of a container, in order."""
    blocks = BlockReader(source)
    return b"".join(bytes(piece) for _, piece in open_body(blocks, parse(blocks.read(0, 1)), view).sound())


@given(st.data())
def test_whatever_the_bytes_there_is_a_finding_and_no_exception(recorded, data) -> None:
    view, container, pcm = recorded
    changed = bytearray(container)
    for _ in range(data.draw(st.integers(1, 4))):
        offset = data.draw(st.integers(0, len(changed)))
        piece = data.draw(st.binary(max_size=64))
        changed[offset : offset + len(piece)] = piece
    cut = data.draw(st.integers(0, len(changed)))
    finding = examine(MemorySource(bytes(changed[:cut])), view)
    assert finding.word in WORDS
    if finding.samples:
        assert heard(MemorySource(bytes(changed[:cut])), view) == pcm[: 2 * finding.samples]


@given(st.lists(st.binary(min_size=4024, max_size=4024) | st.binary(max_size=200), min_size=1, max_size=3))
def test_whatever_stands_in_authentic_segments_there_is_a_finding(recorded, plaintexts) -> None:
    view, writer = known_recorder()
    padded = [text.ljust(4064 if index else 4024, b"\0") for index, text in enumerate(plaintexts)]
    assert examine(MemorySource(writer.container(1, plaintexts=padded)), view).word in WORDS
