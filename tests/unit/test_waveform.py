"""The picture of a recording: the envelope is the sound's own, whatever the lengths, and gaps are shown."""

import os

import numpy as np
import pytest
from matplotlib.image import imread

from host_tools.audio.pcm import Span
from host_tools.audio.waveform import GAP, MARK, draw, envelope
from host_tools.container.body import Body
from host_tools.container.findings import open_body
from host_tools.container.header import parse
from host_tools.container.source import BlockReader, MemorySource
from tests.small_view import SmallView, known_recorder


def body_of(view: SmallView, container: bytes) -> Body:
    blocks = BlockReader(MemorySource(container))
    return open_body(blocks, parse(blocks.read(0, 1)), view)


@pytest.mark.parametrize(("frames", "columns"), [(10, 10), (1000, 7), (70_001, 1800), (100_000, 999)])
def test_envelope_is_that_of_each_column(frames: int, columns: int) -> None:
    view, writer = known_recorder()
    samples = np.frombuffer(os.urandom(2 * frames), "<i2").astype(float)
    found = envelope(
        body_of(view, writer.container(1, pcm=samples.astype("<i2").tobytes())), Span(0, frames), 1, columns
    )
    column_of = np.arange(frames) * columns // frames
    for column in range(columns):
        inside = samples[column_of == column]
        assert found.count[column] == len(inside)
        assert found.high[column] == max(inside.max(), 0)
        assert found.low[column] == min(inside.min(), 0)
        assert found.rms[column] == pytest.approx(np.sqrt((inside**2).mean()))


def colours(path) -> set[str]:
    pixels = (imread(path)[:, :, :3] * 255).round().astype(int).reshape(-1, 3)
    return {"#%02x%02x%02x" % tuple(pixel) for pixel in np.unique(pixels, axis=0)}  # noqa: UP031


def test_gaps_and_marks_are_in_the_picture(tmp_path) -> None:
    view, writer = known_recorder()
    pcm = os.urandom(2 * 16_000)
    plain, rich = (
        writer.container(1, pcm=pcm),
        writer.container(2, pcm=pcm, gap=(8000, 8000), events=[{"at": 4000, "event": "mark"}]),
    )
    draw(body_of(view, plain), Span(0, 16_000), 8000, 1, "Session 1", tmp_path / "plain.png")
    draw(body_of(view, rich), Span(0, 24_000), 8000, 1, "Session 2", tmp_path / "rich.png")
    assert not {GAP, MARK} & colours(tmp_path / "plain.png")
    assert {GAP, MARK} <= colours(tmp_path / "rich.png")


def test_silence_is_drawn_too(tmp_path) -> None:
    view, writer = known_recorder()
    draw(body_of(view, writer.container(1, pcm=bytes(2000))), Span(0, 1000), 8000, 1, "", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
