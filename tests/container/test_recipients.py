"""Who else could open a recording: recipients that are not what the vault gave to its recorder are named."""

import os

import pytest

from host_tools.container.findings import examine
from host_tools.container.report import Finding
from host_tools.container.source import MemorySource
from host_tools.container.view import LAST_RESORT, RECOVERY
from tests.reference_writer import Writer, key_id
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
