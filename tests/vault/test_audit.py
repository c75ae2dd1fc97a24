"""The audit: an entry that is altered, removed, put in or rolled back is found and named."""

import pytest

from host_tools.errors import CloisterError
from host_tools.vault import open_vault
from tests.quick_vault import QuickVault, make_quick_vault
from tests.vault.raw import all_bytes, edit, rows


@pytest.fixture
def made(tmp_path) -> QuickVault:
    made = make_quick_vault(tmp_path)
    with made.open() as vault:
        for number in range(1, 6):
            with vault.accounted("export", to=f"Ruth's memory stick {number}"):
                vault.account.recordings = [number]
    return made


def faults(made: QuickVault) -> list[str]:
    with made.open() as vault:
        return vault.audit.verify()


def test_entries_say_who_what_when_which_and_how_it_ended(made: QuickVault) -> None:
    with made.open() as vault:
        with pytest.raises(CloisterError), vault.accounted("hold"):
            vault.account.recordings = [2]
            raise CloisterError("there is no recording 2")
        entry = vault.audit.entries(newest=1)[0]
        assert len(vault.audit.entries()) == 6
        assert vault.audit.verify() == []
        assert vault.audit.head == (6, entry.hash)
    assert (entry.seq, entry.person, entry.action, entry.recordings) == (6, 1, "hold", [2])
    assert (entry.outcome, entry.detail) == ("failed", {"error": "there is no recording 2"})


def test_details_lie_in_no_file_in_clear(made: QuickVault) -> None:
    assert b"Ruth" not in all_bytes(made.folder)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET action = 'import' WHERE seq = 3",
        "UPDATE audit SET person = 2 WHERE seq = 3",
        "UPDATE audit SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 3",
        "UPDATE audit SET recordings = '[4]' WHERE seq = 3",
        "UPDATE audit SET outcome = 'failed' WHERE seq = 3",
        "UPDATE audit SET hash = randomblob(32) WHERE seq = 3",
        "UPDATE audit SET wrapped_detail = (SELECT wrapped_detail FROM audit WHERE seq = 2) WHERE seq = 3",
    ],
)
def test_an_altered_entry_is_named(made: QuickVault, change: str) -> None:
    assert faults(made) == []
    edit(made.folder, change)
    assert any("entry 3 was altered" in fault for fault in faults(made))


def test_removed_entries_are_named(made: QuickVault) -> None:
    edit(made.folder, "DELETE FROM audit WHERE seq IN (2, 3)")
    assert faults(made) == ["entries 2 to 3 were removed"]


def test_the_newest_cannot_be_removed_even_if_more_is_done_after(made: QuickVault) -> None:
    edit(made.folder, "DELETE FROM audit WHERE seq = 5")
    assert faults(made) == ["entry 5 was removed"]
    with made.open() as vault, vault.accounted("export"):
        pass
    assert faults(made) == ["entry 5 was removed"]


def test_an_entry_that_was_put_in_is_named(made: QuickVault) -> None:
    edit(
        made.folder,
        "INSERT INTO audit SELECT 6, at, person, action, recordings, outcome, wrapped_detail, hash "
        "FROM audit WHERE seq = 5",
    )
    assert any("entry 6" in fault for fault in faults(made))


def test_a_head_that_was_taken_back_is_not_made_good_by_the_next_entry(made: QuickVault) -> None:
    edit(made.folder, "DELETE FROM audit WHERE seq > 3")
    (hash_of_third,) = rows(made.folder, "SELECT hash FROM audit WHERE seq = 3")[0]
    edit(made.folder, "UPDATE audit_head SET seq = 3, hash = ?", hash_of_third)
    assert faults(made) == ["the head of the audit is not signed by this vault"]
    with made.open() as vault, vault.accounted("export"):
        pass
    assert any("entry 4 was altered, or put in" in fault for fault in faults(made))


def test_an_audit_that_was_emptied_is_missed_for_ever(made: QuickVault) -> None:
    edit(made.folder, "DELETE FROM audit")
    edit(made.folder, "DELETE FROM audit_head")
    assert faults(made) == ["the head of the audit is not signed by this vault"]
    for _ in range(2):
        with made.open() as vault, vault.accounted("export"):
            pass
        assert any("entry 1 was altered, or put in" in fault for fault in faults(made))


def test_an_audit_without_entries_is_whole(tmp_path) -> None:
    (tmp_path / "new").mkdir()
    assert faults(make_quick_vault(tmp_path / "new")) == []


def test_nobody_can_set_the_audit_s_clock(made: QuickVault) -> None:
    edit(made.folder, "UPDATE audit_head SET at = '2999-01-01T00:00:00.000000+00:00'")
    assert faults(made) == ["the head of the audit is not signed by this vault"]
    with made.open() as vault:
        assert vault.now().year < 2999 and vault.clock_set_back is None


def test_a_certificate_or_backup_remembers_the_head(made: QuickVault) -> None:
    with made.open() as vault:
        seq, head = vault.audit.head
        vault.papers.add("backup", {"audit": [seq, head]})
    assert faults(made) == []
    with made.open() as vault:
        vault.papers.add("certificate", {"audit": {"seq": 4, "hash": "00" * 32}})
    assert faults(made) == ["entry 4 is not the one that certificate 1 names"]


def test_wrong_passphrases_are_entered_at_the_next_opening(made: QuickVault) -> None:
    for _ in range(2):
        with pytest.raises(CloisterError, match="wrong passphrase"):
            open_vault(made.folder, "not it at all")
    with made.open() as vault:
        refused = [entry for entry in vault.audit.entries() if entry.outcome == "refused"]
        assert [entry.seq for entry in refused] == [6, 7]
        assert all(entry.person == 0 and entry.action == "open" for entry in refused)
        assert vault.audit.verify() == []


def test_an_entry_is_never_earlier_than_the_one_before(
    made: QuickVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    import host_tools.vault.audit as module

    with made.open() as vault:
        newest = vault.audit.entries(newest=1)[0].at
        assert vault.clock_set_back is None

        class Back(module.datetime):
            @classmethod
            def now(cls, tz=None):
                return newest - module.timedelta(days=3)

        monkeypatch.setattr(module, "datetime", Back)
        assert vault.clock_set_back == module.timedelta(days=3)
        with vault.accounted("export"):
            pass
        assert vault.audit.entries(newest=1)[0].at == newest
        assert vault.audit.verify() == []
