"""The table of places: complete, sourced, dated, and never shown without the notice above it."""

import json
from collections import Counter

import pytest

from host_tools.consent.places import ALL_PARTY, DISPUTED, MIXED, ONE_PARTY, Place, find, notice, places
from host_tools.errors import CloisterError
from tests.typed_command import Cloister

STATES = """
    AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND
    OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY
"""
OTHERS = "US CA GB IE DE AT CH FR NL ES IT NZ"
AUSTRALIA = "ACT NSW NT QLD SA TAS VIC WA"
ALL_PARTY_STATES = "CA FL IL MD MA MT NH OR PA WA"


def test_every_place_that_the_table_promises_is_in_it_once() -> None:
    states, parts = STATES.split(), AUSTRALIA.split()
    wanted = {*OTHERS.split(), *(f"US-{code}" for code in states), *(f"AU-{code}" for code in parts)}
    assert len(states) == 51
    counted = Counter(place.code for place in places())
    assert set(counted) == wanted and set(counted.values()) == {1}
    assert len({place.name for place in places()}) == len(wanted)


@pytest.mark.parametrize("place", places(), ids=lambda place: place.code)
def test_every_entry_has_a_rule_a_law_a_source_and_a_day(place: Place) -> None:
    assert place.rule in (ONE_PARTY, ALL_PARTY, MIXED, DISPUTED)
    assert place.law and place.source.startswith(("https://", "http://"))
    assert place.checked.year >= 2026
    assert place.note.endswith(".") or not place.note
    assert place.note or place.rule in (ONE_PARTY, ALL_PARTY)
    assert place.as_dict()["checked"] == place.checked.isoformat()


def test_the_states_that_ask_everybody_are_marked_so() -> None:
    marked = {
        place.code.removeprefix("US-") for place in places() if place.rule == ALL_PARTY and "US" in place.code
    }
    assert marked == set(ALL_PARTY_STATES.split())
    assert {place.code for place in places() if place.rule == DISPUTED} == {"US-DE", "US-MI"}
    for code, rule in (
        ("DE", ALL_PARTY),
        ("CH", ALL_PARTY),
        ("FR", ALL_PARTY),
        ("AU-NSW", ALL_PARTY),
        ("CA", ONE_PARTY),
    ):
        assert find(code)[0].rule == rule


def test_a_place_is_found_by_code_name_or_a_part_of_its_name() -> None:
    assert [place.code for place in find("us-or")] == ["US-OR"]
    assert [place.code for place in find("  New   York ")] == ["US-NY"]
    assert [place.code for place in find("CA")] == ["CA"]
    assert [place.code for place in find("virginia")] == ["US-VA"]
    assert len(find("Australia")) == len(AUSTRALIA.split())
    for name in ("Atlantis", "", " "):
        with pytest.raises(CloisterError, match="does not mean that everything is allowed"):
            find(name)


def test_the_notice_stands_above_whatever_is_shown(cloister: Cloister) -> None:
    for name in ((), ("Oregon",), ("Australia",)):
        assert cloister("consent", "places", *name) == 0
        assert cloister.out.startswith("This is no legal advice.")
        flat = " ".join(cloister.out.split())
        for words in ("HIPAA", "GDPR", "Professional secrecy", "Ask a lawyer of your place."):
            assert words in flat
    cloister("consent", "places", "Delaware", "--json")
    said = json.loads(cloister.out)
    assert said["notice"] == notice()
    assert [place["code"] for place in said["places"]] == ["US-DE"]
    cloister("consent", "places", "Delaware")
    assert "see a lawyer: disputed" in cloister.out and "https://" in cloister.out


def test_the_table_needs_no_vault(cloister: Cloister, tmp_path) -> None:
    cloister.made.folder = tmp_path / "nothing here"
    assert cloister("consent", "places", "Kansas") == 0
