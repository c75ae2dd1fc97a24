"""Presses told apart, bouncing contacts waited out, both buttons together told from each alone."""

import sys

from recorder import gestures, states


class Ticks:
    """The part of `time` that the gestures need."""

    @staticmethod
    def ticks_ms():
        return 0

    @staticmethod
    def ticks_diff(later, earlier):
        return later - earlier

    @staticmethod
    def ticks_add(ticks, delta):
        return ticks + delta


class Contacts:
    """Two contacts, as the board's buttons are asked for them."""

    def __init__(self, *down: bool):
        self.down = list(down) or [False, False]

    def __call__(self, button: int) -> bool:
        return self.down[button]


def play(
    *first_ms: tuple[int, int], second_ms: tuple[tuple[int, int], ...] = (), until_ms=22_000, step_ms=4
) -> list[tuple[int, str]]:
    """Close the contacts during each span and return (time, gesture) of what is told."""
    contacts = Contacts()
    both = gestures.Gestures(contacts, Ticks)
    spans = (first_ms, second_ms)
    told = []
    for now_ms in range(0, until_ms, step_ms):
        contacts.down = [any(begin <= now_ms < end for begin, end in span) for span in spans]
        gesture = both.poll(now_ms)
        if gesture:
            told.append((now_ms, gesture))
    return told


def names(told: list[tuple[int, str]]) -> list[str]:
    return [gesture for _, gesture in told]


def test_a_short_press_is_told_after_nobody_pressed_again():
    told = play((1000, 1100))
    assert names(told) == [states.DOWN, states.UP, states.SHORT]
    assert 1500 <= told[2][0] <= 1550


def test_two_presses_are_a_double_and_no_short():
    assert names(play((1000, 1100), (1300, 1400))) == [states.DOWN, states.UP, states.DOUBLE]


def test_a_second_press_that_bounces_at_the_end_of_its_time_still_makes_a_double():
    assert names(play((1000, 1100), (1510, 1600))) == [states.DOWN, states.UP, states.DOUBLE]


def test_a_second_press_that_is_held_is_a_hold_as_well():
    told = play((1000, 1100), (1300, 5000))
    assert names(told) == [states.DOWN, states.UP, states.DOUBLE, states.HOLD]
    assert 3290 <= told[3][0] <= 3350


def test_two_presses_far_apart_are_two_shorts():
    assert names(play((1000, 1100), (1700, 1800))) == [states.DOWN, states.UP, states.SHORT] * 2


def test_a_hold_is_told_once_after_two_seconds_and_is_no_short_press():
    told = play((1000, 6000))
    assert names(told) == [states.DOWN, states.HOLD]
    assert 2990 <= told[1][0] <= 3050


def test_both_held_for_eight_seconds_are_told_once_and_are_no_hold_of_either():
    told = play((1000, 12_000), second_ms=((1300, 12_000),))
    assert names(told) == [states.DOWN, states.DOWN, states.BOTH]
    assert 9290 <= told[2][0] <= 9350


def test_both_let_go_early_are_nothing_more():
    told = play((1000, 8900), second_ms=((1000, 8950),))
    assert names(told) == [states.DOWN, states.DOWN]


def test_one_that_is_held_on_when_the_other_lets_go_counts_from_then():
    told = play((1000, 6000), second_ms=((1000, 9000),))
    assert names(told) == [states.DOWN, states.DOWN, states.HOLD]
    assert 7940 <= told[2][0] <= 8100


def test_a_hold_that_was_told_does_not_become_both():
    told = play((1000, 14_000), second_ms=((5000, 14_000),))
    assert names(told) == [states.DOWN, states.HOLD, states.DOWN, states.HOLD]


def test_both_pressed_shortly_are_each_a_short_press():
    told = names(play((1000, 1200), second_ms=((1000, 1200),)))
    assert sorted(told) == sorted([states.DOWN, states.UP, states.SHORT] * 2)


class First:
    """Looks at the first of two buttons, the second being up."""

    def __init__(self, closed: bool = False):
        self.contacts = Contacts(closed, False)
        self.both = gestures.Gestures(self.contacts, Ticks)

    def look(self, closed: bool, now_ms: int) -> str | None:
        self.contacts.down[0] = closed
        return self.both.poll(now_ms)


def test_a_hold_that_began_while_a_card_held_everything_up_counts_from_when_it_may_have_begun():
    first = First()
    first.look(False, 10_000)
    told = [(now_ms, first.look(now_ms < 12_600, now_ms)) for now_ms in range(10_900, 14_000, 10)]
    assert [(now_ms, gesture) for now_ms, gesture in told if gesture] == [
        (10_920, states.DOWN),
        (12_000, states.HOLD),
    ]


def test_a_short_press_seen_late_is_no_hold():
    first = First()
    first.look(False, 0)
    told = [first.look(now_ms < 5_800, now_ms) for now_ms in range(5_000, 8_000, 10)]
    assert [gesture for gesture in told if gesture] == [states.DOWN, states.UP, states.SHORT]


def test_a_contact_that_trembles_while_it_is_held_does_not_begin_anew():
    told = play((1000, 2500), (2508, 6000), step_ms=4)
    assert names(told) == [states.DOWN, states.HOLD]
    assert 2990 <= told[1][0] <= 3050


def test_bouncing_contacts_are_one_press():
    bounces = [(1000 + i, 1002 + i) for i in range(0, 20, 4)] + [(1024, 1200), (1204, 1208)]
    assert names(play(*bounces, step_ms=1)) == [states.DOWN, states.UP, states.SHORT]


def test_a_press_set_aside_is_neither_hold_nor_short_nor_half_of_both():
    first = First()
    assert [first.look(True, 0), first.look(True, 40)] == [None, states.DOWN]
    first.both.set_aside(40)
    assert {first.look(now_ms < 3000, now_ms) for now_ms in range(60, 5000, 10)} == {None}
    first.contacts.down[1] = True
    told = [first.look(True, now_ms) for now_ms in range(6000, 6100, 10)]
    assert [gesture for gesture in told if gesture] == [states.DOWN, states.DOWN]
    first.both.set_aside(6100)
    assert {first.look(True, now_ms) for now_ms in range(6100, 16_000, 10)} == {None}


def test_a_press_right_after_a_state_began_counts_only_if_it_is_held():
    first = First()
    first.both.set_aside(0, grace_ms=700)
    told = [first.look(100 <= now_ms < 300, now_ms) for now_ms in range(0, 1500, 20)]
    assert [gesture for gesture in told if gesture] == [states.DOWN]
    first.both.set_aside(2000, grace_ms=700)
    told = [first.look(2100 <= now_ms < 6000, now_ms) for now_ms in range(2000, 7000, 20)]
    assert [gesture for gesture in told if gesture] == [states.DOWN, states.HOLD]


def test_a_button_that_stays_down_is_stuck():
    first = First()
    stuck = []
    for now_ms in range(0, 12_000, 20):
        first.look(True, now_ms)
        stuck.append(first.both.stuck(now_ms))
    assert stuck.index(True) * 20 > 10_000


def test_what_is_down_from_the_beginning_is_no_press_until_it_was_let_go():
    first = First(closed=True)
    assert {first.look(True, now_ms) for now_ms in range(0, 15_000, 20)} == {None}
    assert first.both.stuck(15_000)
    told = [first.look(15_500 <= now_ms < 15_600, now_ms) for now_ms in range(15_000, 17_000, 20)]
    assert [gesture for gesture in told if gesture] == [states.DOWN, states.UP, states.SHORT]


def test_the_module_under_test_is_the_firmware_s():
    assert "firmware" in sys.modules["recorder.gestures"].__file__
