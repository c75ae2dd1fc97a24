"""Scenarios are read exactly, and every mistake in one is said with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import CloisterError
from host_tools.simulator.run import planned_end_ms
from host_tools.simulator.scenario import Event, Scenario, milliseconds, parse_scenario, read_scenario
from host_tools.simulator.world import remaining


def test_every_event_of_the_protocol_is_read():
    scenario = parse_scenario(
        """
        # a comment
        0.5   press both 0.2        # p1, p2 or both
        62.0  press p1 0.1
        3.25  card-out
        4     card-in
        5     card-stall 1250
        6     card-error 3
        7     battery 3300
        8     mic "a file.wav"
        9     light-off
        10    light-on
        11    card-locked
        12    card-in "other card.img"
        13    clock-battery-out
        95.0  end
        """,
        Path("/folder"),
    )
    assert scenario.audio_files == [Path("/folder/a file.wav")]
    assert scenario.card_files == [Path("/folder/other card.img")]
    assert scenario.end_ms == scenario.last_ms == 95_000
    assert scenario.events == [
        Event(500, "button", (1, True)), Event(500, "button", (2, True)),
        Event(700, "button", (1, False)), Event(700, "button", (2, False)),
        Event(3250, "card-out"), Event(4000, "card-in"), Event(5000, "card-stall", (1250,)),
        Event(6000, "card-error", (3,)), Event(7000, "battery", (3300,)), Event(8000, "mic", (0,)),
        Event(9000, "light-off"), Event(10_000, "light-on"), Event(11_000, "card-locked"),
        Event(12_000, "card-in", (0,)), Event(13_000, "clock-battery-out"),
        Event(62_000, "button", (1, True)), Event(62_100, "button", (1, False)), Event(95_000, "end"),
    ]  # fmt: skip


def test_everything_wrong_with_a_card_is_read():
    scenario = parse_scenario(
        """
        1  card-raise 2
        2  card-read-error 4
        3  card-busy "busy times.txt"
        4  card-rot 100
        5  card-size 512MiB
        6  card-size 1024 wrap
        7  card-cache 32
        8  card-cache 0
        """,
        Path("/folder"),
    )
    assert scenario.busy_files == [Path("/folder/busy times.txt")]
    assert scenario.events == [
        Event(1000, "card-raise", (2,)), Event(2000, "card-read-error", (4,)),
        Event(3000, "card-busy", (0,)), Event(4000, "card-rot", (100,)),
        Event(5000, "card-size", (1_048_576, False)), Event(6000, "card-size", (2, True)),
        Event(7000, "card-cache", (32,)), Event(8000, "card-cache", (0,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1.0", "a time and an event are needed"),
        ("soon press p1 1", "'soon' is not a time"),
        ("-1 end", "not a time from 0"),
        ("nan end", "not a time from 0"),
        ("1e99 end", "not a time from 0"),
        ("0.0005 end", "finer than a millisecond"),
        ("1 explode", "'explode' is no event"),
        ("1 press p1", "takes 2 arguments, not 1"),
        ("1 card-in a b", "takes 0 or 1 argument, not 2"),
        ("1 press p3 1", "'p3' is none of"),
        ("1 press p1 0", "longer than 0"),
        ("1 end now", "takes 0 arguments, not 1"),
        ("1 card-stall -5", "milliseconds from 1 to 60000"),
        ("1 card-stall 99999999", "milliseconds from 1 to 60000"),
        ("1 battery 3.7", "millivolts from 1 to 6000"),
        ("1 card-error ²", "writes from 1"),
        ("1 card-raise 0", "writes from 1 to 1000000, not '0'"),
        ("1 card-read-error many", "reads from 1 to 1000000, not 'many'"),
        ("1 card-rot", "'card-rot' takes 1 argument, not 0"),
        ("1 card-rot -1", "sectors from 1 to 1000000, not '-1'"),
        ("1 card-cache 1001", "writes from 0 to 1000, not '1001'"),
        ("1 card-busy", "'card-busy' takes 1 argument, not 0"),
        ("1 card-size", "'card-size' takes 1 or 2 arguments, not 0"),
        ("1 card-size 0", "whole sectors in bytes, or 64MiB, not '0'"),
        ("1 card-size 1000", "whole sectors in bytes, or 64MiB, not '1000'"),
        ("1 card-size 64GB", "whole sectors in bytes, or 64MiB, not '64GB'"),
        ("1 card-size 3000000MiB", "whole sectors in bytes, or 64MiB, not '3000000MiB'"),
        ("1 card-size 64MiB burn", "may vanish or wrap, not 'burn'"),
        ("1e999999999 end", "not a time from 0"),
        ("1e-999999999 end", "finer than a millisecond"),
        ("1e99999999999999999999 end", "not a time in seconds"),
        ("0." + "0" * 4000 + "1 end", "…' is not a time in seconds"),
        ("0.5000000000000000000000000000001 end", "finer than a millisecond"),
        ("1 card-stall " + "9" * 4500, "999…'"),
        ("1 mic " + "a" * 5000, "longer than 5000 characters"),
        ("1 mic " + "a" * 4500, "aaa…': file name too long"),
        ("1 mic a\0b", "the name of a file, not 'a?b'"),
        ('1 card-in ""', "the name of a file, not ''"),
        ("1 \x1b[2Jx", "'?[2Jx' is no event"),
        ("1 mic a\\", "No escaped character"),
        ('1 mic "open', "No closing quotation"),
    ],
)
def test_a_mistake_is_named_with_its_line(line, reason):
    with pytest.raises(CloisterError) as caught:
        parse_scenario(f"0.1 press p1 0.1\n\n{line}\n")
    assert caught.value.message.startswith("scenario, line 3: ")
    assert reason in caught.value.message


def test_a_button_cannot_be_pressed_while_it_is_held():
    with pytest.raises(CloisterError, match="p1 is pressed at 2 s, but held until 2.5 s"):
        parse_scenario("1 press both 1.5\n2 press p1 0.1\n3 press p2 1")


def test_sound_is_looked_for_beside_the_scenario_first(tmp_path, monkeypatch):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    for path in ("both.wav", "scenarios/both.wav", "here.wav"):
        (tmp_path / path).touch()
    scenario = parse_scenario("1 mic both.wav\n2 mic here.wav\n3 mic nowhere.wav", folder)
    assert scenario.audio_files == [folder / "both.wav", Path("here.wav"), folder / "nowhere.wav"]


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff\xfe", "not UTF-8"), (b"#" * 5_000_000, "larger than")]
)
def test_a_file_that_is_no_scenario_is_refused(tmp_path, content, reason):
    path = tmp_path / "scenario"
    path.write_bytes(content)
    with pytest.raises(CloisterError, match=reason):
        read_scenario(path)
    with pytest.raises(CloisterError, match="cannot be read"):
        read_scenario(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n" * 1_048_576, None),
        (b"#" + b"x" * 1_048_575, None),
        (b"\0" * 1_048_576, "line 1: longer than"),
        (b"1 end\n" * 150_000, "line 20001: more than 20000 events"),
        (b"1 end\n" * 20_000, None),
    ],
    ids=["empty lines", "one comment", "zeros", "too many events", "many events"],
)
def test_largest_scenarios_are_read_or_refused(tmp_path, content, reason):
    path = tmp_path / "scenario"
    path.write_bytes(content)
    if reason is None:
        read_scenario(path)
        return
    with pytest.raises(CloisterError, match=reason):
        read_scenario(path)


WORDS = [
    "0.5",
    "1e9",
    "-1",
    "press",
    "p1",
    "both",
    "mic",
    "card-in",
    "card-busy",
    "card-size",
    "64MiB",
    "wrap",
]


@given(st.lists(st.sampled_from([*WORDS, "\n", '"', "'", "\\", "#", "\0", "²", "9" * 50, "end"]) | st.text()))
def test_any_words_are_a_scenario_or_an_error(words):
    try:
        parse_scenario(" ".join(words))
    except CloisterError as error:
        assert error.message.startswith("scenario")


@given(st.text())
def test_any_text_is_a_scenario_or_an_error(text):
    try:
        parse_scenario(text)
    except CloisterError as error:
        assert error.message.startswith("scenario")


@given(st.integers(0, 10**9))
def test_times_are_exact(time_ms):
    assert milliseconds(f"{time_ms // 1000}.{time_ms % 1000:03d}") == time_ms


def test_the_run_ends_where_something_ends_it():
    nothing, events = Scenario(), parse_scenario("5 press p1 1")
    ended, cut = parse_scenario("5 press p1 1\n20 end"), parse_scenario("3 power-cut")
    assert planned_end_ms(events, None, False) == 16_000
    assert planned_end_ms(events, 7000, False) == 7000
    assert planned_end_ms(ended, None, True) == 20_000
    assert planned_end_ms(cut, 7000, False) == 3000
    assert planned_end_ms(nothing, None, True) is None


def test_a_restart_keeps_what_is_physical():
    events = parse_scenario(
        "1 battery 3000\n1 card-stall 50\n1 light-off\n2 light-on\n2 card-in other\n2 card-locked\n"
        "2 card-rot 9\n2 card-busy x\n2 card-cache 4\n2 card-size 1MiB\n2 card-raise 3\n2 card-read-error 3\n"
        "2 press p1 5\n3 press p2 0.5\n9 battery 3500"
    ).events
    assert remaining(events, 4000) == [
        Event(0, "battery", (3000,)), Event(0, "light-off"), Event(0, "light-on"), Event(0, "card-in", (0,)),
        Event(0, "card-locked"), Event(0, "card-rot", (9,)), Event(0, "card-busy", (0,)),
        Event(0, "card-cache", (4,)), Event(0, "card-size", (2048, False)), Event(0, "button", (1, True)),
        Event(3000, "button", (1, False)), Event(5000, "battery", (3500,)),
    ]  # fmt: skip
