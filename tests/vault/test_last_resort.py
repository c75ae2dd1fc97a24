"""Last-resort keys: each recording gets a key of its own, and the shared one goes when nothing needs it."""

from pathlib import Path

import pytest

from host_tools.container.collection import Collection, Member
from host_tools.container.source import MemorySource
from host_tools.errors import CloisterError
from host_tools.vault import Vault
from host_tools.vault.intake import take_in
from host_tools.vault.last_resort import (
    give_up,
    given_up,
    keep_own_key,
    note_contact,
    note_reset,
    renew_if_used,
    retire,
    waited_for,
)
from host_tools.vault.reading import open_body_of
from host_tools.vault.rotation import RotationShelf
from host_tools.vault.state import Gone
from tests.quick_vault import QuickVault, make_quick_vault
from tests.reference_writer import destroyed_header, key_id

SOUND = bytes(range(256)) * 200


@pytest.fixture
def made(tmp_path: Path) -> QuickVault:
    return make_quick_vault(tmp_path)


@pytest.fixture
def vault(made: QuickVault):
    with made.open() as vault:
        yield vault


class Contact:
    """What the recorder says of its keys at each contact; the vault answers as `provision` has it."""

    def __init__(self, vault: Vault, recorder_id: bytes):
        self._vault, self._recorder_id = vault, recorder_id
        self.have = {"left": 0, "loaded": 0, "last_resort": None}

    def provision(self, next_number: int, left: int, wanted: int = 5) -> bytes:
        """The public last-resort key in force afterwards."""
        self.have["left"] = left
        public = renew_if_used(self._vault, self._recorder_id, 1, self.have, next_number)
        self.have["loaded"] += max(0, wanted - left)
        self.have |= {"left": max(wanted, left), "last_resort": key_id(public).hex()}
        note_contact(self._vault, self._recorder_id, 1, self.have, next_number)
        return public


@pytest.fixture
def contact(made: QuickVault, vault: Vault) -> Contact:
    return Contact(vault, made.writer.recorder_id)


def bring_in(vault: Vault, made: QuickVault, number: int, public: bytes, data: bytes = b""):
    """Import a container that is sealed to this key; its recording."""
    made.writer.public = public
    data = data or made.writer.container(number, pcm=SOUND)
    member = Member(f"R{number:07}.DAT", MemorySource(data))
    return take_in(vault, Collection([member], vault.knowledge()), member).recording


def one_time(vault: Vault, made: QuickVault, index: int) -> bytes:
    return vault.one_time_keys(made.writer.recorder_id, 1, index, 1)[0]


def has_private(vault: Vault, public: bytes) -> bool:
    return vault.private_key_for(key_id(public)).private is not None


def sound_of(vault: Vault, recording_id: int) -> bytes:
    recording = vault.recording(recording_id)
    with vault.open_recording(recording) as source:
        return b"".join(bytes(pcm) for _, pcm in open_body_of(vault, recording, source).sound())


def test_only_what_is_sealed_to_the_last_resort_key_gets_a_key_of_its_own(made, vault, contact) -> None:
    public = contact.provision(1, 0)
    shared = bring_in(vault, made, 1, public)
    alone = bring_in(vault, made, 2, one_time(vault, made, 1))
    assert vault.file_key(shared.id) is not None and vault.file_key(alone.id) is None
    assert sound_of(vault, shared.id) == sound_of(vault, alone.id) == SOUND


def test_the_old_key_goes_once_every_number_is_known_and_the_recordings_still_open(
    made, vault, contact
) -> None:
    old = contact.provision(1, 5)
    first = bring_in(vault, made, 6, old)
    assert retire(vault) == []
    new = contact.provision(9, 0)
    assert new != old
    (kept,) = retire(vault)
    assert kept.waits_for == [1, 2, 3, 4, 5, 7, 8, 9]
    assert "is kept until numbers 1 to 5, 7 to 9 are imported, or given up by name" in kept.words
    for number in (1, 2, 3, 4, 5):
        bring_in(vault, made, number, one_time(vault, made, number))
    bring_in(vault, made, 7, old)
    vault.note_destroyed(made.writer.recorder_id, 8)
    assert [entry.waits_for for entry in retire(vault)] == [[9]]
    assert has_private(vault, old)
    bring_in(vault, made, 9, new)
    (gone,) = retire(vault)
    assert gone.waits_for == [] and "is destroyed" in gone.words
    assert not has_private(vault, old) and has_private(vault, new)
    assert retire(vault) == []
    assert sound_of(vault, first.id) == SOUND
    for recording in vault.recordings():
        with vault.open_recording(recording) as source:
            member = Member("copy", source, recording.vouch)
            assert Collection([member], vault.knowledge()).examine(member).word == "complete"


def test_a_copy_on_a_card_of_what_has_a_key_of_its_own_can_be_judged_after_that(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    made.writer.public = old
    data = made.writer.container(1, pcm=SOUND)
    bring_in(vault, made, 1, old, data)
    contact.provision(2, 0)
    give_up(vault, made.writer.recorder_id, [2])
    assert [entry.waits_for for entry in retire(vault)] == [[]]
    member = Member("card", MemorySource(data))
    assert Collection([member], vault.knowledge()).examine(member).word == "complete"
    another = Member("another", MemorySource(made.writer.container(1, pcm=SOUND)))
    assert Collection([another], vault.knowledge()).examine(another).word == "unreadable"


def test_destroying_a_recordings_own_key_leaves_the_others(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    first, second = bring_in(vault, made, 1, old), bring_in(vault, made, 2, old)
    contact.provision(3, 0)
    vault.destroy_keys([first.id], Gone("2026-01-01T00:00:00+00:00", 1, "expire"))
    bring_in(vault, made, 3, one_time(vault, made, 3))
    assert [entry.waits_for for entry in retire(vault)] == [[]]
    assert sound_of(vault, second.id) == SOUND
    with pytest.raises(CloisterError, match="no private key of this vault opens"):
        sound_of(vault, first.id)


def test_numbers_that_were_given_up_are_not_waited_for(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    contact.provision(4, 0)
    recorder_id = made.writer.recorder_id
    assert waited_for(vault, recorder_id) == [1, 2, 3, 4]
    give_up(vault, recorder_id, [1, 2])
    give_up(vault, recorder_id, [3])
    assert (given_up(vault, recorder_id), given_up(vault, b"somebody")) == ({1, 2, 3}, frozenset())
    assert [entry.waits_for for entry in retire(vault)] == [[4]]
    give_up(vault, recorder_id, [4])
    assert [entry.waits_for for entry in retire(vault)] == [[]]
    assert not has_private(vault, old)
    assert vault.knowledge().settled_numbers(recorder_id) == {1, 2, 3, 4}


def test_what_was_imported_before_there_were_own_keys_gets_one_first(
    made, vault, contact, monkeypatch
) -> None:
    old = contact.provision(1, 5)
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "keep_file_key", lambda *arguments: None)
        recording = bring_in(vault, made, 1, old)
    assert vault.file_key(recording.id) is None
    contact.provision(2, 0)
    give_up(vault, made.writer.recorder_id, [2])
    assert [entry.waits_for for entry in retire(vault)] == [[]]
    assert sound_of(vault, recording.id) == SOUND


@pytest.mark.parametrize("harm", ["lost", "altered"])
def test_a_key_that_alone_opens_a_recording_is_not_destroyed(made, vault, contact, monkeypatch, harm) -> None:
    old = contact.provision(1, 5)
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "keep_file_key", lambda *arguments: None)
        recording = bring_in(vault, made, 1, old)
    copy = vault.folder / "recordings" / recording.file
    data = copy.read_bytes()
    copy.unlink() if harm == "lost" else copy.write_bytes(made.writer.container(1, pcm=SOUND))
    contact.provision(2, 0)
    give_up(vault, made.writer.recorder_id, [2])
    assert [entry.waits_for for entry in retire(vault)] == [[1]]
    assert has_private(vault, old) and not keep_own_key(vault, recording)
    copy.write_bytes(data)
    assert [entry.waits_for for entry in retire(vault)] == [[]]
    assert sound_of(vault, recording.id) == SOUND


def test_a_key_that_was_used_is_replaced_even_if_keys_are_left_now(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    bring_in(vault, made, 1, old)
    assert contact.provision(2, 3) != old


def test_a_recorder_that_was_reset_uses_none_of_its_keys_any_more(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    note_reset(vault, made.writer.recorder_id, 3)
    assert [entry.waits_for for entry in retire(vault)] == [[1, 2, 3]]
    give_up(vault, made.writer.recorder_id, [1, 2, 3])
    assert [entry.waits_for for entry in retire(vault)] == [[]]
    assert not has_private(vault, old)


def test_a_key_that_came_back_to_the_recorder_is_in_use_again(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    contact.provision(4, 0)
    contact.have["last_resort"] = key_id(old).hex()  # from an older copy of its memory
    note_contact(vault, made.writer.recorder_id, 1, contact.have, 4)
    assert [entry.waits_for for entry in retire(vault)] == [[4]]  # the newer one was perhaps used for it
    assert has_private(vault, old)


def test_a_key_that_was_loaded_before_anybody_watched_may_have_sealed_any_number(made, vault) -> None:
    recorder_id = made.writer.recorder_id
    current = key_id(vault.last_resort_key(recorder_id, 1)).hex()
    vault.note_status(recorder_id, {"next_container": 3}, vault.now())
    have = {"left": 0, "loaded": 5, "last_resort": current}
    renew_if_used(vault, recorder_id, 1, have, 9)
    have["last_resort"] = key_id(vault.last_resort_key(recorder_id, 1)).hex()
    note_contact(vault, recorder_id, 1, have, 9)
    assert [entry.waits_for for entry in retire(vault)] == [[3, 4, 5, 6, 7, 8, 9]]


def test_cut_off_while_the_key_is_destroyed_it_is_wholly_before(made, vault, contact, monkeypatch) -> None:
    old = contact.provision(1, 5)
    bring_in(vault, made, 1, old)
    contact.provision(2, 0)
    give_up(vault, made.writer.recorder_id, [2])
    with monkeypatch.context() as patch:
        patch.setattr(RotationShelf, "_wrap_anew", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            retire(vault)
    assert has_private(vault, old)
    assert [entry.waits_for for entry in retire(vault)] == [[]]


def test_a_number_without_end_in_a_status_does_not_keep_the_laptop_busy(made, vault, contact) -> None:
    contact.provision(1, 5)
    contact.provision((1 << 32) - 1, 0)
    (kept,) = retire(vault)
    assert len(kept.waits_for) == 10_000


def test_a_destroyed_container_on_a_card_counts_as_known(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    writer = made.writer
    head = destroyed_header(writer.recorder_id, writer.secret, 1, key_id(old))
    assert bring_in(vault, made, 1, old, head + bytes(4096)) is None
    contact.provision(1, 0)
    assert [entry.waits_for for entry in retire(vault)] == [[]]


def test_a_better_copy_keeps_the_own_key_of_the_worse_one(made, vault, contact) -> None:
    old = contact.provision(1, 5)
    made.writer.public = old
    whole = made.writer.container(1, pcm=SOUND)
    first = bring_in(vault, made, 1, old, whole[: 3 * 4096])
    second = bring_in(vault, made, 1, old, whole)
    assert (first.id, first.finding, second.finding) == (second.id, "interrupted", "complete")
    assert vault.file_key(first.id) is not None
