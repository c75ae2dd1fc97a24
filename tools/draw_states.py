"""Draws docs/using-the-recorder.svg and .png: the recorder's lights and buttons, state by state.

States, times and gestures come from the firmware: recorder/states.py is the table, and what the lights show
is what recorder/lights.py makes of it, watched for ten seconds. Only the words are from draw_states.toml.
Guarantees that nothing of the table is left out: without words for a state, a gesture or a pattern nothing is
drawn, nor with words for what the firmware does not have. The same table and words give the same bytes.
"""

import hashlib
import sys
import tomllib
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

CHECKOUT_DIR = Path(__file__).resolve().parents[1]
DOCS_DIR = CHECKOUT_DIR / "docs"
WORDS_PATH = Path(__file__).with_suffix(".toml")
NAME = "using-the-recorder"

SHOWN_MS, STEP_MS, SECOND_MS = 10_000, 5, 1000
FAULT_SHOWN = 3
CONSENTS_SHOWN = 2

# Inches, from the top left corner.
WIDTH, MARGIN = 13.2, 0.3
LIGHTS_AT, LIGHTS_WIDTH = 4.6, 4.3
BUTTONS_AT, BUTTON_WIDTH, WORDS_AT = 9.25, 0.8, 10.2
HEAD, SECTION, GESTURE, LEAST_ROW, ROW_GAP, FOOT = 1.28, 0.44, 0.28, 0.82, 0.08, 0.2
LANE, LANE_GAP = 0.19, 0.07
PRESS, PRESS_GAP = 0.08, 0.03
HALF_CAPITAL = 0.73 / 2 / 72  # of a point of size

INK, SOFT, LINE, OFF, CARD, HEARD = "#22303c", "#5a6875", "#d5dce2", "#e1e6eb", "#f7f9fa", "#fdf0f3"
# Told apart by those who do not tell red from green, too: the red is dark, the green is light.
LIGHTS = {"red": "#b3123f", "green": "#1aa96e"}


@dataclass
class Watched:
    """Stands in for the board's lights (drivers/indicator.py), and notes when each of them was lit."""

    lit: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(LIGHTS, False))
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: {light: [] for light in LIGHTS})

    def green(self, on: bool) -> None:
        """Light it, or put it out."""
        self.lit["green"] = on

    def red(self, on: bool) -> None:
        """Light it, or put it out."""
        self.lit["red"] = on

    def note(self, now_ms: int) -> None:
        """Add the lights, as they are from now to the next look."""
        for light, spans in self.spans.items():
            begin_ms = spans.pop()[0] if spans and spans[-1][1] == now_ms and self.lit[light] else now_ms
            if self.lit[light]:
                spans.append((begin_ms, now_ms + STEP_MS))


def load_firmware() -> tuple[ModuleType, ModuleType]:
    """Return the firmware's `recorder.states` and `recorder.lights`, with a stand-in for `micropython`."""
    stub: Any = ModuleType("micropython")
    stub.const = lambda value: value
    before = sys.modules.get("micropython")
    sys.modules["micropython"] = stub
    sys.path.insert(0, str(CHECKOUT_DIR / "firmware"))
    try:
        return import_module("recorder.states"), import_module("recorder.lights")
    finally:
        sys.path.remove(str(CHECKOUT_DIR / "firmware"))
        if before is None:
            del sys.modules["micropython"]
        else:
            sys.modules["micropython"] = before


def load_words(states: ModuleType) -> dict[str, Any]:
    """Return the words, as draw_states.toml has them.

    Raises ValueError unless there are words for all that the table has, and for nothing else.
    """
    words = tomllib.loads(WORDS_PATH.read_text(encoding="utf-8"))
    rows = [row for section in words["section"] for row in section["row"]]
    _same("state", {row["state"] for row in rows if "pattern" not in row}, set(states.GREEN))
    patterns = {name for name, value in vars(states).items() if name.isupper() and _is_pattern(value)}
    _same("pattern", {row["pattern"] for row in rows if "pattern" in row}, patterns)
    worded = {
        f"{state}.{gesture} = {entry['calls']}"
        for state, entries in words["gesture"].items()
        for gesture, entry in entries.items()
    }
    table = {
        f"{state}.{gesture} = {action}"
        for state, actions in states.GESTURES.items()
        for gesture, action in actions.items()
    }
    _same("gesture", worded, table)
    _same("picture of the gesture", presses(states), {line.split()[0].split(".")[1] for line in table})
    _same("state of a gesture", set(states.GREEN) & set(states.GESTURES), set(states.GESTURES))
    return words


def _is_pattern(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, int) for part in value)


def _same(what: str, worded: Any, there: set[str]) -> None:
    missing, unknown = sorted(there - set(worded)), sorted(set(worded) - there)
    if missing:
        raise ValueError(f"the {what} {missing[0]!r} of the firmware has no words in {WORDS_PATH.name}")
    if unknown:
        raise ValueError(f"the firmware does not have the {what} {unknown[0]!r}")


def watch(lights_module: ModuleType, row: dict[str, str]) -> dict[str, list[tuple[int, int]]]:
    """Return the spans of ms in which each light is lit, as the firmware drives them for the row."""
    indicator = Watched()
    ticks = SimpleNamespace(ticks_diff=lambda later, earlier: later - earlier)
    lights = lights_module.Lights(indicator, ticks)
    lights.show(row["state"], 0, FAULT_SHOWN if row["state"] == "fault" else 0)
    lights.warning = row.get("pattern", "").endswith("_WARNING")
    if row.get("pattern") == "COUNT_MS":
        lights.count(CONSENTS_SHOWN, 0)
    if row["state"] == "recording":
        indicator.red(True)  # by the microphone's supply
    for now_ms in range(0, SHOWN_MS, STEP_MS):
        if row["state"] == "recording" and now_ms % SECOND_MS == 0:
            lights.blip(now_ms)
        lights.poll(now_ms)
        indicator.note(now_ms)
    return indicator.spans


def presses(states: ModuleType) -> dict[str, list[tuple[int, float, float]]]:
    """What two people do, by gesture: which button, from when to when, in seconds."""
    short_s, hold_s, both_s = 0.5, states.HOLD_MS / SECOND_MS, states.BOTH_MS / SECOND_MS
    again_s = short_s + states.DOUBLE_MS / SECOND_MS
    each = [(0, 0.0, short_s), (1, 1.5, 1.5 + short_s)]
    return {
        states.DOWN: each,
        states.UP: each,
        states.SHORT: each[:1],
        states.DOUBLE: [(0, 0.0, short_s), (0, again_s, again_s + short_s)],
        states.HOLD: [(0, 0.0, hold_s)],
        states.BOTH: [(0, 0.0, both_s), (1, 0.0, both_s)],
    }


class Page:
    """A sheet in inches, from its top left corner down."""

    def __init__(self, height: float) -> None:
        self.figure = Figure(figsize=(WIDTH, height), facecolor="white")
        FigureCanvasAgg(self.figure)
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, WIDTH)
        self.axes.set_ylim(height, 0)
        self.axes.axis("off")

    def text(self, x: float, y: float, words: str, size: float = 10.5, **how: Any) -> None:
        """One line of words, its capitals about the height `y`."""
        self.axes.text(x, y + size * HALF_CAPITAL, words, fontsize=size, **{"color": INK, **how})

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A plain rectangle."""
        self.axes.add_patch(Rectangle((x, y), width, height, facecolor=color, linewidth=0))

    def card(self, y: float, height: float, color: str, gid: str) -> None:
        """What a row stands on."""
        style = "round,pad=0,rounding_size=0.09"
        patch = FancyBboxPatch((MARGIN, y), WIDTH - 2 * MARGIN, height, boxstyle=style)
        patch.set(facecolor=color, edgecolor=LINE, linewidth=0.7, gid=gid)
        self.axes.add_patch(patch)


def row_height(states: ModuleType, row: dict[str, str]) -> float:
    """A row is as high as its gestures need."""
    lines = 0 if "pattern" in row else len(states.GESTURES.get(row["state"], ()))
    return max(LEAST_ROW, GESTURE * lines + 0.22)


def draw(states: ModuleType, lights: ModuleType) -> Figure:
    """Return the picture. Raises ValueError as load_words()."""
    words = load_words(states)
    rows = [row for section in words["section"] for row in section["row"]]
    rows_height = sum(row_height(states, row) + ROW_GAP for row in rows)
    page = Page(HEAD + SECTION * len(words["section"]) + rows_height + FOOT)
    _draw_head(page, words)
    y = HEAD
    for section in words["section"]:
        page.text(MARGIN + 0.04, y + 0.27, section["name"], 12, color=SOFT, weight="bold")
        y += SECTION
        for row in section["row"]:
            height = row_height(states, row)
            color = HEARD if row["state"] == "recording" else CARD
            page.card(y, height, color, "-".join(filter(None, ("state", row["state"], row.get("pattern")))))
            _draw_words(page, row, y + height / 2)
            _draw_lights(page, watch(lights, row), y + height / 2)
            _draw_buttons(page, states, words["gesture"], row, y + height / 2)
            y += height + ROW_GAP
    return page.figure


def _draw_head(page: Page, words: dict[str, Any]) -> None:
    page.text(MARGIN, 0.42, words["title"], 21, weight="bold")
    page.text(MARGIN, 0.84, words["rule"], 12.5)
    y = HEAD + 0.02
    page.text(LIGHTS_AT, y, "What the lights show, in ten seconds", 10.5, weight="bold")
    page.text(BUTTONS_AT, y, "What the two buttons do", 10.5, weight="bold")
    page.text(BUTTONS_AT, y + 0.28, "a line for each button", 9, color=SOFT)
    for second in range(0, SHOWN_MS // SECOND_MS + 1):
        x = LIGHTS_AT + second * LIGHTS_WIDTH * SECOND_MS / SHOWN_MS
        page.text(x, y + 0.28, str(second), 9, color=SOFT, ha="center")


def _draw_words(page: Page, row: dict[str, str], middle: float) -> None:
    numbers = {"fault": FAULT_SHOWN, "count": CONSENTS_SHOWN}
    lines = [line.format(**numbers) for line in row["meaning"].split("\n")]
    y = middle - 0.11 * len(lines) - 0.015
    page.text(MARGIN + 0.2, y, row["name"].format(**numbers), 13, weight="bold")
    y += 0.03
    for line in lines:
        y += 0.215
        page.text(MARGIN + 0.2, y, line, 10, color=SOFT)


def _draw_lights(page: Page, spans: dict[str, list[tuple[int, int]]], middle: float) -> None:
    scale = LIGHTS_WIDTH / SHOWN_MS
    y = middle - LANE - LANE_GAP / 2
    for light, color in LIGHTS.items():
        page.text(LIGHTS_AT - 0.1, y + LANE / 2, light, 9.5, color=color, ha="right", weight="bold")
        page.box(LIGHTS_AT, y, LIGHTS_WIDTH, LANE, OFF)
        for begin_ms, end_ms in spans[light]:
            page.box(LIGHTS_AT + begin_ms * scale, y, (end_ms - begin_ms) * scale, LANE, color)
        y += LANE + LANE_GAP


def _draw_buttons(
    page: Page, states: ModuleType, words: dict[str, Any], row: dict[str, str], middle: float
) -> None:
    gestures = states.GESTURES.get(row["state"], {})
    if "pattern" in row or not gestures:
        said = "as above" if gestures else "nothing"
        page.text(BUTTONS_AT, middle, said, color=SOFT, style="italic")
        return
    scale = BUTTON_WIDTH / (states.BOTH_MS / SECOND_MS)
    numbers = {"hold": states.HOLD_MS // SECOND_MS, "both": states.BOTH_MS // SECOND_MS}
    y = middle - GESTURE * (len(gestures) - 1) / 2
    for gesture in gestures:
        tops = (y - PRESS - PRESS_GAP / 2, y + PRESS_GAP / 2)
        for top in tops:
            page.box(BUTTONS_AT, top, BUTTON_WIDTH, PRESS, OFF)
        for button, begin_s, end_s in presses(states)[gesture]:
            page.box(BUTTONS_AT + begin_s * scale, tops[button], (end_s - begin_s) * scale, PRESS, INK)
        said = words[row["state"]][gesture]["words"].format(**numbers)
        page.text(WORDS_AT, y, said, gid=f"gesture-{row['state']}-{gesture}")
        y += GESTURE


def write(folder: Path) -> None:
    """Draw both files into `folder`; the PNG names the SVG that it belongs to."""
    with matplotlib.rc_context({"svg.hashsalt": NAME, "svg.fonttype": "path", "font.family": "DejaVu Sans"}):
        figure = draw(*load_firmware())
        svg, png = folder / f"{NAME}.svg", folder / f"{NAME}.png"
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        digest = hashlib.sha256(svg.read_bytes()).hexdigest()
        figure.savefig(png, format="png", dpi=150, metadata={"Software": None, "Source": digest})


def main() -> int:
    """Draws both files into docs; exit status 1 where the words do not fit the firmware's table."""
    try:
        write(DOCS_DIR)
    except ValueError as failure:
        print(f"make picture: {failure}", file=sys.stderr)
        return 1
    print(f"docs/{NAME}.svg and docs/{NAME}.png are drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
