"""When a recording is due: which rule counts, from which day, and what its parts do to each other."""

from datetime import date

import pytest
from msgspec.structs import replace

from host_tools.errors import CloisterError
from host_tools.vault import Recording
from host_tools.vault.chains import chains
from host_tools.vault.retention import (
    MOST_DAYS,
    Rules,
    by_urgency,
    checked_days,
    checked_purpose,
    wholes_of,
)
from host_tools.vault.state import Gone, Hold, State

ENTRY = Recording(
    1, "ab" * 8, 7, "00" * 32, "", "file", "complete", "", 8000, 1, "2025-07-14T23:59:59Z", 0, None, 0, 8000,
    0, 3, "2025-07-20T08:00:00+00:00", ended="stop",
)  # fmt: skip
HOLD = Hold("a complaint", "2025-08-01T00:00:00+00:00", 1)
GONE = Gone("2025-08-01T00:00:00+00:00", 1, "expire")


def wholes(*parts: Recording, rules: Rules = Rules(), **states: State):  # noqa: B008 - frozen
    return wholes_of(chains(parts).values(), {int(key[1:]): state for key, state in states.items()}, rules)


def term(entry: Recording, state: State, rules: Rules = Rules()):  # noqa: B008
    (whole,) = wholes(entry, rules=rules, **{f"r{entry.id}": state})
    return whole.term


EVERYTHING = State(
    days=30, purpose="research", destroy_on="2026-01-02", withdrawn="2025-09-01T10:00:00+00:00"
)
TABLE = Rules(365, {"research": 100})


def test_the_first_rule_that_says_something_counts() -> None:
    entry = replace(ENTRY, retention_days=10)
    steps = [
        (EVERYTHING, TABLE, date(2025, 9, 1), "consent withdrawn"),
        (replace(EVERYTHING, withdrawn=None), TABLE, date(2026, 1, 2), "date set by hand"),
        (State(days=30, purpose="research"), TABLE, date(2025, 8, 13), "30 days, set for it"),
        (State(purpose="research"), TABLE, date(2025, 10, 22), "100 days for research"),
        (State(purpose="training"), TABLE, date(2025, 7, 24), "10 days, set on the recorder"),
        (State(), TABLE, date(2025, 7, 24), "10 days, set on the recorder"),
    ]
    for state, rules, on, words in steps:
        found = term(entry, state, rules)
        assert (found.on, found.words) == (on, words)


def test_without_a_rule_of_the_recorders_the_vaults_own_counts_and_else_it_is_kept() -> None:
    for days in (None, 0):
        entry = replace(ENTRY, retention_days=days)
        assert term(entry, State(), TABLE).on == date(2026, 7, 14)
        assert term(entry, State(), TABLE).words == "365 days, the vault's rule"
        assert term(entry, State()).on is None
        assert term(entry, State()).words == "no rule"


@pytest.mark.parametrize(
    ("started", "counted_from"),
    [
        ("2025-07-14T23:59:59Z", date(2025, 7, 14)),
        (None, date(2025, 7, 20)),
        ("2099-01-01T00:00:00Z", date(2025, 7, 20)),
    ],
)
def test_days_are_counted_from_the_start_unless_the_clock_cannot_be_believed(started, counted_from) -> None:
    found = term(replace(ENTRY, started=started), State(days=1))
    assert (found.on - counted_from).days == 1
    assert found.words == "1 day, set for it"


def test_it_is_due_from_its_day_on() -> None:
    (whole,) = wholes(ENTRY, r1=State(days=10))
    assert not whole.is_due(date(2025, 7, 23))
    assert whole.is_due(date(2025, 7, 24)) and whole.is_due(date(2030, 1, 1))
    assert not wholes(ENTRY)[0].is_due(date.max)


def part(number: int, of: int = 3, **changes) -> Recording:
    """Part `number` (from 1) of a recording in several."""
    details = {
        "id": number, "number": 6 + number, "part": number - 1, "start": (number - 1) * 8000,
        "samples": number * 8000, "ended": "stop" if number == of else "continued",
    }  # fmt: skip
    return replace(ENTRY, **(details | changes))


def test_the_parts_of_a_recording_are_due_together_on_the_latest_date() -> None:
    parts = [part(1, retention_days=10), part(2, retention_days=40), part(3, retention_days=20)]
    (whole,) = wholes(*parts)
    assert whole.ids == [1, 2, 3]
    assert whole.term.on == date(2025, 8, 23)
    parts[0] = part(1)
    assert wholes(*parts)[0].term.on is None


def test_what_was_decided_about_one_part_counts_for_all() -> None:
    parts = [part(1), part(2), part(3)]
    assert wholes(*parts, rules=TABLE, r2=State(days=5))[0].term.on == date(2025, 7, 19)
    assert wholes(*parts, rules=TABLE, r1=State(days=5), r3=State(days=6))[0].term.days == 6
    assert wholes(*parts, r3=State(withdrawn="2025-08-01"))[0].term.on == date(2025, 8, 1)
    assert wholes(*parts, r2=State(hold=HOLD))[0].hold == HOLD
    assert wholes(*parts, r1=State(consents=[2]), r3=State(consents=[1, 2]))[0].consents == (1, 2)


def test_what_is_gone_is_due_no_more() -> None:
    parts = [part(1), part(2), part(3)]
    (whole,) = wholes(*parts, r1=State(gone=GONE))
    assert whole.ids == [2, 3]
    assert wholes(ENTRY, r1=State(gone=GONE)) == []


def test_what_has_been_due_longest_comes_first_and_what_never_is_last() -> None:
    entries = [replace(ENTRY, id=number, number=10 * number) for number in (1, 2, 3)]
    found = wholes(*entries, r2=State(destroy_on="2025-08-02"), r3=State(destroy_on="2025-08-01"))
    assert [whole.ids for whole in by_urgency(found)] == [[3], [2], [1]]


def test_no_calendar_is_long_enough_for_some_clocks() -> None:
    entry = replace(ENTRY, started="9999-12-30T00:00:00Z", imported="9999-12-31T00:00:00+00:00")
    assert term(entry, State(days=MOST_DAYS)).on == date.max


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
def test_days_that_make_no_rule_are_refused(days: int) -> None:
    with pytest.raises(CloisterError, match="are kept for 1 to 36525 days"):
        checked_days(days)


def test_purposes_are_kept_as_they_are_written_and_found_however_they_are() -> None:
    assert checked_purpose("  client's  own use ") == "client's own use"
    for name in ("", " ", "x" * 61, "a\x1bb"):
        with pytest.raises(CloisterError, match="a purpose has a name"):
            checked_purpose(name)
    rules = Rules(None, {"Research": 3})
    assert rules.purpose("research") == "Research"
    assert rules.purpose("training") is None
    assert Rules.of(rules.settings()) == rules
    assert Rules.of({}) == Rules()
