"""`cloister audit`: what was done is listed, and what somebody did to the list is found and named."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister, errors
from tests.vault.raw import all_bytes, edit


@pytest.fixture
def kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    """A vault in which some things were done, on two days."""
    cloister = Cloister(make_quick_vault(tmp_path), capsys)
    with cloister.made.open() as vault:
        for ids, action in (([1], "import"), ([1, 2, 3], "verify"), ([2], "export")):
            with vault.accounted(action, to="Ruth's memory stick", confirmed=True, spans=[1.5, {"part": 2}]):
                vault.account.recordings = ids
    return cloister


def verified(cloister: Cloister, *more: object) -> tuple[int, list[str]]:
    status = cloister("audit", "--verify", *more)
    return status, [line.removeprefix("cloister: error: ") for line in errors(cloister.err)]


def head_of(cloister: Cloister) -> str:
    assert cloister("audit", "--verify") == 0
    return cloister.out.splitlines()[1]


def test_it_shows_who_did_what_when_and_with_which_recordings(kept: Cloister) -> None:
    assert kept("audit") == 0
    heading, first, second, _ = kept.out.splitlines()
    assert heading.split("   ")[0] == "No."
    assert [part.strip() for part in second.split("   ") if part][2:] == [
        "owner", "verify", "recordings 1 to 3; to: Ruth's memory stick; confirmed: yes; spans: 1.5, part 2",
    ]  # fmt: skip
    assert "import" in first


def test_it_can_be_narrowed_to_a_recording_and_a_day(kept: Cloister) -> None:
    assert kept("audit", "--recording", 2, "--json") == 0
    assert [entry["seq"] for entry in json.loads(kept.out)["entries"]] == [2, 3]
    assert kept("audit", "--since", "2000-01-01", "--recording", 1, "--json") == 0
    assert [entry["seq"] for entry in json.loads(kept.out)["entries"]] == [1, 2]
    assert kept("audit", "--since", "2999-01-01") == 0
    assert (kept.out, kept.err) == ("", "Nothing of that kind is in the audit.\n")
    for day in ("yesterday", "2025-13-01", "20250101"):
        kept.refused("audit", "--since", day, status=2)


def test_failed_attempts_to_open_it_appear(kept: Cloister, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not the passphrase\n")
    assert "wrong passphrase" in kept.refused("list", passphrase_file=tmp_path / "wrong")
    assert kept("audit") == 0
    last = kept.out.splitlines()[-1]
    assert "nobody" in last and "open: refused" in last and "wrong passphrase" in last
    assert "not the passphrase" not in kept.out


def test_a_whole_audit_prints_the_head_to_be_written_down(kept: Cloister) -> None:
    assert kept("audit", "--verify") == 0
    first, head = kept.out.splitlines()
    assert first == "The audit is whole: 3 entries. Its head is"
    assert head.startswith("3:") and len(head) == 2 + 64
    assert "write the head down" in kept.err
    assert kept("audit", "--head", head) == 0
    with kept.made.open() as vault, vault.accounted("export"):
        pass
    assert kept("audit", "--head", head.upper()) == 0
    assert kept("audit", "--verify", "--json") == 0
    assert json.loads(kept.out)["faults"] == []
    assert json.loads(kept.out)["entries"] == 4


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE audit SET person = 2 WHERE seq = 2", "entry 2 was altered"),
        ("UPDATE audit SET wrapped_detail = randomblob(60) WHERE seq = 1", "entry 1 was altered"),
        ("DELETE FROM audit WHERE seq = 2", "entry 2 was removed"),
        ("DELETE FROM audit WHERE seq = 3", "entry 3 was removed"),
        ("INSERT INTO audit SELECT 4, at, 2, action, recordings, outcome, wrapped_detail, hash FROM audit "
         "WHERE seq = 3", "entry 4"),
        ("UPDATE audit_head SET signature = randomblob(64)", "not signed by this vault"),
    ],
)  # fmt: skip
def test_what_somebody_did_to_it_is_named(kept: Cloister, change: str, fault: str) -> None:
    assert verified(kept) == (0, [])
    edit(kept.made.folder, change)
    status, faults = verified(kept)
    assert status == 3
    assert any(fault in said for said in faults)
    assert kept.out == ""
    assert kept("audit", "--verify", "--json") == 3
    assert json.loads(kept.out)["faults"] == faults


def test_an_older_vault_that_was_put_back_is_noticed_by_a_head_written_down(
    kept: Cloister, tmp_path: Path
) -> None:
    shutil.copytree(kept.made.folder, tmp_path / "older")
    with kept.made.open() as vault, vault.accounted("expire"):
        pass
    head = head_of(kept)
    shutil.rmtree(kept.made.folder)
    (tmp_path / "older").rename(kept.made.folder)
    assert verified(kept) == (0, [])  # nothing in it can tell
    status, faults = verified(kept, "--head", head)
    assert (status, len(faults)) == (3, 1)
    assert "ends with entry 3, but entry 4 was written down" in faults[0]
    with kept.made.open() as vault, vault.accounted("list something"):
        pass
    status, faults = verified(kept, "--head", head)
    assert status == 3
    assert faults[0].startswith("entry 4 is another one than was written down")


def test_usage(kept: Cloister) -> None:
    for head in ("3", "3:abc", "x:" + "0" * 64, ""):
        assert "is no head" in kept.refused("audit", "--head", head, status=2)
    kept.refused("audit", "--verify", "--recording", 1, status=2)
    assert kept("audit", "--head", "0:" + "0" * 64) == 0


def test_looking_is_no_entry_and_details_are_in_no_file_in_clear(kept: Cloister) -> None:
    before = head_of(kept)
    for arguments in (("audit",), ("list",), ("people",), ("backup", "--list")):
        assert kept(*arguments) == 0
    assert head_of(kept) == before
    assert b"memory stick" not in all_bytes(kept.made.folder)


def test_a_clock_that_was_ahead_once_does_not_stop_everything_for_years(
    kept: Cloister, monkeypatch: pytest.MonkeyPatch
) -> None:
    import host_tools.vault.audit as module

    class Ahead(module.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + timedelta(days=7300)

    assert "clock is not behind" in kept.refused("audit", "--clock-is-right", "--yes")
    with monkeypatch.context() as patched:
        patched.setattr(module, "datetime", Ahead)
        with kept.made.open() as vault, vault.accounted("verify"):
            pass
    with kept.made.open() as vault:
        assert vault.clock_set_back is not None
    assert kept("audit", "--clock-is-right") == 1
    assert "there is no terminal" in kept.err
    assert kept("audit", "--clock-is-right", "--yes") == 0
    with kept.made.open() as vault:
        assert vault.clock_set_back is None
        assert vault.audit.entries(newest=1)[0].action == "clock"
    assert verified(kept) == (0, [])
