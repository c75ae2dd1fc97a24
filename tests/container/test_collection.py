"""Containers judged together: vouching, numbers that are missing, keys used twice."""

import os

import pytest

from host_tools.container.collection import Collection, Member
from host_tools.container.source import MemorySource
from host_tools.container.wholes import GAP_NUMBERS_AT_MOST
from tests.reference_writer import BLOCK, Writer, destroyed_header, key_id, seal_of
from tests.small_view import SmallView, known_recorder

PCM = os.urandom(2 * 4000)


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    return known_recorder()


def collect(view: SmallView, *containers: bytes) -> Collection:
    members = [Member(f"file {index}", MemorySource(data)) for index, data in enumerate(containers)]
    return Collection(members, view)


def next_container(
    view: SmallView, writer: Writer, number: int, before: bytes | None, samples: int | None
) -> bytes:
    """A container with a key of its own that vouches for the one before."""
    writer.public = view.make_key(writer.recorder_id)
    previous = {"number": number - 1, "seal": seal_of(before), "samples": samples} if before else None
    return writer.container(number, pcm=PCM, session={"previous": previous})


def test_nothing_is_missing_of_a_recorder_that_recorded_nothing(known) -> None:
    view, _ = known
    view.lowest = 1
    assert collect(view).missing() == []


def test_a_chain_in_order_is_complete(known) -> None:
    view, writer = known
    first = next_container(view, writer, 1, None, None)
    second = next_container(view, writer, 2, first, 4000)
    third = next_container(view, writer, 3, second, 4000)
    collection = collect(view, third, first, second)
    assert [finding.word for finding in collection.findings()] == ["complete"] * 3
    assert collection.missing() == []


def test_another_container_in_place_of_one_that_is_vouched_for_is_replaced(known) -> None:
    view, writer = known
    first = next_container(view, writer, 1, None, None)
    second = next_container(view, writer, 2, first, 4000)
    other = next_container(view, writer, 1, None, None)
    findings = list(collect(view, other, second).findings())
    assert [finding.word for finding in findings] == ["replaced", "complete"]
    assert "number 2 names another seal" in findings[0].message


def test_a_cut_container_whose_end_was_vouched_for_is_damaged(known) -> None:
    view, writer = known
    first = next_container(view, writer, 1, None, None)
    second = next_container(view, writer, 2, first, 4000)
    assert next(collect(view, first[: 2 * BLOCK], second).findings()).word == "damaged"
    assert next(collect(view, first[: 2 * BLOCK]).findings()).word == "interrupted"


def test_power_lost_is_certain_if_the_next_container_says_so(known) -> None:
    view, writer = known
    first = next_container(view, writer, 1, None, None)[: 2 * BLOCK]
    second = next_container(view, writer, 2, first, None)
    finding = next(collect(view, first, second).findings())
    assert finding.word == "interrupted"
    assert finding.message.endswith("kept; power was lost or the card was out")


def test_a_forged_container_vouches_for_nothing(known) -> None:
    view, writer = known
    first = next_container(view, writer, 1, None, None)
    stranger = Writer(view.make_key(writer.recorder_id), writer.recorder_id, os.urandom(32))
    forged = stranger.container(
        2, pcm=PCM, session={"previous": {"number": 1, "seal": "00" * 16, "samples": 9}}
    )
    findings = list(collect(view, first, forged).findings())
    assert [finding.word for finding in findings] == ["complete", "forged"]


def test_a_container_does_not_vouch_for_later_ones(known) -> None:
    view, writer = known
    first = writer.container(1, pcm=PCM, session={"previous": {"number": 2, "seal": "00" * 16, "samples": 9}})
    second = next_container(view, writer, 2, None, None)
    assert [finding.word for finding in collect(view, first, second).findings()] == ["complete"] * 2


def test_a_key_under_two_numbers_is_named_in_both(known) -> None:
    view, writer = known
    containers = writer.container(1, pcm=PCM), writer.container(2, pcm=PCM)
    for finding in collect(view, *containers).findings():
        assert "also used for number" in finding.message


def test_missing_numbers(known) -> None:
    view, writer = known
    third = next_container(view, writer, 3, None, None)
    gone = next_container(view, writer, 6, None, None)
    seventh = next_container(view, writer, 7, gone, 4000)
    destroyed = destroyed_header(writer.recorder_id, writer.secret, 5, key_id(writer.public))
    collection = collect(view, third, seventh, destroyed, os.urandom(BLOCK))
    assert collection.missing() == [4, 6]
    view.lowest = 1
    assert collection.missing() == [1, 2, 4, 6]
    view.settled = frozenset({1, 4})
    assert collection.missing() == [2, 6]
    view.last = 9
    assert collection.missing() == [2, 6, 8, 9]


def test_everything_is_missing_from_an_empty_card(known) -> None:
    view, _ = known
    assert collect(view).missing() == []
    view.lowest, view.last = 1, 3
    assert collect(view).missing() == [1, 2, 3]


def test_a_forged_number_is_not_there(known) -> None:
    view, writer = known
    stranger = Writer(writer.public, writer.recorder_id, os.urandom(32))
    first, third = next_container(view, writer, 1, None, None), next_container(view, writer, 3, None, None)
    assert collect(view, first, stranger.container(2, pcm=PCM), third).missing() == [2]


def test_the_container_that_the_first_one_names_is_missing(known) -> None:
    view, writer = known
    gone = next_container(view, writer, 1, None, None)
    assert collect(view, next_container(view, writer, 2, gone, 4000)).missing() == [1]


def test_a_number_far_ahead_does_not_fill_the_memory(known) -> None:
    view, writer = known
    first, far = (next_container(view, writer, number, None, None) for number in (1, 4_000_000_000))
    missing = collect(view, first, far).missing()
    assert missing == list(range(2, 2 + GAP_NUMBERS_AT_MOST))
