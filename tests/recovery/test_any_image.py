"""Images put together at random: only proven blocks come out, all that can be found does, and it ends."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.container import report
from tests.recovery.cards import pcm
from tests.recovery.conftest import Recovered, search
from tests.reference_writer import BLOCK
from tests.small_view import SmallView, known_recorder

MISSING = b"\xff" * BLOCK
READINGS_AT_MOST = 8


@dataclass
class Made:
    """Containers in parts; made once."""

    view: SmallView
    containers: dict[int, bytes]


@pytest.fixture(scope="module")
def made() -> Made:
    view, writer = known_recorder()
    containers = {}
    for number, length in ((1, 50_000), (2, 2_000), (3, 20_000)):
        writer.public = view.make_key(writer.recorder_id)
        containers[number] = writer.container(number, pcm=pcm(length, number), last=number != 3)
    return Made(view, containers)


PIECES = st.lists(
    st.tuples(
        st.sampled_from((1, 2, 3)),
        st.integers(0, 26),  # first block
        st.integers(1, 26),  # how many
        st.sampled_from((0, 0, 0, 512, 1024, 4096 - 512, 3)),  # bytes of rubbish behind
        st.sampled_from((None, None, None, 5, 5000)),  # a byte that is changed
    ),
    max_size=14,
)


def check(made: Made, recovered: Recovered) -> None:
    for finding, content in zip(recovered.findings, recovered.contents, strict=True):
        if finding.word in (report.FORGED, report.NOT_A_CONTAINER):
            continue
        true = made.containers[finding.number]
        for place in range(2 * BLOCK, len(content), BLOCK):
            assert content[place : place + BLOCK] in (true[place : place + BLOCK], MISSING)
        assert content[:BLOCK] == true[:BLOCK]
    assert recovered.readings <= READINGS_AT_MOST


@settings(max_examples=150)
@given(PIECES, st.integers(0, 7), st.randoms(use_true_random=False))
def test_nothing_but_true_blocks_comes_out(made, tmp_path_factory, pieces, phase, chance):
    image = bytearray(chance.randbytes(512 * phase))
    whole: dict[int, set[int]] = {1: set(), 2: set(), 3: set()}
    for number, first, count, rubbish, changed in pieces:
        piece = bytearray(made.containers[number][first * BLOCK : (first + count) * BLOCK])
        blocks = set(range(first, first + len(piece) // BLOCK))
        if changed is not None and changed < len(piece):
            piece[changed] ^= 0x10
            blocks.discard(first + changed // BLOCK)
        if len(image) % 512 == 0:
            whole[number] |= blocks
        image += piece + chance.randbytes(rubbish)
    path = tmp_path_factory.getbasetemp() / "any.img"
    path.write_bytes(bytes(image) or b"\0" * 512)
    recovered = search(path, made.view)
    check(made, recovered)
    if all(rubbish % 512 == 0 for *_, rubbish, _ in pieces):
        contents = {
            finding.number: content
            for finding, content in zip(recovered.findings, recovered.contents, strict=True)
            if finding.word != report.FORGED
        }
        for number, blocks in whole.items():
            assert (number in contents) == (0 in blocks)
            if {0, 1} <= blocks and phase_is_kept(pieces):
                true = made.containers[number]
                for block in blocks:
                    place = slice(block * BLOCK, (block + 1) * BLOCK)
                    assert contents[number][place] == true[place]


def phase_is_kept(pieces) -> bool:
    """First segments that do not lie behind their headers are looked for at the header's alignment only."""
    return all(rubbish % BLOCK == 0 for *_, rubbish, _ in pieces)


@settings(max_examples=40)
@given(st.binary(max_size=20_000), st.integers(0, 3))
def test_any_bytes_are_searched(made, tmp_path_factory, data, seed):
    data = bytearray(data)
    for _ in range(seed):
        data += b"CLOISTER" + random.Random(seed).randbytes(700)
    path = tmp_path_factory.getbasetemp() / "bytes.img"
    path.write_bytes(bytes(data).ljust(512, b"\0"))
    recovered = search(path, made.view)
    assert all(finding.word not in report.HOLDS_SOUND for finding in recovered.findings)
