"""One sentence a recording: true, short, and no more than is known."""

import os
from typing import Any

import pytest

from host_tools.container.collection import Collection, Member
from host_tools.container.sentences import Whole, wholes
from host_tools.container.source import MemorySource
from host_tools.container.view import Vouch
from tests.reference_writer import BLOCK, END, Writer, destroyed_header, key_id, record, seal_of
from tests.small_view import SmallView, known_recorder

MINUTE = 60 * 8000
PCM = os.urandom(2 * MINUTE)


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    return known_recorder()


def judge(view: SmallView, *containers: bytes) -> list[Whole]:
    members = [Member(f"file {i}", MemorySource(data)) for i, data in enumerate(containers)]
    collection = Collection(members, view)
    return wholes(list(collection.findings()), collection)


def said(view: SmallView, *containers: bytes) -> list[str]:
    return [whole.message for whole in judge(view, *containers)]


def part(
    view: SmallView,
    writer: Writer,
    number: int,
    place: int,
    before: bytes | None = None,
    reason: str | None = "continued",
    start: int | None = None,
    **changes: Any,
) -> bytes:
    """Part `place`, a minute long; without a reason it has no END."""
    writer.public = view.make_key(writer.recorder_id)
    first = place * MINUTE if start is None else start
    previous = None
    if before is not None:
        previous = {"number": number - 1, "seal": seal_of(before), "samples": place * MINUTE or None}
    session = {"part": place, "previous": previous} | changes
    records = writer.records(PCM, start=first, end=False, session=session)
    if reason is None:
        return writer.container(number, records, last=False)
    end = {"samples": first + MINUTE, "lost": 0, "reason": reason}
    return writer.container(number, [*records, record(END, end)])


def three(view: SmallView, writer: Writer, reason: str = "stop") -> list[bytes]:
    """Numbers 5, 6 and 7: one recording of three minutes."""
    first = part(view, writer, 5, 0)
    second = part(view, writer, 6, 1, first)
    return [first, second, part(view, writer, 7, 2, second, reason)]


def test_parts_are_one_recording(known) -> None:
    (whole,) = judge(known[0], *reversed(three(*known)))
    assert whole.as_dict() == {
        "numbers": [5, 6, 7],
        "started": "2025-07-14T09:00:00Z",
        "finding": "complete",
        "seconds": 180.0,
        "lost": 0,
        "message": "3:00 recorded, nothing lost",
    }


def test_why_it_ended_is_the_last_parts(known) -> None:
    assert said(known[0], *three(*known, reason="battery")) == [
        "3:00 recorded, nothing lost; it ended because the battery was low"
    ]


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        (0, "2:00 of 3:00 kept; its beginning, number 5, is missing"),
        (1, "2:00 of 3:00 kept; its middle, number 6, is missing"),
        (2, "2:00 kept; its end, from number 7 on, is missing"),
    ],
)
def test_a_part_that_is_missing_is_told_by_its_place(known, gone: int, sentence: str) -> None:
    parts = three(*known)
    del parts[gone]
    (whole,) = judge(known[0], *parts)
    assert (whole.message, whole.word, whole.seconds, whole.lost) == (sentence, "incomplete", 120.0, 0)


def test_what_became_of_a_part_is_said(known) -> None:
    view, writer = known
    first, second, third = three(view, writer)
    view.settled = frozenset({6})
    assert said(view, first, third) == ["2:00 of 3:00 kept; its middle, number 6, is in the vault"]
    view.struck = frozenset({6})
    assert said(view, first, third) == ["2:00 of 3:00 kept; its middle, number 6, was destroyed"]
    destroyed = destroyed_header(writer.recorder_id, writer.secret, 6, key_id(view.make_key(None)))
    assert said(view, first, destroyed, third) == ["2:00 of 3:00 kept; its middle, number 6, was destroyed"]
    unopened = bytearray(second)
    unopened[BLOCK + 99] ^= 1
    assert said(view, first, bytes(unopened), third) == [
        "2:00 of 3:00 kept; its middle, number 6, is damaged"
    ]


def test_a_damaged_part_is_named_by_its_number(known) -> None:
    first, second, third = three(*known)
    broken = bytearray(second)
    broken[200 * BLOCK] ^= 1
    (whole,) = judge(known[0], first, bytes(broken), third)
    assert whole.message == "2:49 of 3:00 kept; number 6 is damaged"
    assert (whole.word, whole.lost) == ("damaged", 0)


def test_what_was_lost_while_the_card_was_out_is_counted(known) -> None:
    view, writer = known
    first = part(view, writer, 5, 0, reason=None)
    session = {"previous": {"number": 5, "seal": seal_of(first), "samples": None}}
    second = part(view, writer, 6, 1, start=MINUTE + 4000, reason="stop", **session)
    (whole,) = judge(view, first, second)
    assert whole.message == "2:00 kept, 4000 samples lost (0.50 s); the card was out in between"
    assert (whole.word, whole.lost, whole.seconds) == ("interrupted", 4000, 120.5)


def test_an_interrupted_recording_claims_no_more_than_is_known(known) -> None:
    view, writer = known
    cut = part(view, writer, 5, 0, reason=None)
    unsure = "1:00 kept; power was lost, the card was out, or the rest was cut off"
    assert said(view, cut) == [unsure]
    for samples, sentence in (
        (None, "1:00 kept; power was lost or the card was out"),
        (MINUTE, "1:00 kept; its last block was lost or cut off, and no sound is missing"),
        (MINUTE - 8000, unsure),
        (2 * MINUTE, "1:00 of 2:00 kept; the rest is damaged or gone"),
    ):
        view.vouches[writer.recorder_id, 5] = Vouch(seal_of(cut), samples, "the recorder")
        assert said(view, cut) == [sentence]


def test_a_recording_of_which_nothing_is_left_is_told(known) -> None:
    view, writer = known
    container = bytearray(part(view, writer, 5, 0, reason="stop"))
    container[BLOCK + 60] ^= 1
    (whole,) = judge(view, bytes(container))
    assert (whole.numbers, whole.message) == ([5], "no sound kept; it is damaged")


def test_of_two_copies_the_better_one_counts(known) -> None:
    view, writer = known
    container = part(view, writer, 5, 0, reason="stop")
    assert said(view, container[: 40 * BLOCK], container) == ["1:00 recorded, nothing lost"]


def test_what_holds_no_sound_is_no_recording(known) -> None:
    view, writer = known
    stranger = Writer(writer.public, writer.recorder_id, os.urandom(32))
    assert judge(view, writer.prepared(1), stranger.container(2, pcm=PCM), os.urandom(BLOCK)) == []


def test_what_else_must_be_named_follows_the_sentence(known) -> None:
    view, writer = known
    container = writer.container(5, pcm=PCM, publics=[writer.public, SmallView().make_key(None)])
    (whole,) = judge(view, container)
    assert whole.sentence == "1:00 recorded, nothing lost"
    assert whole.message.startswith(whole.sentence + "; recipient 2")
