"""A picture of a recording: peaks and loudness over time, marks, pauses and gaps.

The envelope is gathered as the sound comes by, so memory does not grow with the length. The picture
holds no words that were said, but it does tell how long and how lively a session was: it is as private
as the rest, and is written only where somebody asks.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from host_tools.audio.pcm import Sound, Span, grouped, steady
from host_tools.container.report import clock

COLUMNS = 1800
FULL_SCALE = 32768
INK, LOUD, PEAK, GAP, MARK, PAUSE = "#33414e", "#2f6f8f", "#a9c9d8", "#e9b8ae", "#c2571a", "#7a7f87"
SHOWN_EVENTS = {"mark": ("mark", MARK, "-"), "pause": ("pause", PAUSE, ":")}


@dataclass
class Envelope:
    """Per column: least and greatest sample, sum of squares and count, over all channels."""

    low: np.ndarray
    high: np.ndarray
    energy: np.ndarray
    count: np.ndarray

    @property
    def rms(self) -> np.ndarray:
        """Root mean square per column; 0 where there is no sound."""
        return np.sqrt(self.energy / np.maximum(self.count, 1))


def envelope(body: Sound, span: Span, channels: int, columns: int = COLUMNS) -> Envelope:
    """Gather the span's envelope in that many columns."""
    result = Envelope(np.zeros(columns), np.zeros(columns), np.zeros(columns), np.zeros(columns))
    position = 0
    for block in grouped(steady(body, span, channels)):
        first = position * columns // span.length
        final = (position + len(block) - 1) * columns // span.length
        edges = -(-np.arange(first + 1, final + 1, dtype=np.int64) * span.length // columns) - position
        starts = np.concatenate(([0], edges))
        here = slice(first, final + 1)
        values = block.astype(np.float64)
        result.low[here] = np.minimum(result.low[here], np.minimum.reduceat(values.min(axis=1), starts))
        result.high[here] = np.maximum(result.high[here], np.maximum.reduceat(values.max(axis=1), starts))
        result.energy[here] += np.add.reduceat((values**2).mean(axis=1), starts)
        result.count[here] += np.diff(np.append(starts, len(block)))
        position += len(block)
    return result


def draw(body: Sound, span: Span, rate_hz: int, channels: int, title: str, path: Path) -> int:
    """Write the picture to `path` as a PNG; returns the samples drawn."""
    shape = envelope(body, span, channels, min(COLUMNS, max(1, span.length)))
    figure = Figure(figsize=(12, 3.4), dpi=150, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw_sound(axes, shape, span.length / rate_hz)
    _draw_events(axes, body, span, rate_hz)
    _dress(axes, span.length / rate_hz, shape, title)
    figure.savefig(path, format="png", metadata={"Software": None})
    return int(shape.count.sum())


def _draw_sound(axes: Axes, shape: Envelope, seconds: float) -> None:
    """Peaks in a light tone, loudness over them in a darker one."""
    times = (np.arange(len(shape.low)) + 0.5) * seconds / len(shape.low)
    rms = shape.rms / FULL_SCALE
    axes.fill_between(
        times, shape.low / FULL_SCALE, shape.high / FULL_SCALE, color=PEAK, linewidth=0, step="mid"
    )
    axes.fill_between(times, -rms, rms, color=LOUD, linewidth=0, step="mid")
    axes.axhline(0, color=INK, linewidth=0.4)


def _draw_events(axes: Axes, body: Sound, span: Span, rate_hz: int) -> None:
    """Gaps as bands, marks and pauses as lines, with a legend for those that are there."""
    named: set[str] = set()
    for first, until in body.gaps:
        if first < span.until and until > span.first:
            axes.axvspan(
                (first - span.first) / rate_hz,
                (until - span.first) / rate_hz,
                color=GAP,
                linewidth=0.8,
                label=None if "gap" in named else "lost",
            )
            named.add("gap")
    for event in body.events:
        if event.name in SHOWN_EVENTS and span.first <= event.at <= span.until:
            label, color, style = SHOWN_EVENTS[event.name]
            axes.axvline(
                (event.at - span.first) / rate_hz,
                color=color,
                linewidth=1.2,
                linestyle=style,
                label=None if label in named else label,
            )
            named.add(label)
    if named:
        axes.legend(loc="upper right", frameon=False, ncols=3, fontsize=9, labelcolor=INK)


def _dress(axes: Axes, seconds: float, shape: Envelope, title: str) -> None:
    """Title, time axis, and a height that fits the loudest moment."""
    peak = max(float(shape.high.max(initial=0)), -float(shape.low.min(initial=0))) / FULL_SCALE
    height = max(peak * 1.25, 0.001)
    level = f"peak {20 * np.log10(peak):.1f} dBFS" if peak > 0 else "silence"
    axes.set_title(title, loc="left", color=INK, fontsize=11)
    axes.set_title(level, loc="right", color=INK, fontsize=9)
    axes.set_xlim(0, max(seconds, 0.001))
    axes.set_ylim(-height, height)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 1.5, 2, 3, 6, 10]))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: clock(value) if seconds >= 20 else f"{value:.4g} s")
    )
    axes.tick_params(colors=INK, labelsize=9)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK)
