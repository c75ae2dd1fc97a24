"""What is told of a recording's end before it comes: by `show`, by `expire --dry-run`, of a mistyped day."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.retention.conftest import TODAY, Practice


def test_show_tells_when_it_is_due_what_holds_it_and_its_consents(practice: Practice, tmp_path: Path) -> None:
    assert practice("show", 1) == 0
    assert "Due:       no date\n" in practice.out
    assert "Held:" not in practice.out and "Consent:" not in practice.out
    practice("retention", "--days", 365)
    practice("hold", 1, "--reason", "a complaint")
    form = ("--client", "", "--therapist", "", "--recording", 1, "--yes", "-o", tmp_path / "form.html")
    assert practice("consent", "new", *form) == 0
    assert practice("show", 1) == 0
    assert f"Due:       {TODAY + timedelta(265)} (365 days, the vault's rule)" in practice.out
    assert f"Held:      by owner since {TODAY}: a complaint" in practice.out
    assert "Consent:   1" in practice.out
    assert practice("show", 1, "--json") == 0
    shown = json.loads(practice.out)
    assert (shown["due"], shown["consents"]) == (str(TODAY + timedelta(265)), [1])
    assert shown["hold"]["reason"] == "a complaint"


def test_show_names_no_due_date_of_what_is_destroyed(practice: Practice) -> None:
    practice("expire", 1, "--early", "as agreed", "--yes")
    assert practice("show", 1) == 0
    assert "Due:" not in practice.out
    assert practice("show", 1, "--json") == 0
    assert json.loads(practice.out)["due"] is None


def test_a_dry_run_says_that_all_of_it_would_be_refused(practice: Practice) -> None:
    practice("retention", "--days", 4, "--yes")
    assert practice("expire", "--dry-run") == 0
    assert "this is all that the vault has: without --all it is refused" in practice.err
    assert practice("expire", "--dry-run", 1, "--early", "x") == 0
    assert "--all" not in practice.err


def test_a_dry_run_tells_as_json_what_would_be_wiped_on_the_card(practice: Practice) -> None:
    asked = ("expire", 1, "--early", "x", "--card", practice.card, "--dry-run")
    assert practice(*asked, "--json") == 0
    (card,) = json.loads(practice.out)["to_wipe"]
    assert card == {"card": str(practice.card), "files": {"R0000001.DAT": 1}}
    assert practice("expire", 1, "--early", "x", "--yes", "--json") == 0
    assert json.loads(practice.out)["to_wipe"] == []


@pytest.mark.parametrize("arguments", [("retention", 1, "--until"), ("audit", "--since")])
def test_a_mistyped_day_is_told_how_days_are_written(practice: Practice, arguments: tuple) -> None:
    for typed in ("tomorrow", "31.12.2026", "20261231", "2026-W01-1", "2026-02-30"):
        said = practice.cloister.refused(*arguments, typed, status=2)
        assert f"'{typed}' is no day: write it like 2026-12-31" in said
