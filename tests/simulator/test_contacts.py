"""Contacts bounce: for 20 ms at most, from the press's own time on, and the same way with the same seed."""

import pytest

# Tells the times at which each button's level changed, in milliseconds.
WATCH = """
pins = [Pin(32, Pin.IN, Pin.PULL_UP), Pin(33, Pin.IN, Pin.PULL_UP)]
now = [pin.value() for pin in pins]
tell(at_start=now)
changes = [[], []]
for moment in range(900):
    for i in (0, 1):
        if pins[i].value() != now[i]:
            now[i] = pins[i].value()
            changes[i].append([moment, now[i]])
    time.sleep_ms(1)
tell(changes=changes)
"""


def changes(bench, scenario: str, **options) -> list[list]:
    bench.run(WATCH, scenario, **options)
    return bench.told["changes"]


def settles(edges: list, nominal_ms: int, level: int) -> None:
    """One press or release: several changes, the first at its time, the last to `level` within 20 ms."""
    times = [time for time, _ in edges]
    assert times[0] == nominal_ms
    assert times[-1] <= nominal_ms + 20
    assert edges[-1][1] == level
    assert [edge[1] for edge in edges] == [level, 1 - level] * (len(edges) // 2) + [level]
    assert len(edges) >= 3


def test_each_press_and_each_release_bounces(bench):
    for seed in range(6):
        first, second = changes(bench, "0.1 press both 0.3\n0.6 press p2 0.1\n1 end", seed=seed)
        settles([edge for edge in first if edge[0] < 300], 100, 0)
        settles([edge for edge in first if edge[0] > 300], 400, 1)
        for nominal_ms, level in ((100, 0), (400, 1), (600, 0), (700, 1)):
            settles([edge for edge in second if nominal_ms <= edge[0] < nominal_ms + 50], nominal_ms, level)
        assert first != second[: len(first)]


def test_bouncing_is_repeatable_with_a_seed(bench):
    scenario = "0.1 press p1 0.3\n1 end"
    seen = [changes(bench, scenario, seed=seed)[0] for seed in (3, 3, 4)]
    assert seen[0] == seen[1] != seen[2]


def test_press_that_is_shorter_than_its_bouncing_ends_open(bench):
    (edges, _) = changes(bench, "0.1 press p1 0.005\n1 end", seed=2)
    assert edges[0] == [100, 0]
    assert edges[-1][1] == 1
    assert edges[-1][0] <= 125


def test_button_that_is_down_at_power_on_has_come_to_rest(bench):
    edges, _ = changes(bench, "0 press p1 0.5\n1 end")
    assert bench.told["at_start"] == [0, 1]
    settles(edges, 500, 1)


@pytest.mark.parametrize("pressed_ms", [190, 100])
def test_button_that_is_held_across_a_reset_stays_down(bench, pressed_ms):
    main = """
    if not os.listdir("/data"):
        open("/data/again", "w").close()
        time.sleep_ms(200)
        machine.reset()
    """
    outcome = bench.run(main + WATCH.replace("\n", "\n    "), f"0.{pressed_ms} press p2 0.4\n2 end")
    assert outcome.restarts == 1
    assert bench.told["at_start"] == [1, 0]
    settles(bench.told["changes"][1], pressed_ms + 400 - 200, 1)
