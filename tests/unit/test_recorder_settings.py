"""The recorder's settings: every bad value named, nothing changed by it. On both interpreters."""

import json
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("settings_harness.py")
DEFAULTS = {
    "rate": 16000, "channels": 1, "gain_db": 24, "parties": 2, "consent_window_s": 30,
    "container_minutes": 60, "retention_days": 0, "erase_expired": False, "indicator": 100, "max_minutes": 0,
}  # fmt: skip
RANGES = {
    "gain_db": (0, 42), "parties": (1, 8), "consent_window_s": (5, 600), "container_minutes": (10, 240),
    "retention_days": (0, 36525), "indicator": (1, 100), "max_minutes": (0, 1440),
}  # fmt: skip
NO_NUMBERS = [1.0, "16000", None, True, [16000], {}, 1 << 40, -(1 << 40)]


def apply(micropython, changes, stored=None):
    """What each change led to: (message, settings, settings read again, damaged, writes)."""
    lines = "".join(json.dumps(line) + "\n" for line in [stored, *changes])
    return [json.loads(line) for line in micropython.output(HARNESS, stdin=lines).splitlines()]


def test_the_defaults_are_those_of_the_design(micropython):
    assert apply(micropython, [{}]) == [[None, DEFAULTS, DEFAULTS, False, 0]]


def test_both_ends_of_every_range_are_allowed_and_kept(micropython):
    changes = [{name: value} for name, ends in RANGES.items() for value in ends]
    changes += [{"rate": rate} for rate in (8000, 16000, 24000, 32000, 48000)]
    changes += [{"channels": 1}, {"channels": 2}, {"erase_expired": True}, {"erase_expired": False}]
    expected = dict(DEFAULTS)
    for change, (message, now, read_again, _, _) in zip(changes, apply(micropython, changes), strict=True):
        expected |= change
        assert (message, now, read_again) == (None, expected, expected)


def refusals():
    """(field, bad value, what it must be)"""
    for name, (low, high) in RANGES.items():
        for bad in [low - 1, high + 1, *NO_NUMBERS]:
            yield name, bad, f"{name} must be a whole number from {low} to {high}"
    for bad in [0, 44100, 96000, -16000, 16000.0, *NO_NUMBERS]:
        yield "rate", bad, "rate must be one of 8000, 16000, 24000, 32000, 48000"
    for bad in [0, 3, *NO_NUMBERS]:
        yield "channels", bad, "channels must be one of 1, 2"
    for bad in [0, 1, None, "true", 1.0, [True]]:
        yield "erase_expired", bad, "erase_expired must be true or false"


def test_each_bad_value_is_named_and_nothing_changes_with_it(micropython):
    cases = list(refusals())
    for with_good_ones in ({}, {"parties": 3, "retention_days": 7, "erase_expired": True, "rate": 8000}):
        changes = [with_good_ones | {name: bad} for name, bad, _ in cases]
        for (name, bad, must), found in zip(cases, apply(micropython, changes), strict=True):
            assert found == [f"value: {must}", DEFAULTS, DEFAULTS, False, 0], (name, bad)


@pytest.mark.parametrize("name", ["Rate", "gain", "id", "__class__"])
def test_an_unknown_setting_is_named(micropython, name):
    message = apply(micropython, [{"rate": 8000, name: 1}])[0][0]
    assert message == f"value: {name} is not a setting"


@pytest.mark.parametrize("name", ["", "x" * 33, "a b\n", "é", "\ud800", "\x1b[31m"])
def test_an_unknown_name_that_is_not_fit_to_be_shown_is_not_repeated(micropython, name):
    found = apply(micropython, [{name: 1}])[0]
    assert found == ["value: one of the names is not a setting", DEFAULTS, DEFAULTS, False, 0]


@pytest.mark.parametrize("changes", [None, 7, "rate", [], [["rate", 8000]], True])
def test_changes_must_be_an_object(micropython, changes):
    assert apply(micropython, [changes])[0][0] == "value: config must be an object"


def test_a_change_that_cannot_be_stored_does_not_take_effect(micropython):
    assert apply(micropython, ["full disk"])[0] == ["full", DEFAULTS, DEFAULTS, False, 0]


def test_nothing_is_written_when_nothing_changes(micropython):
    found = apply(micropython, [{"rate": 8000}, {"rate": 8000}, {}, {"channels": 1}])
    assert [writes for *_, writes in found] == [1, 1, 1, 1]


def test_fields_of_another_version_are_left_alone(micropython):
    stored = json.dumps({"rate": 8000, "brightness_curve": [1, 2]})
    expected = DEFAULTS | {"rate": 8000}
    assert apply(micropython, [{}], stored) == [[None, expected, expected, False, 0]]


DAMAGED = ["", "{", '{"rate": 8000', "[]", "7", '{"rate": 7}', '{"rate": 8000, "parties": 0}']


@pytest.mark.parametrize("stored", DAMAGED)
def test_damaged_settings_become_the_defaults_and_are_told_until_the_next_change(micropython, stored):
    before, after = apply(micropython, ["full disk", {}], stored)
    assert before == ["full", DEFAULTS, DEFAULTS, True, 0]
    assert after == [None, DEFAULTS, DEFAULTS, False, 1]
