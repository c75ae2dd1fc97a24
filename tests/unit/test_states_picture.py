"""The picture of lights and buttons, and the page around it, say what the firmware's table and codes say."""

import hashlib
import re
from types import SimpleNamespace

import pytest
from PIL import Image

from host_tools.recorder.faults import FAULTS
from host_tools.simulator.interpreter import FIRMWARE_DIR
from tools import draw_states

PAGE = (draw_states.DOCS_DIR / f"{draw_states.NAME}.md").read_text(encoding="utf-8")
SVG_PATH = draw_states.DOCS_DIR / f"{draw_states.NAME}.svg"
STATES, LIGHTS = draw_states.load_firmware()
WORDS = draw_states.load_words(STATES)
ROWS = [row for section in WORDS["section"] for row in section["row"]]


def source(path: str) -> str:
    return (FIRMWARE_DIR / "recorder" / path).read_text(encoding="utf-8")


def constant(path: str, name: str) -> int:
    (value,) = re.findall(rf"^{name} = const\(([\d_]+)\)", source(path), re.MULTILINE)
    return int(value)


def codes() -> set[int]:
    return {int(code) for code in re.findall(r"^    code = (\d+)", source("errors.py"), re.MULTILINE)}


def table(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the page, without its head."""
    below = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def changed(**changes) -> SimpleNamespace:
    return SimpleNamespace(
        **{name: value for name, value in vars(STATES).items() if name.isupper()} | changes
    )


def test_the_drawing_is_current(tmp_path):
    draw_states.write(tmp_path)
    drawn = (tmp_path / SVG_PATH.name).read_bytes()
    assert drawn == SVG_PATH.read_bytes(), "make picture draws it anew"
    with Image.open(SVG_PATH.with_suffix(".png")) as picture:
        assert picture.info["Source"] == hashlib.sha256(drawn).hexdigest()


def test_every_state_gesture_and_pattern_of_the_table_is_in_the_drawing():
    drawn = SVG_PATH.read_text(encoding="utf-8")
    ids = set(re.findall(r'id="((?:state|gesture)-[^"]+)"', drawn))
    wanted = {f"state-{state}" for state in STATES.GREEN}
    wanted |= {f"gesture-{state}-{one}" for state, gestures in STATES.GESTURES.items() for one in gestures}
    wanted |= {"state-ready-READY_WARNING", "state-recording-BLIP_WARNING", "state-consent-COUNT_MS"}
    assert ids == wanted
    for section in WORDS["section"]:
        assert f"<!-- {section['name']} -->" in drawn
    for row in ROWS:
        assert f"<!-- {row['name'].format(fault=draw_states.FAULT_SHOWN)} -->" in drawn


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"GREEN": STATES.GREEN | {"asleep": ()}}, "state 'asleep' of the firmware has no words"),
        ({"GREEN": {"ready": ()}}, "does not have the state 'closing'"),
        ({"NEW_WARNING": (60, 940)}, "pattern 'NEW_WARNING' of the firmware has no words"),
        (
            {"GESTURES": STATES.GESTURES | {"fault": {"hold": "recover", "both": "reset"}}},
            "fault.both = reset",
        ),
        ({"GESTURES": STATES.GESTURES | {"fault": {"hold": "restart"}}}, "fault.hold = restart"),
        ({"GESTURES": STATES.GESTURES | {"fault": {}}}, "does not have the gesture 'fault.hold"),
        ({"UP": "released"}, "does not have the picture of the gesture 'released'|'up' of the firmware"),
    ],
)
def test_nothing_is_drawn_where_words_and_table_differ(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw_states.draw(changed(**changes), LIGHTS)


def spans(state: str, pattern: str | None = None) -> dict[str, list[tuple[int, int]]]:
    (row,) = [row for row in ROWS if row["state"] == state and row.get("pattern") == pattern]
    return draw_states.watch(LIGHTS, row)


def test_lights_are_drawn_as_the_firmware_drives_them():
    blip_ms = STATES.BLIP_MS
    assert spans("ready") == {"red": [], "green": [(0, blip_ms), (5000, 5000 + blip_ms)]}
    recording = spans("recording")
    assert recording["red"] == [(0, draw_states.SHOWN_MS)]
    assert recording["green"] == [(at, at + blip_ms) for at in range(0, 10_000, 1000)]
    assert len(spans("recording", "BLIP_WARNING")["green"]) == 20
    assert len(spans("ready", "READY_WARNING")["green"]) == 6
    assert spans("wiping") == {light: [(0, draw_states.SHOWN_MS)] for light in ("red", "green")}
    assert spans("fault")["red"][:4] == [(0, 250), (500, 750), (1000, 1250), (3000, 3250)]
    assert spans("fault")["green"][:4] == [(250, 500), (750, 1000), (1250, 1500), (3250, 3500)]


def test_the_page_shows_the_drawing():
    assert f"]({SVG_PATH.name})" in PAGE and f"]({SVG_PATH.with_suffix('.png').name})" in PAGE


def test_every_fault_code_is_in_the_page_once_and_no_other():
    told = [int(row[0]) for row in table("Faults")]
    assert sorted(told) == sorted(codes()) == sorted(FAULTS)
    label = PAGE.split("```text\n")[1].split("```")[0]
    assert sorted(map(int, re.findall(r"\b(\d+) (?!s\b|blips\b|min\b)[a-z]", label))) == sorted(codes())
    assert {int(number) for number in re.findall(r"\bfault (\d+)", PAGE)} <= codes()


def test_every_state_is_in_the_page_under_the_picture_s_name_and_no_other():
    told = {name for row in table("All the lights in words") for name in re.findall(r"\*\*(.+?)\*\*", row[1])}
    assert told == {row["name"].partition(", here")[0] for row in ROWS}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (STATES.HOLD_MS / 1000, "hold either button for {} seconds"),
        (STATES.HOLD_MS / 1000, "STOP     either holds {} s\n"),
        (STATES.BOTH_MS / 1000, "hold both buttons for {} seconds"),
        (STATES.BOTH_MS / 1000, "DESTROY  both together hold {} s,"),
        (sum(STATES.GREEN["ready"]) / 1000, "Green blips once every {} seconds: it is ready"),
        (sum(STATES.GREEN["paused"]) / 1000, "Green blips twice every {} seconds"),
        (constant("app.py", "_SHOWN_MS") / 1000, "lit together for {} seconds or more"),
        (constant("place.py", "_FEW_KEYS"), "or {} keys or fewer are left"),
        (constant("stock.py", "AHEAD_S") / 60, "less than {} minutes are left"),
        (constant("stock.py", "AHEAD_S") / 60, "RED, 2 blips  under {} min left"),
        (constant("stock.py", "_LEAST_MINUTES"), "room for {} minutes at least"),
        (constant("gestures.py", "_STUCK_MS") / 1000, "a button was down for {} seconds"),
        (constant("service.py", "_HELD_MS") / 1000, "Both buttons held for {} seconds from switching on"),
        (int(*re.findall(r'"consent_window_s": (\d+),', source("setting_rules.py"))), "After {} seconds (or"),
        (int(*re.findall(r'"parties": \(1, (\d+)\)', source("setting_rules.py"))), "from 1 to {}."),
    ],
)
def test_numbers_in_the_page_are_the_firmware_s(value, words):
    assert value == int(value)
    assert words.format(int(value)) in PAGE
