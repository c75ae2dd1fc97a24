"""A recording in several containers: each finding says which part it is, where it began and goes on."""

import os

import pytest

from host_tools.container.collection import Collection, Member
from host_tools.container.parts import began_in, goes_on_in
from host_tools.container.report import Finding
from host_tools.container.source import MemorySource
from tests.reference_writer import BLOCK, Writer, record, seal_of
from tests.small_view import SmallView, known_recorder

PCM = os.urandom(2 * 4000)
END = 4


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    return known_recorder()


def part_of(view: SmallView, writer: Writer, number: int, part: int, reason: str, before=None) -> bytes:
    """Part `part` (4000 samples), ending for `reason`."""
    writer.public = view.make_key(writer.recorder_id)
    previous = before and {"number": number - 1, "seal": seal_of(before), "samples": 4000 * part}
    records = writer.records(
        PCM, start=4000 * part, end=False, session={"part": part, "previous": previous or None}
    )
    end = {"samples": 4000 * (part + 1), "lost": 0, "reason": reason}
    return writer.container(number, [*records, record(END, end)])


def chain(view: SmallView, writer: Writer) -> list[bytes]:
    """Numbers 7, 8, 9: one recording."""
    first = part_of(view, writer, 7, 0, "continued")
    second = part_of(view, writer, 8, 1, "continued", first)
    return [first, second, part_of(view, writer, 9, 2, "stop", second)]


def judge(view: SmallView, *containers: bytes) -> list[Finding]:
    return list(collect(view, *containers).findings())


def collect(view: SmallView, *containers: bytes) -> Collection:
    return Collection([Member(f"file {i}", MemorySource(data)) for i, data in enumerate(containers)], view)


def test_parts_name_each_other(known) -> None:
    findings = judge(known[0], *chain(*known))
    assert [finding.message for finding in findings] == [
        "0:00 recorded, nothing lost; it goes on in number 8",
        "0:00 recorded, nothing lost; part 2 of the recording that began in number 7; it goes on in number 9",
        "0:00 recorded, nothing lost; part 3 of the recording that began in number 7",
    ]
    assert [finding.word for finding in findings] == ["complete"] * 3
    assert not any(finding.needs_attention for finding in findings)
    second = findings[1].as_dict()
    assert (second["part"], second["began_in"], second["goes_on_in"]) == (1, 7, 9)
    assert (second["ended"], second["samples"]) == ("continued", 4000)


def test_the_order_on_the_card_does_not_matter(known) -> None:
    first, second, third = chain(*known)
    assert "began in number 7" in judge(known[0], third, second, first)[0].message


def test_the_part_that_an_end_promises_is_missing_if_it_is_nowhere(known) -> None:
    view, _ = known
    first, second, _ = chain(*known)
    collection = collect(view, first, second)
    findings = list(collection.findings())
    assert findings[1].message.endswith("it was to go on in another container, which is not here")
    assert collection.missing() == [9]
    view.settled = frozenset({9})
    assert collection.missing() == []


def test_a_part_whose_beginning_is_not_here_says_so(known) -> None:
    _, second, third = chain(*known)
    message = judge(known[0], second, third)[1].message
    assert message.endswith("part 3 of the recording of which the beginning is not here")


def test_parts_in_the_vault_are_known(known) -> None:
    view, _ = known
    _, second, _ = chain(*known)
    view.known_parts = {7: 0, 8: 1, 9: 2}
    (finding,) = judge(view, second)
    assert (finding.began_in, finding.goes_on_in) == (7, 9)


def test_a_part_that_was_left_without_an_end_and_goes_on_lost_its_card(known) -> None:
    view, writer = known
    alone = writer.container(3, pcm=PCM)[: 2 * BLOCK]
    view.known_parts = {4: 1}
    (finding,) = judge(view, alone)
    assert finding.message.endswith("kept; the card was gone before its end; it goes on in number 4")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("card", "; it ended because the card was full"),
        ("battery", "; it ended because the battery was low"),
        ("limit", "; it ended because it had reached its longest length"),
        ("fault", "; it ended because the recorder had a fault"),
        ("stop", "nothing lost"),
    ],
)
def test_why_a_recording_ended_is_said(known, reason: str, words: str) -> None:
    (finding,) = judge(known[0], part_of(*known, 1, 0, reason))
    assert finding.message.endswith(words)
    assert finding.as_dict()["ended"] == reason


@pytest.mark.parametrize(
    ("parts", "number", "began", "goes_on"),
    [
        ({5: 0}, 5, 5, None),
        ({5: 0, 6: 1}, 6, 5, None),
        ({5: 0, 6: 1}, 5, 5, 6),
        ({5: 0, 6: 0}, 5, 5, None),
        ({5: 0, 7: 2}, 7, None, None),
        ({7: 2}, 7, None, None),
        ({5: 0, 7: 1}, 7, 5, None),
    ],
)
def test_numbers_of_parts(parts: dict[int, int], number: int, began: int | None, goes_on: int | None) -> None:
    assert (began_in(parts, number), goes_on_in(parts, number)) == (began, goes_on)


def test_a_copy_of_what_the_recorder_destroyed_is_named(known) -> None:
    view, writer = known
    container = writer.container(3, pcm=PCM)
    view.struck = frozenset({3})
    (finding,) = judge(view, container)
    assert finding.word == "complete" and finding.needs_attention
    assert finding.message.endswith(
        "number 3 was destroyed on the recorder, and this copy of it can still be opened"
    )
