"""Recordings with a busy card: when it is busy, for how long, and what else happens meanwhile.

A stall keeps the next write to the card waiting; one of 1 ms before it moves it on to the write after
that, so that each write of a row has its turn.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

WROOM, WROVER = "esp32_wroom", "esp32_wrover"
START = "3 press both 0.2\n"
BEGIN_S = 3.05  # the recording has begun
PREPARATION_S = 313.0  # a container of ten minutes has five left
BURST_WRITES = 4  # segments in an audio buffer of 16 kHz mono without PSRAM
BOARDS = ((WROOM, 1000, "no PSRAM"), (WROVER, 2000, "PSRAM"))  # and what each is to ride out
Stall = tuple[float, int]  # seconds since power-on, milliseconds


@dataclass
class Trial:
    """One recording with stalls in it."""

    kind: str
    board: str
    stalls: list[Stall]
    end_s: float
    rate_hz: int = 16_000
    channels: int = 1
    must_ride: bool = False  # no sample may be lost
    scenario: str = ""  # whatever else happens
    settings: dict[str, int] = field(default_factory=dict)
    stops: bool = True  # by a button, at the end

    def text(self) -> str:
        """The scenario."""
        lines = [f"{at:.3f} card-stall {ms}\n" for at, ms in self.stalls]
        stop = f"{self.end_s} press p1 6.5\n" if self.stops else ""
        return START + "".join(lines) + self.scenario + stop + f"{self.end_s + 12} end\n"


def spread(seed: int, count: int, least_s: float, most_s: float, ms: Callable[[np.random.Generator], int],
           from_s: float = BEGIN_S + 1.0, moved: int = BURST_WRITES) -> list[Stall]:  # fmt: skip
    """Stalls with so much time between them, each in one of the first `moved` writes from its moment on."""
    draw = np.random.default_rng(seed)
    at_s, stalls = from_s, []
    for _ in range(count):
        stalls += [(round(at_s, 3), 1)] * int(draw.integers(0, moved))
        stalls.append((round(at_s, 3), ms(draw)))
        at_s += stalls[-1][1] / 1000 + float(draw.uniform(least_s, most_s))
    return stalls


def between(low: int, high: int) -> Callable[[np.random.Generator], int]:
    """A length in milliseconds from a range."""
    return lambda draw: int(draw.integers(low, high + 1))


def one_of(*lengths: int) -> Callable[[np.random.Generator], int]:
    """One of these lengths, in milliseconds."""
    return lambda draw: int(draw.choice(lengths))


def _of(kind: str, board: str, stalls: list[Stall], **more: Any) -> Trial:
    at_s, ms = stalls[-1]
    return Trial(kind, board, stalls, round(at_s + ms / 1000 + 8), **more)


def ridden_out(count: int, seed: int = 1) -> list[Trial]:
    """What must cost nothing: up to 1 s without PSRAM, 2 s with it."""
    trials = []
    for board, most, name in BOARDS:
        kind = f"busy up to {most // 1000} s ({name})"
        per = max(1, count // 2)
        for i, (low, high) in enumerate(((most // 4, most), (most, most))):
            stalls = spread(seed + i, per, 1.2, 3.0, between(low, high))
            trials.append(_of(kind, board, stalls, must_ride=True))
    return trials


def longer(count: int, seed: int = 20) -> list[Trial]:
    """More than the buffers hold."""
    trials = []
    for board, least, name in ((WROOM, 1100, "no PSRAM"), (WROVER, 2100, "PSRAM")):
        kind = f"busy {least / 1000} to 5 s ({name})"
        trials.append(_of(kind, board, spread(seed, count, 1.0, 4.0, between(least, 5000))))
    return trials


def at_once(count: int, seed: int = 30) -> list[Trial]:
    """Stalls that follow each other before the last one is made up for."""
    trials = []
    for board, _, name in BOARDS:
        lengths = one_of(100, 300, 600, 900, 1300, 2500, 3000)
        stalls = spread(seed, count, 0.0, 0.5, lengths, moved=6)
        trials.append(_of(f"busy again at once, up to 3 s ({name})", board, stalls))
    return trials


def beside_preparation(count: int, seed: int = 60) -> list[Trial]:
    """While the next container is prepared beside the recording, five minutes before it is needed."""
    trials = []
    draw = np.random.default_rng(seed)
    for board, ms, name in BOARDS:
        for _ in range(max(1, count // 8)):
            at_s = round(PREPARATION_S + float(draw.uniform(0, 10)), 3)
            stalls = [(at_s, 1)] * int(draw.integers(0, 25)) + [(at_s, ms)]
            kind = f"busy {ms // 1000} s beside a preparation ({name})"
            trials.append(Trial(kind, board, stalls, 334, must_ride=True))
    return trials


def at_the_end_of_a_container(count: int, seed: int = 70) -> list[Trial]:
    """In what is written around the change to the second container, and longer than can be ridden out."""
    draw = np.random.default_rng(seed)
    trials = []
    for board, most, name in BOARDS:
        for i in range(2 if count >= 20 else 1):
            at_s = round(612.2 + float(draw.uniform(0, 1.2)), 3)
            ms = most if i % 2 else int(draw.integers(most + 100, 5000))
            stalls = [(at_s, 1)] * int(draw.integers(0, 12)) + [(at_s, ms)]
            kind = f"busy up to {'5' if ms > most else most // 1000} s at a container's end ({name})"
            trials.append(Trial(kind, board, stalls, 622, must_ride=ms == most))
    return trials


def around_pauses(count: int, seed: int = 80) -> list[Trial]:
    """A pause every ten seconds, with a stall before it, in it or at its end."""
    draw = np.random.default_rng(seed)
    trials = []
    for board, _, name in BOARDS:
        stalls, lines = [], []
        for i in range(max(1, count // 4)):
            at_s = 8.0 + 12 * i
            lines.append(f"{at_s} press p1 0.1\n{at_s + 6} press both 0.1\n")
            stalls.append(
                (round(at_s + float(draw.uniform(-2, 7)), 3), int(draw.choice([400, 1000, 1500, 3000])))
            )
        kind = f"busy up to 3 s around a pause ({name})"
        trials.append(Trial(kind, board, stalls, 12 * len(stalls) + 10, scenario="".join(lines)))
    return trials


def around_stops(count: int, seed: int = 90) -> list[Trial]:
    """Around the end of a recording, by a button or by its longest length; and in its very first writes."""
    draw = np.random.default_rng(seed)
    trials = []
    for board, _, name in BOARDS:
        for i in range(max(3, count // 4)):
            ms = int(draw.choice([700, 1000, 1500, 3000, 5000]))
            near = (3.01, 12.0, 62.2)[i % 3]
            at_s = round(near + float(draw.uniform(-1.0, 2.5)) * (near > 5), 3)
            stalls = [(at_s, 1)] * int(draw.integers(0, 5)) + [(at_s, ms)]
            where = ("in the first writes", "around a stop", "around the longest length")[i % 3]
            at_limit = i % 3 == 2
            kind = f"busy up to 5 s {where} ({name})"
            settings = {"max_minutes": 1} if at_limit else {}
            end_s = 68 if at_limit else 12
            trials.append(Trial(kind, board, stalls, end_s, settings=settings, stops=not at_limit))
    return trials


def traces(count: int, seed: int = 50) -> list[Trial]:
    """Cards as they are: some milliseconds in every write, and much more in a few of them."""
    habits = (
        ("5 to 50 ms in every write, 250 ms in some", [(0.05, 250)], 50, True),
        ("5 to 50 ms in every write, 500 ms in some", [(0.03, 500)], 50, False),
        ("1.25 s once in 15 writes", [(1 / 15, 1250)], 5, False),
        ("5 to 50 ms in every write, 2 s in some", [(0.02, 2000)], 50, False),
    )
    draw = np.random.default_rng(seed)
    trials = []
    for board, _, name in BOARDS:
        for what, rare, usual_ms, ride in habits:
            ((share, ms),) = rare
            writes = max(20, round(count / share / 2))
            often = draw.integers(2, usual_ms + 1, writes)
            lengths = np.where(draw.random(writes) < share, ms, often)
            lengths[writes // 2] = ms
            stalls = [(BEGIN_S + 1, int(length)) for length in lengths]
            end_s = round(max(writes / 8, lengths.sum() / 1000) + 8)
            kind = f"{what} ({name})"
            trials.append(
                Trial(kind, board, stalls, end_s, must_ride=ride or (board == WROVER and ms <= 500))
            )
    return trials


RATES = ((8_000, 1), (48_000, 1), (48_000, 2), (24_000, 2), (32_000, 1))


def other_rates(count: int, seed: int = 40, rates: tuple[tuple[int, int], ...] = RATES) -> list[Trial]:
    """The same at other rates, or with two channels."""
    trials = []
    for rate_hz, channels in rates:
        for board in (WROOM, WROVER):
            stalls = spread(seed, count, 0.0, 1.5, one_of(60, 100, 200, 400, 900, 1500, 2500, 4000), moved=8)
            kind = f"busy up to 4 s at {rate_hz // 1000} kHz, {('mono', 'stereo')[channels - 1]}"
            trials.append(_of(kind, board, stalls, rate_hz=rate_hz, channels=channels))
    return trials
