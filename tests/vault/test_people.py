"""Several people: each opens the vault with their own passphrase, and who was removed does so no more."""

import pytest

from host_tools.errors import CloisterError
from host_tools.vault import open_vault
from tests.quick_vault import PASSPHRASE, QuickVault, make_quick_vault
from tests.vault.raw import all_bytes, edit, rows

OTHER = "another twelve characters"
THIRD = "a third passphrase here"


@pytest.fixture
def made(tmp_path) -> QuickVault:
    return make_quick_vault(tmp_path)


def test_each_opens_it_with_their_own_passphrase(made: QuickVault) -> None:
    with made.open() as vault:
        assert vault.person.name == "owner"
        anna = vault.add_person("  Anna   Berg ", OTHER)
        assert (anna.name, anna.id) == ("Anna Berg", 2)
    with open_vault(made.folder, OTHER) as vault:
        assert vault.person == anna
        assert [person.id for person in vault.people()] == [1, 2]
        assert vault.recorder_secret(made.writer.recorder_id) == made.writer.secret
    with made.open() as vault:
        assert vault.person.id == 1


def test_no_name_lies_in_any_file(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_person("Anna Berg", OTHER)
        vault.rename_person(1, "Dr. Ruth Stein")
    stored = all_bytes(made.folder)
    for secret in (b"Anna", b"Ruth", OTHER.encode()):
        assert secret not in stored


def test_who_was_removed_cannot_open_it_nor_what_an_old_copy_gave_them(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_person("Anna", OTHER)
    with open_vault(made.folder, OTHER) as vault:
        kept_key = vault.session_key()
    old_rows = rows(made.folder, "SELECT * FROM people WHERE id = 2")

    with made.open() as vault:
        vault.remove_person(2)
        assert vault.session_key() != kept_key
    with pytest.raises(CloisterError, match="wrong passphrase"):
        open_vault(made.folder, OTHER)
    edit(made.folder, "INSERT INTO people VALUES (?, ?, ?, ?)", *old_rows[0])
    with pytest.raises(CloisterError, match="altered"), open_vault(made.folder, OTHER) as vault:
        vault.recorder_secret(made.writer.recorder_id)


def test_the_last_person_and_one_who_is_not_there_cannot_be_removed(made: QuickVault) -> None:
    with made.open() as vault:
        with pytest.raises(CloisterError, match="last person"):
            vault.remove_person(1)
        with pytest.raises(CloisterError, match="no person 7"):
            vault.remove_person(7)
        assert vault.recorder_secret(made.writer.recorder_id) == made.writer.secret


def test_a_changed_passphrase_is_the_only_one_that_opens_it(made: QuickVault) -> None:
    with made.open() as vault:
        vault.change_passphrase(THIRD)
        assert vault.recorder_secret(made.writer.recorder_id) == made.writer.secret
    with pytest.raises(CloisterError, match="wrong passphrase"):
        made.open()
    with open_vault(made.folder, THIRD) as vault:
        assert (vault.person.id, vault.person.name) == (1, "owner")
        vault.add_person("Anna", OTHER)
        vault.remove_person(2)
    open_vault(made.folder, THIRD).close()


def test_what_a_changed_passphrase_opened_in_an_older_copy_is_no_key_any_more(made: QuickVault) -> None:
    with made.open() as vault:
        kept_key = vault.session_key()
    old = rows(made.folder, "SELECT stretched_private_key, sealed_master_key FROM people")[0]
    with made.open() as vault:
        vault.change_passphrase(THIRD)
        assert vault.session_key() != kept_key
    left = all_bytes(made.folder)
    assert not any(value in left for value in old)
    open_vault(made.folder, THIRD).close()


@pytest.mark.parametrize("name", ["", "   ", "7", "x" * 201, "a\x07b", "OWNER"])
def test_a_name_that_cannot_be_one_is_refused(made: QuickVault, name: str) -> None:
    with made.open() as vault, pytest.raises(CloisterError):
        vault.add_person(name, OTHER)


def test_two_people_never_share_a_passphrase(made: QuickVault) -> None:
    with made.open() as vault, pytest.raises(CloisterError, match="in use already"):
        vault.add_person("Anna", PASSPHRASE)


def test_an_entry_that_somebody_put_there_gets_no_master_key(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_person("Anna", OTHER)
        vault.add_person("Bert", THIRD)
    edit(made.folder, "UPDATE people SET wrapped_entry = (SELECT wrapped_entry FROM people WHERE id = 2)")
    with made.open() as vault, pytest.raises(CloisterError, match="altered"):
        vault.remove_person(2)
    open_vault(made.folder, OTHER).close()


def test_swapped_rows_open_nothing(made: QuickVault) -> None:
    with made.open() as vault:
        vault.add_person("Anna", OTHER)
    edit(
        made.folder,
        "UPDATE people SET stretched_private_key = (SELECT stretched_private_key FROM people WHERE id = 2)",
    )
    with pytest.raises(CloisterError, match="wrong passphrase"):
        made.open()
