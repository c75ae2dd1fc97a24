"""Presses told apart, bouncing contacts waited out."""

import sys

from recorder import gestures


class Ticks:
    """The part of `time` that a button needs."""

    @staticmethod
    def ticks_diff(later, earlier):
        return later - earlier

    @staticmethod
    def ticks_add(ticks, delta):
        return ticks + delta


def play(*closed_ms: tuple[int, int], until_ms: int = 12_000, step_ms: int = 4) -> list[tuple[int, str]]:
    """Close the contact during each span and return (time, gesture) of what is told."""
    button = gestures.Button(Ticks)
    told = []
    for now_ms in range(0, until_ms, step_ms):
        closed = any(begin <= now_ms < end for begin, end in closed_ms)
        gesture = button.poll(closed, now_ms)
        if gesture:
            told.append((now_ms, gesture))
    return told


def names(told: list[tuple[int, str]]) -> list[str]:
    return [gesture for _, gesture in told]


def test_a_short_press_is_told_after_nobody_pressed_again():
    told = play((1000, 1100))
    assert names(told) == [gestures.DOWN, gestures.SHORT]
    assert 1500 <= told[1][0] <= 1550


def test_two_presses_are_a_double_and_no_short():
    assert names(play((1000, 1100), (1300, 1400))) == [gestures.DOWN, gestures.DOUBLE]


def test_two_presses_far_apart_are_two_shorts():
    assert names(play((1000, 1100), (1700, 1800))) == [gestures.DOWN, gestures.SHORT] * 2


def test_a_hold_is_told_once_after_two_seconds_and_is_no_short_press():
    told = play((1000, 6000))
    assert names(told) == [gestures.DOWN, gestures.HOLD]
    assert 2990 <= told[1][0] <= 3050


def test_a_hold_that_began_while_a_card_held_everything_up_counts_from_when_it_may_have_begun():
    button = gestures.Button(Ticks)
    button.poll(False, 10_000)
    told = [(now_ms, button.poll(now_ms < 12_600, now_ms)) for now_ms in range(10_900, 14_000, 10)]
    assert [(now_ms, gesture) for now_ms, gesture in told if gesture] == [
        (10_920, gestures.DOWN),
        (12_000, gestures.HOLD),
    ]


def test_a_short_press_seen_late_is_no_hold():
    button = gestures.Button(Ticks)
    button.poll(False, 0)
    told = [button.poll(now_ms < 5_800, now_ms) for now_ms in range(5_000, 8_000, 10)]
    assert [gesture for gesture in told if gesture] == [gestures.DOWN, gestures.SHORT]


def test_a_contact_that_trembles_while_it_is_held_does_not_begin_anew():
    told = play((1000, 2500), (2508, 6000), step_ms=4)
    assert names(told) == [gestures.DOWN, gestures.HOLD]
    assert 2990 <= told[1][0] <= 3050


def test_bouncing_contacts_are_one_press():
    bounces = [(1000 + i, 1002 + i) for i in range(0, 20, 4)] + [(1024, 1200), (1204, 1208)]
    assert names(play(*bounces, step_ms=1)) == [gestures.DOWN, gestures.SHORT]


def test_a_press_set_aside_is_neither_hold_nor_short():
    button = gestures.Button(Ticks)
    assert [button.poll(True, 0), button.poll(True, 40)] == [None, gestures.DOWN]
    button.set_aside()
    assert {button.poll(now_ms < 3000, now_ms) for now_ms in range(60, 5000, 10)} == {None}


def test_the_module_under_test_is_the_firmware_s():
    assert "firmware" in sys.modules["recorder.gestures"].__file__
