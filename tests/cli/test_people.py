"""`cloister people` and `cloister init`: everybody has a passphrase of their own, and the audit knows who."""

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.vault import Argon2Cost, open_vault
from host_tools.vault.stretching import Stretching
from tests.quick_vault import PASSPHRASE
from tests.typed_command import Cloister
from tests.vault.raw import all_bytes

OTHER, THIRD = "another twelve characters", "a third passphrase here"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    (tmp_path / "other").write_text(OTHER + "\n")
    return tmp_path / "other"


@pytest.fixture
def shared(cloister: Cloister, other: Path) -> Cloister:
    """A vault of two people."""
    assert cloister("people", "add", "Dr. Anna  Berg", "--new-passphrase-file", other) == 0
    assert cloister.out == "Added person 2, Dr. Anna Berg.\n"
    return cloister


def test_each_sees_who_can_open_it(shared: Cloister, other: Path) -> None:
    assert shared("people", passphrase_file=other) == 0
    lines = shared.out.splitlines()
    assert lines[0].split() == ["No.", "Name", "Since", "(UTC)"]
    assert "owner" in lines[1] and not lines[1].endswith("you")
    assert "Dr. Anna Berg" in lines[2] and lines[2].endswith("you")
    assert shared("people", "--json") == 0
    people = json.loads(shared.out)["people"]
    assert [(person["id"], person["name"], person["you"]) for person in people] == [
        (1, "owner", True),
        (2, "Dr. Anna Berg", False),
    ]


def test_who_was_removed_cannot_open_it_any_more(shared: Cloister, other: Path) -> None:
    assert shared("people", "remove", "dr. anna berg", "--yes") == 0
    assert shared.out == "Removed person 2, Dr. Anna Berg.\n"
    assert "copies and backups of the vault made before" in shared.err
    assert "wrong passphrase" in shared.refused("list", passphrase_file=other)
    assert shared("list") == 0


def test_one_may_leave_if_another_stays(shared: Cloister, other: Path) -> None:
    assert shared("people", "remove", "1", "--yes") == 0
    assert "last person" in shared.refused("people", "remove", "2", "--yes", passphrase_file=other)
    assert "wrong passphrase" in shared.refused("list")


def test_removing_is_asked_for(shared: Cloister) -> None:
    assert "no terminal to ask on" in shared.refused("people", "remove", "2")
    assert "nobody called Bert" in shared.refused("people", "remove", "Bert", "--yes")


def test_whoever_removes_themselves_is_told_so(shared: Cloister, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, is_told in ((1, True), (2, False)):
        typed = io.StringIO("n\n")
        monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stdin", typed)
        assert shared("people", "remove", number) == 1
        assert ("which is you" in shared.err) == is_told


def test_a_passphrase_is_changed_for_oneself_alone(shared: Cloister, other: Path, tmp_path: Path) -> None:
    (tmp_path / "third").write_text(THIRD + "\n")
    options = ("people", "passphrase", "--new-passphrase-file", tmp_path / "third")
    assert shared(*options, passphrase_file=other) == 0
    assert "wrong passphrase" in shared.refused("list", passphrase_file=other)
    assert shared("list", passphrase_file=tmp_path / "third") == 0
    assert shared("list") == 0


def test_new_passphrases_follow_the_rules_of_init(shared: Cloister, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("elevenchars\n")
    options = ("--new-passphrase-file", tmp_path / "short")
    assert "12 or more" in shared.refused("people", "add", "Bert", *options)
    assert "12 or more" in shared.refused("people", "passphrase", *options)
    assert "no terminal to ask on" in shared.refused("people", "add", "Bert")
    (tmp_path / "mine").write_text(PASSPHRASE + "\n")
    words = shared.refused("people", "add", "Bert", "--new-passphrase-file", tmp_path / "mine")
    assert "in use already" in words


def test_names_are_changed_and_lie_in_no_file(shared: Cloister) -> None:
    assert shared("people", "rename", "2", "Dr. Ruth Stein") == 0
    assert shared("people") == 0
    assert "Dr. Ruth Stein" in shared.out and "Berg" not in shared.out
    assert "called Owner already" in shared.refused("people", "rename", "2", "Owner")
    assert "has letters" in shared.refused("people", "rename", "2", "1")
    stored = all_bytes(shared.made.folder)
    for word in (b"Berg", b"Stein", b"Ruth", b"owner"):
        assert word not in stored


def test_the_audit_says_who_let_whom_in(shared: Cloister, other: Path) -> None:
    assert shared("people", "remove", "1", "--yes", passphrase_file=other) == 0
    assert shared("audit", "--json", passphrase_file=other) == 0
    added, removed = json.loads(shared.out)["entries"]
    assert (added["who"], added["action"]) == ("owner (removed)", "people")
    assert added["detail"] == {"did": "added", "name": "Dr. Anna Berg", "person": 2}
    assert (removed["who"], removed["person"]) == ("Dr. Anna Berg", 2)
    assert removed["detail"] == {"did": "removed", "person": 1, "name": "owner"}


@pytest.fixture
def unmade(tmp_path: Path, other: Path) -> list[str]:
    return ["--vault", str(tmp_path / "new"), "--passphrase-file", str(other)]


def test_init_gives_the_first_person_a_name_and_a_cost_of_this_computer(
    unmade: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_tools.vault.calibrate.calibrated_cost", lambda: Argon2Cost(64, 5, 1))
    assert main([*unmade, "init", "--name", " Ruth  Stein "]) == 0
    with open_vault(tmp_path / "new", OTHER) as vault:
        assert [(person.id, person.name) for person in vault.people()] == [(1, "Ruth Stein")]
        assert Stretching.read(vault._database, "stretching", "").cost == Argon2Cost(64, 5, 1)


def test_init_never_takes_less_than_the_standard_cost(unmade: list[str], tmp_path: Path) -> None:
    assert main([*unmade, "init"]) == 0
    with closing(sqlite3.connect(tmp_path / "new" / "vault.sqlite")) as connection:
        memory_kib, iterations, lanes = connection.execute(
            "SELECT memory_kib, iterations, lanes FROM stretching"
        ).fetchone()
    assert memory_kib >= 64 * 1024 and iterations >= 3 and lanes >= 4


def test_init_refuses_a_name_that_is_none(unmade: list[str], tmp_path: Path) -> None:
    assert main([*unmade, "init", "--name", "7"]) == 1
    assert not (tmp_path / "new").exists()
