"""`cloister retention`, `due`, `hold` and `release`, as they are typed."""

import json
from datetime import timedelta

import pytest

from tests.reference_writer import END, record
from tests.retention.conftest import TODAY, Practice, Typing, days_ago


def due_ids(practice: Practice, *arguments: object, status: int) -> dict[str, list[int]]:
    assert practice("due", "--json", *arguments) == status
    found = json.loads(practice.out)
    return {name: [entry["id"] for entry in found[name]] for name in ("due", "soon", "held")}


def test_without_rules_nothing_is_due_and_that_is_said(practice: Practice) -> None:
    assert practice("due") == 0
    assert practice.out == ""
    assert "Nothing is due." in practice.err
    assert "3 recordings have no date: cloister retention sets how long they are kept" in practice.err
    assert practice("retention") == 0
    assert "everything else   for ever            3" in practice.out


def test_what_has_been_due_longest_comes_first(practice: Practice) -> None:
    assert practice("retention", "--days", 40, "--yes") == 0
    assert "2 recordings of 3 are due at once" in practice.err
    assert practice("due") == 3
    rows = practice.out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["1", "2"]
    assert f"{TODAY - timedelta(60)}" in rows[1] and "60 days ago" in rows[1]
    assert "40 days, the vault's rule" in rows[1]
    assert f"the next one is due on {TODAY + timedelta(30)}" in practice.err


def test_what_becomes_due_is_listed_when_asked_for(practice: Practice) -> None:
    practice("retention", "--days", 101)
    assert due_ids(practice, status=0) == {"due": [], "soon": [], "held": []}
    assert due_ids(practice, "--within", 1, status=0)["soon"] == [1]
    assert due_ids(practice, "--within", 51, status=0)["soon"] == [1, 2]
    assert due_ids(practice, "--within", 36525, status=0)["soon"] == [1, 2, 3]


def test_a_mistyped_rule_is_asked_about_before_it_counts(practice: Practice, typing: Typing) -> None:
    assert practice("retention", "--days", 3) == 1
    assert "with this, 3 recordings of 3 are due at once" in practice.err
    assert "this has to be confirmed, and there is no terminal to ask on" in practice.err
    typing("n\n")
    assert practice("retention", "--days", 3) == 1
    assert "nothing was done" in practice.err
    assert due_ids(practice, status=0)["due"] == []
    typing("y\n")
    assert practice("retention", "--days", 3) == 0
    assert due_ids(practice, status=3)["due"] == [1, 2, 3]


def test_a_rule_that_makes_nothing_due_is_not_asked_about(practice: Practice) -> None:
    assert practice("retention", "--days", 3650) == 0
    assert "everything else   3650 days            3" in practice.out
    assert practice("retention", "--days", "none") == 0
    assert "for ever" in practice.out


def test_the_table_of_purposes_is_the_users_own(practice: Practice) -> None:
    assert practice("retention", "--purpose", "supervision", 365) == 0
    assert practice("retention", "--purpose", "client's own use", 20) == 0
    assert practice("retention", 2, "--purpose", "SUPERVISION") == 0
    assert "365 days for supervision" in practice.out
    assert practice("retention", "--json") == 0
    shown = json.loads(practice.out)
    assert shown["purposes"] == {"client's own use": 20, "supervision": 365}
    assert shown["recordings"]["by_purpose"]["supervision"] == 1
    assert practice("retention", "--purpose", "Supervision", 400) == 0
    assert "supervision" in practice.out and "Supervision" not in practice.out
    assert practice("retention", "--remove-purpose", "supervision") == 0
    assert practice("retention", 2, "--json") == 0
    assert json.loads(practice.out)["rule"] == "never"


def test_a_purpose_that_is_not_in_the_table_is_refused_with_those_that_are(practice: Practice) -> None:
    practice("retention", "--purpose", "research", 3650)
    assert practice.cloister.refused("retention", 1, "--purpose", "reserach") == (
        "reserach is no purpose of the table (research)"
    )
    assert "is no purpose" in practice.cloister.refused("retention", "--remove-purpose", "training")


def test_one_recording_has_a_rule_of_its_own(practice: Practice) -> None:
    assert practice("retention", 1, "--days", 200) == 0
    on = TODAY + timedelta(100)
    assert practice.out == f"Recording 1 is due on {on}, in 100 days (200 days, set for it).\n"
    until = TODAY + timedelta(7)
    assert practice("retention", 1, "--until", until) == 0
    assert f"due on {until}, in 7 days (date set by hand)" in practice.out
    assert practice("retention", 1, "--default") == 0
    assert practice.out == "Recording 1 is due never (no rule).\n"


def test_a_date_in_the_past_is_asked_about(practice: Practice) -> None:
    assert practice("retention", 1, "--until", TODAY) == 1
    assert "recording 1 is due at once" in practice.err
    assert practice("retention", 1, "--until", TODAY, "--yes") == 0
    assert due_ids(practice, status=3)["due"] == [1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--days", 0),
        ("--days", -5),
        ("--days", 1_000_000),
        ("--days", "ten"),
        ("--days", 5, "--remove-purpose", "x"),
        ("--until", "2030-01-01"),
        ("--default",),
        ("--purpose", "research"),
        ("--purpose", "research", "soon"),
        ("--purpose", "", 5),
        (1, "--until", "2030-02-30"),
        (1, "--days", "none"),
        (1, "--purpose", "research", 30),
        (1, "--remove-purpose", "research"),
        (1, "--days", 5, "--default"),
        (0, "--days", 5),
        (99, "--days", 5),
    ],
)
def test_rules_that_make_no_sense_are_refused(practice: Practice, arguments: tuple) -> None:
    status = practice("retention", *arguments)
    assert status in (1, 2) and practice.out == ""
    assert practice.err.startswith("cloister: error: ")
    assert due_ids(practice, status=0)["due"] == []
    assert practice("retention", "--json") == 0
    assert json.loads(practice.out)["retention_days"] is None


def test_the_recorders_own_setting_counts_before_the_vaults_rule(empty: Practice) -> None:
    empty.record(1, 30, session={"retention_days": 20})
    empty.record(2, 30)
    empty.take_in()
    assert empty("retention", "--days", 3650) == 0
    assert due_ids(empty, status=3)["due"] == [1]
    assert empty("due") == 3 and "20 days, set on the recorder" in empty.out


def test_a_held_recording_stands_apart_with_its_reason(practice: Practice) -> None:
    practice("retention", "--days", 40, "--yes")
    assert practice("hold", 1, "--reason", "a complaint of  May") == 0
    assert practice.out == "Recording 1 is held.\n"
    assert due_ids(practice, status=3) == {"due": [2], "soon": [], "held": [1]}
    assert practice("due") == 3
    held = practice.out[practice.out.index("Held, and not destroyed") :]
    assert "a complaint of May" in held and "owner" in held and str(TODAY) in held
    said = practice.cloister.refused("hold", 1, "--reason", "another")
    assert said == f"recording 1 is held already, by owner since {TODAY}: a complaint of May"


def test_a_release_asks_and_says_when_it_is_due(practice: Practice, typing: Typing) -> None:
    practice("retention", "--days", 40, "--yes")
    practice("hold", 1, "--reason", "a complaint")
    assert practice("release", 1, "--reason", "settled") == 1
    assert "has to be confirmed" in practice.err
    assert due_ids(practice, status=3)["held"] == [1]
    typing("y\n")
    assert practice("release", 1, "--reason", "settled") == 0
    assert f"due on {TODAY - timedelta(60)}, 60 days ago (40 days, the vault's rule)" in practice.err
    assert due_ids(practice, status=3) == {"due": [1, 2], "soon": [], "held": []}
    assert practice.cloister.refused("release", 1, "--reason", "again") == "recording 1 is not held"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x1b[2Jb"])
def test_a_hold_needs_a_reason_that_can_be_read(practice: Practice, reason: str) -> None:
    assert practice("hold", 1, "--reason", reason) == 2
    assert practice("hold", 1) == 2


def test_parts_of_one_recording_are_held_and_kept_together(empty: Practice) -> None:
    for part, number in enumerate((7, 8)):
        session = {"part": part, "started": days_ago(90)}
        records = empty.writer.records(b"\0\0" * 8000, start=8000 * part, end=False, session=session)
        reason = "continued" if part == 0 else "stop"
        records.append(record(END, {"samples": 8000 * (part + 1), "lost": 0, "reason": reason}))
        empty.record(number, records=records)
    empty.take_in()
    assert empty("hold", 2, "--reason", "a complaint") == 0
    assert empty.out == "Recording 1 to 2 is held.\n"
    assert empty("retention", 1, "--days", 30, "--yes") == 0
    assert due_ids(empty, status=0) == {"due": [], "soon": [], "held": [1]}
    assert empty("release", 1, "--reason", "settled", "--yes") == 0
    assert empty("due", "--json") == 3
    (entry,) = json.loads(empty.out)["due"]
    assert (entry["parts"], entry["numbers"], entry["seconds"]) == ([1, 2], [7, 8], 2.0)


def test_a_clock_that_was_set_back_is_said(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice("retention", "--days", 40, "--yes")
    set_clock_back(monkeypatch, days=30)
    assert practice("due") == 3
    assert "this computer's clock was set back" in practice.err
    assert f"{TODAY} is taken for today" in practice.err
    assert [row.split()[0] for row in practice.out.splitlines()[1:]] == ["1", "2"]


def set_clock_back(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """This computer believes that it is so many days earlier."""
    import host_tools.vault.audit as audit

    class Earlier(audit.datetime):
        @classmethod
        def now(cls, zone=None):
            return super().now(zone) - timedelta(days)

    monkeypatch.setattr(audit, "datetime", Earlier)


def test_what_was_decided_is_in_the_audit_and_reasons_lie_in_no_file(practice: Practice) -> None:
    practice("retention", "--days", 4000)
    practice("hold", 1, "--reason", "complaint of Mrs Miller")
    practice("release", 1, "--reason", "withdrawn by Mrs Miller", "--yes")
    with practice.made.open() as vault:
        entries = [(entry.action, entry.recordings, entry.outcome) for entry in vault.audit.entries()][-3:]
        details = [entry.detail for entry in vault.audit.entries()][-3:]
    assert entries == [("retention", [], "done"), ("hold", [1], "done"), ("release", [1], "done")]
    assert details[0]["retention_days"] == 4000
    assert details[1]["reason"] == "complaint of Mrs Miller"
    for path in practice.made.folder.rglob("*"):
        assert not path.is_file() or b"Miller" not in path.read_bytes()
