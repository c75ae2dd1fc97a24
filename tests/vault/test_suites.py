"""Keys of suite 2 in the vault: wrapped, proven, destroyed as those of suite 1; and both side by side."""

from pathlib import Path

import pytest

from host_tools.container import suites
from host_tools.container.collection import Collection, Member
from host_tools.container.source import MemorySource
from host_tools.container.view import ONE_TIME
from host_tools.errors import CloisterError
from host_tools.vault import Vault, recovery
from host_tools.vault.intake import take_in
from host_tools.vault.keys import private_key_place
from host_tools.vault.last_resort import give_up, note_contact, note_moved_on, renew_if_used, retire
from host_tools.vault.reading import open_body_of
from host_tools.vault.struck import KEY_DESTROYED, settle_struck
from tests.quick_vault import QuickVault, make_quick_vault
from tests.reference_writer import key_id, make_pair
from tests.vault.raw import all_bytes, edit

SOUND = bytes(range(256)) * 200


@pytest.fixture
def made(tmp_path: Path) -> QuickVault:
    return make_quick_vault(tmp_path)


def one_time(vault: Vault, made: QuickVault, suite: int, first: int = 0, count: int = 1) -> list[bytes]:
    return vault.one_time_keys(made.writer.recorder_id, suite, first, count)


def bring_in(vault: Vault, made: QuickVault, number: int, suite: int, public: bytes):
    made.writer.public, made.writer.suite = public, suite
    member = Member(f"R{number:07}.DAT", MemorySource(made.writer.container(number, pcm=SOUND)))
    return take_in(vault, Collection([member], vault.knowledge()), member).recording


def sound_of(vault: Vault, recording_id: int) -> bytes:
    recording = vault.recording(recording_id)
    with vault.open_recording(recording) as source:
        return b"".join(bytes(pcm) for _, pcm in open_body_of(vault, recording, source).sound())


def test_keys_of_both_suites_are_numbered_apart_and_stay(made: QuickVault) -> None:
    with made.open() as vault:
        publics = {suite: one_time(vault, made, suite, 0, 3) for suite in (1, 2)}
        standing = [vault.last_resort_key(made.writer.recorder_id, 2), vault.make_recovery_key(2)]
    assert {suite: {len(key) for key in keys} for suite, keys in publics.items()} == {1: {32}, 2: {1216}}
    with made.open() as vault:
        assert {suite: one_time(vault, made, suite, 0, 3) for suite in (1, 2)} == publics
        assert [vault.last_resort_key(made.writer.recorder_id, 2), vault.recovery_key(2)] == standing
        record = vault.private_key_for(key_id(publics[2][1]))
        assert (record.suite, record.index, record.role, len(record.private)) == (2, 1, ONE_TIME, 96)
        assert suites.public_key_of(2, record.private) == publics[2][1]


def test_no_private_key_of_suite_2_is_on_disk_unwrapped(made: QuickVault) -> None:
    with made.open() as vault:
        privates = [vault.private_key_for(key_id(key)).private for key in one_time(vault, made, 2, 0, 5)]
    written = all_bytes(made.folder)
    assert not any(half in written for key in privates for half in (key[:64], key[64:]))


def test_a_destroyed_key_of_suite_2_is_gone_from_the_file_and_the_others_stay(made: QuickVault) -> None:
    with made.open() as vault:
        gone, stays = one_time(vault, made, 2, 0, 2)
        kept = vault.private_key_for(key_id(stays)).private
        wrapped = vault._database.rows("SELECT wrapped_private_key FROM keys WHERE suite = 2")
        vault.destroy_key_ids([key_id(gone)])
    left = all_bytes(made.folder)
    assert not any(value in left for (value,) in wrapped)
    with made.open() as vault:
        assert vault.private_key_for(key_id(gone)).destroyed
        assert vault.private_key_for(key_id(stays)).private == kept
        with pytest.raises(CloisterError, match="that it has used already"):
            one_time(vault, made, 2, 0, 2)


@pytest.mark.parametrize("change", ["suite = 1", "number = 77", "role = 'recovery'"])
def test_a_changed_row_is_refused(made: QuickVault, change: str) -> None:
    with made.open() as vault:
        (public,) = one_time(vault, made, 2, 5)
    edit(made.folder, f"UPDATE keys SET {change} WHERE suite = 2")  # noqa: S608
    with made.open() as vault, pytest.raises(CloisterError, match="was altered"):
        vault.private_key_for(key_id(public))


def test_a_public_key_that_was_swapped_in_the_file_is_not_handed_out(made: QuickVault) -> None:
    with made.open() as vault:
        one_time(vault, made, 2, 5)
    edit(made.folder, "UPDATE keys SET public_key = ? WHERE suite = 2", make_pair(2)[1])
    with made.open() as vault, pytest.raises(CloisterError, match="was altered: the public key"):
        one_time(vault, made, 2, 5)


@pytest.mark.parametrize("private", [b"", bytes(95), bytes(97), bytes(32)])
def test_a_damaged_private_key_is_named(made: QuickVault, private: bytes) -> None:
    recorder_id = made.writer.recorder_id
    with made.open() as vault:
        (public,) = one_time(vault, made, 2, 5)
        recording = bring_in(vault, made, 1, 2, public)
        place = private_key_place(key_id(public), ONE_TIME, recorder_id, 2, 5)
        with vault.transaction():
            vault._database.change(
                "UPDATE keys SET wrapped_private_key = ? WHERE key_id = ?",
                vault._wrapper.wrap(private, *place),
                key_id(public),
            )
        with pytest.raises(CloisterError, match="was altered: the public key"):
            one_time(vault, made, 2, 5)
        with pytest.raises(CloisterError, match="no private key of this vault opens recording 1"):
            sound_of(vault, recording.id)
        with pytest.raises(CloisterError, match="this is not the private key"):
            vault.put_private_key_back(key_id(public), private)


def test_what_was_destroyed_on_the_recorder_is_settled_in_suite_2(made: QuickVault) -> None:
    with made.open() as vault:
        (public,) = one_time(vault, made, 2)
        entry = {"number": 7, "key": key_id(public).hex()}
        recovery.make_recovery_key(vault, 1)
        (found,) = settle_struck(vault, made.writer.recorder_id, {"struck": [entry]})
        assert (found.did, vault.private_key_for(key_id(public)).destroyed) == (KEY_DESTROYED, True)
        assert found.words.endswith("no copy of it can be opened any more")
        recovery.make_recovery_key(vault, 2)
        (found,) = settle_struck(vault, made.writer.recorder_id, {"struck": [entry]})
        assert found.words.endswith("only if it was sealed to the recovery key as well")


def moved(vault: Vault, made: QuickVault) -> tuple[bytes, bytes]:
    """A recorder was at number 6 when it went on to suite 2; the last-resort keys of suites 1 and 2."""
    recorder_id = made.writer.recorder_id
    old = renew_if_used(vault, recorder_id, 1, {"left": 0, "loaded": 0, "last_resort": None}, 1)
    have = {"left": 0, "loaded": 3, "last_resort": key_id(old).hex()}
    note_contact(vault, recorder_id, 1, have, 1)
    new = renew_if_used(vault, recorder_id, 2, {"left": 0, "loaded": 0, "last_resort": None}, 6)
    note_contact(vault, recorder_id, 2, {"left": 9, "loaded": 9, "last_resort": key_id(new).hex()}, 6)
    note_moved_on(vault, recorder_id, 1, have, 6)
    return old, new


def test_the_last_resort_key_of_suite_1_goes_once_all_that_it_may_have_sealed_is_here(
    made: QuickVault,
) -> None:
    with made.open() as vault:
        old, new = moved(vault, made)
        for number, public in enumerate(one_time(vault, made, 1, 10, 3), start=1):
            bring_in(vault, made, number, 1, public)
        for number in (4, 5):
            bring_in(vault, made, number, 1, old)
        assert [entry.waits_for for entry in retire(vault)] == [[6]]
        sealed_anew = bring_in(vault, made, 6, 2, new)
        (done,) = retire(vault)
        assert done.waits_for == [] and done.key.key_id == key_id(old).hex()
        assert vault.private_key_for(key_id(old)).destroyed
        assert not vault.private_key_for(key_id(new)).destroyed
        assert vault.file_key(sealed_anew.id) is not None
        assert sound_of(vault, 4) == sound_of(vault, 6) == SOUND


def test_a_destroyed_last_resort_key_is_never_handed_out_again(made: QuickVault) -> None:
    with made.open() as vault:
        recorder_id = made.writer.recorder_id
        old, _ = moved(vault, made)
        give_up(vault, recorder_id, range(1, 7))
        assert [entry.waits_for for entry in retire(vault)] == [[]]
        have = {"left": 0, "loaded": 3, "last_resort": key_id(old).hex()}
        again = renew_if_used(vault, recorder_id, 1, have, 7)
        assert again != old
        assert renew_if_used(vault, recorder_id, 1, have, 7) == again


def test_a_last_resort_key_that_nobody_watched_is_watched_from_the_beginning(made: QuickVault) -> None:
    """As in a vault that is older than the papers about them."""
    recorder_id = made.writer.recorder_id
    with made.open() as vault:
        have = {"left": 2, "loaded": 5, "last_resort": key_id(vault.last_resort_key(recorder_id, 1)).hex()}
        note_moved_on(vault, recorder_id, 1, have, 4)
        ((_, paper),) = vault.papers.all("last-resort")
        assert (paper["from_number"], paper["until_number"]) == (1, 4)
        note_moved_on(vault, recorder_id, 1, have | {"last_resort": "no key id"}, 9)
        assert len(vault.papers.all("last-resort")) == 1
