"""What was destroyed on the recorder: whose key goes, whose stays, and that it can be done twice."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from host_tools.errors import CloisterError
from host_tools.vault import Recording, Vault
from host_tools.vault.state import Hold, State
from host_tools.vault.struck import (
    COPY_DESTROYED,
    GONE,
    KEPT,
    KEY_DESTROYED,
    LAST_RESORT_KEPT,
    NOTHING,
    settle_struck,
)
from tests.quick_vault import make_quick_vault
from tests.reference_writer import key_id

RECORDER, OTHER = b"recorder", b"another!"
ENTRY = Recording(
    0, RECORDER.hex(), 7, "00" * 32, "", "file", "complete", "", 8000, 1, None, 0, None, 0, 8000, 0, 3, "",
)  # fmt: skip


@pytest.fixture
def vault(tmp_path: Path):
    with make_quick_vault(tmp_path).open() as vault:
        vault.add_recorder(RECORDER, bytes(32))
        vault.add_recorder(OTHER, bytes(range(32)))
        yield vault


def one_time(vault: Vault, recorder_id: bytes = RECORDER, index: int = 0) -> bytes:
    return key_id(vault.one_time_keys(recorder_id, 1, index, 1)[0])


def imported(vault: Vault, number: int, key: bytes, recorder_id: bytes = RECORDER) -> None:
    with vault.importing():
        vault.add_recording(replace(ENTRY, number=number, key=key.hex(), recorder=recorder_id.hex()))


def settle(vault: Vault, number: int, key: object, answer: bool | None = None):
    key = key.hex() if isinstance(key, bytes) else key
    status = {"struck": [{"number": number, "key": key}]}
    (found,) = settle_struck(vault, RECORDER, status, lambda recording: answer)
    return found


def has_private(vault: Vault, key: bytes) -> bool:
    return vault.private_key_for(key).private is not None


def test_the_private_key_of_a_destroyed_recording_is_destroyed(vault: Vault) -> None:
    key, other = one_time(vault, index=0), one_time(vault, index=1)
    found = settle(vault, 7, key)
    assert (found.did, found.settled) == (KEY_DESTROYED, True)
    assert found.words == (
        "number 7 was destroyed on the recorder; its private key is destroyed here, too: "
        "no copy of it can be opened any more"
    )
    assert not has_private(vault, key) and vault.private_key_for(key).destroyed
    assert has_private(vault, other)
    assert vault.destroyed_numbers(RECORDER) == {7}


def test_doing_it_again_is_the_same(vault: Vault) -> None:
    key = one_time(vault)
    assert settle(vault, 7, key) == settle(vault, 7, key)


def test_a_copy_sealed_to_a_recovery_key_is_not_promised_away(vault: Vault) -> None:
    vault.make_recovery_key(1)
    assert "only if it was sealed to the recovery key" in settle(vault, 7, one_time(vault)).words


def test_what_was_imported_is_kept_if_somebody_says_so(vault: Vault) -> None:
    key = one_time(vault)
    imported(vault, 7, key)
    found = settle(vault, 7, key, answer=False)
    assert (found.did, found.settled) == (KEPT, True)
    assert "the vault's copy and its key are kept" in found.words
    assert has_private(vault, key)


def test_what_was_imported_is_left_open_where_nobody_can_be_asked(vault: Vault) -> None:
    key = one_time(vault)
    imported(vault, 7, key)
    found = settle(vault, 7, key)
    assert (found.did, found.settled) == (NOTHING, False)
    assert "--destroy-copies" in found.words
    assert has_private(vault, key)


def test_what_was_imported_goes_with_its_key_if_somebody_says_so(vault: Vault) -> None:
    key, other = one_time(vault, index=0), one_time(vault, index=1)
    imported(vault, 7, key)
    file = vault.folder / "recordings" / "file"
    file.write_bytes(b"still encrypted" * 1000)
    found = settle(vault, 7, key, answer=True)
    assert (found.did, found.settled, found.recording) == (COPY_DESTROYED, True, 1)
    assert "no copy of it can be opened any more" in found.words
    assert not has_private(vault, key) and has_private(vault, other)
    assert vault.state(1).gone is not None and not file.exists()
    again = settle(vault, 7, key, answer=True)
    assert (again.did, again.settled) == (GONE, True)


def test_what_is_held_stays_whatever_is_answered(vault: Vault) -> None:
    key = one_time(vault)
    imported(vault, 7, key)
    vault.set_state(1, State(hold=Hold("a complaint", "2026-01-01", 1)))
    found = settle(vault, 7, key, answer=True)
    assert (found.did, found.settled) == (NOTHING, False)
    assert "is held" in found.words
    assert has_private(vault, key)


def test_a_copy_whose_key_another_recording_has_is_not_destroyed_alone(vault: Vault) -> None:
    key = one_time(vault)
    imported(vault, 7, key)
    imported(vault, 5, key)
    found = settle(vault, 7, key, answer=True)
    assert not found.settled and "also opens number 5" in found.words
    assert has_private(vault, key) and vault.state(1).gone is None


def test_a_copy_under_the_last_resort_key_loses_its_own_key_alone(vault: Vault) -> None:
    key = key_id(vault.last_resort_key(RECORDER, 1))
    imported(vault, 7, key)
    vault.keep_file_key(1, bytes(32))
    imported(vault, 8, key)
    found = settle(vault, 7, key, answer=True)
    assert found.did == COPY_DESTROYED
    assert "can still be opened until the last-resort key is replaced" in found.words
    assert vault.file_key(1) is None and has_private(vault, key)
    assert vault.state(1).gone is not None and vault.state(2).gone is None


def test_a_last_resort_key_is_kept_and_that_is_said(vault: Vault) -> None:
    key = key_id(vault.last_resort_key(RECORDER, 1))
    imported(vault, 5, key)
    found = settle(vault, 7, key)
    assert (found.did, found.settled) == (LAST_RESORT_KEPT, True)
    assert "can still be opened here until that key is replaced" in found.words
    assert has_private(vault, key)


def test_a_key_that_another_recording_needs_is_left(vault: Vault) -> None:
    key = one_time(vault)
    imported(vault, 5, key)
    found = settle(vault, 7, key)
    assert (found.did, found.settled) == (NOTHING, False)
    assert "also opens number 5" in found.words
    assert has_private(vault, key)


def test_a_number_that_is_here_under_another_key_is_left(vault: Vault) -> None:
    key, own = one_time(vault, index=0), one_time(vault, index=1)
    imported(vault, 7, own)
    found = settle(vault, 7, key)
    assert not found.settled and "under another key" in found.words
    assert has_private(vault, key) and has_private(vault, own)


def test_the_number_of_another_recorder_is_another_number(vault: Vault) -> None:
    key = one_time(vault)
    imported(vault, 7, one_time(vault, OTHER), OTHER)
    assert settle(vault, 7, key).did == KEY_DESTROYED


@pytest.mark.parametrize("key", ["00" * 8, "0011", "", None, 5, "zz" * 8, " " + "00" * 8])
def test_a_key_that_is_not_known_is_named_and_nothing_is_done(vault: Vault, key: object) -> None:
    found = settle(vault, 7, key)
    assert (found.did, found.settled) == (NOTHING, False)
    assert "not known to this vault" in found.words or "is not named" in found.words


@pytest.mark.parametrize("form", [str.upper, lambda text: " ".join((text[:8], text[8:]))])
def test_a_key_in_another_form_does_not_get_around_the_recordings(vault: Vault, form) -> None:
    key = one_time(vault)
    imported(vault, 5, key)
    assert not settle(vault, 7, form(key.hex())).settled
    assert has_private(vault, key)


def test_keys_that_are_not_this_recorders_are_left(vault: Vault) -> None:
    for key in (one_time(vault, OTHER), key_id(vault.make_recovery_key(1))):
        found = settle(vault, 7, key)
        assert not found.settled and "was not given to this recorder" in found.words
        assert has_private(vault, key)


def test_a_status_in_another_form_does_nothing_at_all(vault: Vault) -> None:
    key = one_time(vault)
    with pytest.raises(CloisterError, match="in a form that is not known"):
        settle_struck(vault, RECORDER, {"struck": [{"number": 7, "key": key.hex()}, {"number": "8"}]})
    assert has_private(vault, key)


def test_a_destroyed_key_is_never_given_to_the_recorder_again(vault: Vault) -> None:
    settle(vault, 7, one_time(vault, index=3))
    vault.one_time_keys(RECORDER, 1, 4, 5)
    with pytest.raises(CloisterError, match="that it has used already"):
        vault.one_time_keys(RECORDER, 1, 2, 5)
