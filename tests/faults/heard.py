"""Whether every recorded sample is the one that its index says, and every gap exactly what was lost.

What is played to the recorder is noise in which each place tells itself. A run of samples without a gap in it
is looked for where its index says that it comes from; what lies elsewhere was given a wrong index.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.card import open_card
from host_tools.container.findings import open_body, read_header
from host_tools.container.source import BlockReader
from host_tools.vault import open_vault
from tests.quick_vault import PASSPHRASE
from tests.simulated_recorder import STARTUP_FRAMES, Recorder

DMA_FRAMES = 256
POLES = {8000: 6, 16000: 7, 24000: 7, 32000: 8, 48000: 8}  # of the recorder's filter
_BLOCK = 128  # frames that are filtered at once
_NEEDLE = 600  # frames by which a place is known
_PAUSE = 1 << 19  # frames in which what follows a pause is looked for
_NEAR = 400  # DMA buffers around the told place in which a run is looked for

Samples = npt.NDArray[Any]


def noise(seconds: int, rate_hz: int = 16_000, channels: int = 1, seed: int = 7) -> Samples:
    """Samples that tell their own place, small enough never to be cut off."""
    generator = np.random.default_rng(seed)
    return generator.integers(-8000, 8000, (seconds * rate_hz, channels), dtype=np.int16)


def filtered(samples: Samples, pole: int) -> Samples:
    """What the recorder's filter makes of them at 0 dB, to within one step."""
    share = 2.0**-pole
    steps = np.arange(_BLOCK)
    fading = np.tril((1 - share) ** (steps[:, None] - steps - 1.0), -1) * share
    missing = -len(samples) % _BLOCK
    blocks = np.pad(samples.astype(float), ((0, missing), (0, 0))).reshape(-1, _BLOCK, samples.shape[1])
    means = np.einsum("ij,bjc->bic", fading, blocks, optimize=True)
    after = means[:, -1] * (1 - share) + blocks[:, -1] * share  # the mean behind each block, from a zero mean
    mean = np.zeros(samples.shape[1])
    before = np.empty_like(after)
    for i, rise in enumerate(after):
        before[i] = mean
        mean = mean * (1 - share) ** _BLOCK + rise
    means += before[:, None] * ((1 - share) ** steps)[None, :, None]
    return np.floor(blocks - means + 0.5).reshape(-1, samples.shape[1])[: len(samples)]


@dataclass
class Judged:
    """What is right and wrong in a recording. Numbers of frames, all channels together."""

    recorded: int = 0
    lost: int = 0  # as the gaps say
    wrong: int = 0  # with a value or an index that is not theirs
    gaps: int = 0
    gaps_wrong: int = 0
    longest_gap: int = 0
    words: list[str] = field(default_factory=list)  # one for each part


@dataclass
class _Run:
    """Recorded frames in a row, from `index` on."""

    index: int
    samples: Samples
    resumed: bool  # it follows a pause


def judge(recorder: Recorder, played: Samples, rate_hz: int = 16_000) -> Judged:
    """Hold the recorder's first recording, all parts of it, against what was played from its start on."""
    parts = [part for part in recorder.findings() if part.word != "empty"]
    judged = Judged(words=[part.word for part in parts])
    events = [event for part in parts for event in part.events or []]
    gaps = [event for event in events if event.name == "gap"]
    judged.gaps, judged.lost = len(gaps), sum(gap.fields["lost"] for gap in gaps)
    judged.longest_gap = max([gap.fields["lost"] for gap in gaps], default=0)
    resumed = {event.at for event in events if event.name == "resume"}
    runs = _runs(recorder, [part.file for part in parts], resumed)
    base, off, place, heard = STARTUP_FRAMES, 0, 0, []
    for run in runs:
        if run.resumed:
            base = _after(run.samples, played, place) - run.index
            off = 0
        place = _place(run.samples, played, base + run.index + off)
        judged.gaps_wrong += place != base + run.index + off
        off = place - base - run.index
        judged.recorded += len(run.samples)
        judged.wrong += len(run.samples) if off else 0
        heard.append(played[place : place + len(run.samples)])
    wanted = filtered(np.concatenate(heard), POLES[rate_hz])
    got = np.concatenate([run.samples for run in runs])
    judged.wrong += int((np.abs(got - wanted).max(axis=1) > 1).sum())
    judged.gaps_wrong += parts[-1].samples != judged.recorded + judged.lost
    return judged


def _runs(recorder: Recorder, files: list[str], resumed: set[int]) -> list[_Run]:
    runs: list[_Run] = []
    pieces: list[list[Samples]] = []
    end = -1
    for index, samples in _sound(recorder, files):
        if index != end or index in resumed:
            runs.append(_Run(index, samples, index in resumed))
            pieces.append([])
        pieces[-1].append(samples)
        end = index + len(samples)
    for run, parts in zip(runs, pieces, strict=True):
        run.samples = np.concatenate(parts)
    return runs


def _sound(recorder: Recorder, files: list[str]) -> Iterator[tuple[int, Samples]]:
    """(index, frames) of each AUDIO record."""
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault, open_card(recorder.card) as card:
        found = {file.name: file for file in card.files()}
        for name in files:
            body = open_body(BlockReader(found[name]), read_header(found[name]), vault.knowledge())
            for index, pcm in body.sound():
                assert body.session is not None
                yield index, np.frombuffer(bytes(pcm), "<i2").reshape(-1, body.session.channels)


def _place(run: Samples, played: Samples, told: int) -> int:
    """Where in `played` the run comes from: as told, or whole DMA buffers beside it; `told` if nowhere."""
    for distance in range(_NEAR):
        for place in (told + distance * DMA_FRAMES, told - distance * DMA_FRAMES):
            if place >= 0 and _is_here(run, played[place : place + _NEEDLE]):
                return place
    return told


def _is_here(run: Samples, there: Samples) -> bool:
    length = min(len(run), len(there))
    if length == 0:
        return False
    here = run[:length, 0].astype(float)
    return float(np.abs(here - there[:length, 0]).mean()) < 1500  # of noise elsewhere: above 4000


def _after(run: Samples, played: Samples, place: int) -> int:
    """Where the run comes from, if not from before `place` nor from long after it."""
    there = played[place : place + _PAUSE, 0].astype(float)
    needle = run[:_NEEDLE, 0].astype(float)
    size = 1 << (len(there) + len(needle)).bit_length()
    spectrum = np.fft.rfft(there, size) * np.conj(np.fft.rfft(needle, size))
    return place + int(np.fft.irfft(spectrum, size)[: len(there)].argmax())
