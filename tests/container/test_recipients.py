"""Who else could open a recording: recipients that are not what the vault gave to its recorder are named."""

import os

import pytest

from host_tools.container.collection import Collection, Member
from host_tools.container.findings import examine
from host_tools.container.report import Finding
from host_tools.container.source import MemorySource
from host_tools.container.view import LAST_RESORT, RECOVERY
from tests.reference_writer import BLOCK, Writer, destroyed_header, header, key_id, sealed
from tests.small_view import SmallView, known_recorder

PCM = os.urandom(2 * 8000)


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    return known_recorder()


def judge(container: bytes, view: SmallView) -> Finding:
    return examine(MemorySource(container), view)


def test_recipients_that_are_not_ours_are_named(known) -> None:
    view, writer = known
    own, stranger, recovery = writer.public, SmallView().make_key(None), view.make_key(None, RECOVERY)
    other_recorder, last_resort = view.make_key(os.urandom(8)), view.make_key(writer.recorder_id, LAST_RESORT)
    expected = [
        ([own], ""),
        ([own, recovery], ""),
        ([last_resort], ""),
        ([own, stranger], "no recovery key"),
        ([own, own], "no recovery key"),
        ([stranger, recovery], "recipient 1"),
        ([recovery], "recipient 1"),
        ([other_recorder], "another recorder"),
    ]
    for publics, words in expected:
        finding = judge(writer.container(1, pcm=PCM, publics=publics), view)
        assert finding.word == "complete"
        assert len(finding.notes) == (1 if words else 0)
        assert words in finding.message
        assert finding.needs_attention == bool(words)


def test_one_time_key_used_twice_is_named(known) -> None:
    view, writer = known
    container = writer.container(9, pcm=PCM)
    view.uses[key_id(writer.public)] = {9}
    assert judge(container, view).notes == []
    view.uses[key_id(writer.public)] = {8, 9}
    assert "also used for number 8" in judge(container, view).message


def test_recovery_key_alone_opens_it(known) -> None:
    view, writer = known
    recovery = view.make_key(None, RECOVERY)
    container = writer.container(1, pcm=PCM, publics=[writer.public, recovery])
    del view.keys[key_id(writer.public)]
    finding = judge(container, view)
    assert (finding.word, finding.samples) == ("complete", 8000)
    assert finding.notes


def test_a_one_time_key_that_a_destroyed_container_had_is_named(known) -> None:
    view, writer = known
    destroyed = destroyed_header(writer.recorder_id, writer.secret, 8, key_id(writer.public))
    members = [Member("a", MemorySource(data)) for data in (writer.container(9, pcm=PCM), destroyed)]
    used_twice, gone = Collection(members, view).findings()
    assert used_twice.message.endswith("is a one-time key that was also used for number 8")
    assert (gone.word, gone.notes) == ("destroyed", [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, []),
        ("other key", ["the sealed file key of recipient 2 holds another file key"]),
        (0, ["the sealed file key of recipient 1 does not open with its key"]),
        (1, ["the sealed file key of recipient 2 does not open with its key"]),
    ],
)
def test_both_recipients_must_hold_the_same_file_key(known, change, words: list[str]) -> None:
    view, writer = known
    publics = [writer.public, view.make_key(None, RECOVERY)]
    file_key = os.urandom(32)
    block = bytearray(header(writer.recorder_id, writer.secret, 1, publics, file_key))
    if change == "other key":
        other = header(writer.recorder_id, writer.secret, 1, publics, os.urandom(32))
        block[32 + 88 : 32 + 2 * 88] = other[32 + 88 : 32 + 2 * 88]
    elif change is not None:
        block[32 + change * 88 + 50] ^= 1
    finding = judge(sealed(bytes(block), writer.secret).ljust(9 * BLOCK, b"\0"), view)
    assert (finding.word, finding.notes) == ("empty", words)
    assert finding.needs_attention == bool(words)
