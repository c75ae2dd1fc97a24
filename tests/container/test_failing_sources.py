"""Cards that cannot be read, and copies in the vault that are not what was imported."""

import os

import pytest

from host_tools.container.findings import examine, hold_against
from host_tools.container.report import Finding
from host_tools.container.source import MemorySource
from host_tools.container.view import Vouch
from host_tools.errors import CloisterError
from tests.reference_writer import BLOCK, Writer, seal_of
from tests.small_view import SmallView, known_recorder

PCM = os.urandom(2 * 8000)  # one second at the writer's 8 kHz: five segments
SEGMENTS = 5


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    return known_recorder()


def test_block_that_cannot_be_read_is_bad_never_empty(known) -> None:
    view, writer = known

    class BadSector(MemorySource):
        def read_at(self, offset: int, length: int) -> bytes:
            if offset <= bad * BLOCK < offset + length:
                raise OSError(5, "Input/output error")
            return super().read_at(offset, length)

    bad = 1
    finding = examine(BadSector(writer.prepared(1)), view)
    assert (finding.word, "block 1: cannot be read" in finding.damage) == ("damaged", True)
    bad = 3
    finding = examine(BadSector(writer.container(1, pcm=PCM, capacity=30)), view)
    assert (finding.word, finding.segments) == ("damaged", 2)
    assert "block 3: cannot be read" in finding.damage


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), CloisterError("cut short")])
def test_a_header_that_cannot_be_read_is_damaged_with_the_reason(known, error: Exception) -> None:
    class Failing(MemorySource):
        def read_at(self, offset: int, length: int) -> bytes:
            raise error

    finding = examine(Failing(b""), known[0])
    assert (finding.word, finding.damage, finding.samples) == ("damaged", ["block 0: cannot be read"], None)
    assert finding.message in ("its header cannot be read: input/output error", "cut short")


def test_a_card_that_fails_is_not_read_to_its_end(known) -> None:
    view, writer = known
    tried = []

    class FailsFromBlock3(MemorySource):
        def read_at(self, offset: int, length: int) -> bytes:
            if offset + length > 3 * BLOCK:
                tried.append(offset)
                raise OSError(5, "Input/output error")
            return super().read_at(offset, length)

    finding = examine(FailsFromBlock3(writer.container(1, pcm=PCM * 200)), view)
    assert (finding.word, finding.segments) == ("damaged", 2)
    assert finding.damage == ["blocks 3 to 66 and perhaps more: cannot be read"]
    assert len(tried) <= 70


def hold(container: bytes, view: SmallView, expected: Vouch) -> Finding:
    finding = examine(MemorySource(container), view)
    hold_against(finding, expected)
    return finding


def test_a_copy_that_is_not_what_was_imported_is_named(known) -> None:
    view, writer = known
    container = writer.container(3, pcm=PCM)
    expected = Vouch(seal_of(container), 8000, "the vault", SEGMENTS)
    assert not hold(container, view, expected).is_spoiled
    without_end = Vouch(seal_of(container), 8000, "the vault", SEGMENTS + 1)
    for changed, word, against in (
        (container[: 3 * BLOCK], "damaged", expected),
        (container, "damaged", without_end),
        (writer.container(3, pcm=PCM), "replaced", expected),
        (container[:99], "not a container", expected),
        (Writer(os.urandom(32)).container(3, pcm=PCM), "unreadable", expected),
        (container[:50] + b"\0\0" + container[52:], "forged", expected),
    ):
        finding = hold(changed, view, against)
        assert (finding.word, finding.is_spoiled) == (word, True)


def test_a_copy_whose_key_was_destroyed_has_not_changed(known) -> None:
    view, writer = known
    container = writer.container(3, pcm=PCM)
    view.keys.clear()
    finding = hold(container, view, Vouch(seal_of(container), 8000, "the vault", SEGMENTS))
    assert (finding.word, finding.is_spoiled) == ("unreadable", False)


def test_a_replaced_copy_stays_replaced(known) -> None:
    view, writer = known
    container = writer.container(3, pcm=PCM)
    view.vouches[writer.recorder_id, 3] = Vouch("00" * 16, 8000, "number 4")
    finding = hold(container, view, Vouch(seal_of(container), 8000, "the vault", SEGMENTS))
    assert (finding.word, finding.damage) == ("replaced", [])
