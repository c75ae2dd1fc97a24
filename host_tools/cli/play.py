"""`cloister play`: a recording heard from memory. Nothing of it is written anywhere."""

import shutil
import sys
from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context
from host_tools.cli.excerpt import Excerpt, Moment, from_option, say_what_is_missing, to_option
from host_tools.cli.recordings import RecordingId

if TYPE_CHECKING:
    import numpy as np

    from host_tools.audio.playing import Place
    from host_tools.audio.survey import Survey

GAPS_NAMED = 10


@click.command()
@click.argument("recording_id", metavar="ID", type=RecordingId())
@from_option
@to_option
@click.pass_obj
def play(context: Context, recording_id: int, first: Moment | None, until: Moment | None) -> None:
    """Play a recording from memory.

    Nothing is written to the disk. On a terminal the space bar pauses, the arrow keys go back and forward by
    ten seconds, m goes to the next mark and q quits. What was lost is silent, and named. A recording in
    several parts is played whole, whichever part ID names.
    """
    from host_tools.audio.playing import Player, Tape
    from host_tools.audio.speaker import Speaker, check_speaker
    from host_tools.cli import keyboard

    check_speaker()
    with context.open_vault("play") as vault:
        excerpt = Excerpt(vault, recording_id, first, until)
        survey = excerpt.survey()
        _say_what_was_lost(excerpt, survey)
        line = ProgressLine(excerpt, survey)
        tape = Tape(lambda: _unwind(excerpt), excerpt.span)
        with (
            closing(tape),
            Speaker(excerpt.rate_hz, excerpt.channels) as speaker,
            keyboard.keys() as keys,
            closing(line),
        ):
            player = Player(tape, excerpt.span, excerpt.rate_hz, survey.marks, speaker, keys, line.show)
            try:
                player.run()
            except KeyboardInterrupt:  # as good a way to stop listening as any
                speaker.drop()
        vault.account.detail["heard_until"] = excerpt.seconds(player.index)
        say_what_is_missing(excerpt, excerpt.surveyed)


def _unwind(excerpt: Excerpt) -> Generator["np.ndarray", None, None]:
    """The samples of the excerpt from its beginning."""
    with excerpt.blocks("", quiet=True) as (_, blocks):
        yield from blocks


def _say_what_was_lost(excerpt: Excerpt, survey: "Survey") -> None:
    """Name the silences that are none."""
    from host_tools.audio.pcm import lost_within
    from host_tools.cli.text import note
    from host_tools.container.report import clock

    lost = lost_within(survey.gaps, excerpt.span)
    for first, until in lost[:GAPS_NAMED]:
        begin, end = excerpt.seconds(first), excerpt.seconds(until)
        note(f"{end - begin:.2f} s from {clock(begin)} on were lost and are silent")
    if len(lost) > GAPS_NAMED:
        note(f"and {len(lost) - GAPS_NAMED} more such gaps")


class ProgressLine:
    """Time and marks in one line of the terminal, changed when there is something new; nothing elsewhere."""

    def __init__(self, excerpt: Excerpt, survey: "Survey"):
        from host_tools.audio.pcm import lost_within

        self._excerpt = excerpt
        self._survey = survey
        self._lost = lost_within(survey.gaps, excerpt.span)
        self._is_shown = sys.stderr.isatty()
        self._shown = ""
        if self._is_shown:
            from host_tools.cli.keyboard import HELP

            click.echo(HELP, err=True)

    def show(self, place: "Place") -> None:
        """Change the line, if it changes."""
        if not self._is_shown:
            return
        line = self.words(place)[: shutil.get_terminal_size().columns - 1]
        if line != self._shown:
            click.echo("\r" + line.ljust(len(self._shown)), nl=False, err=True)
            self._shown = line

    def words(self, place: "Place") -> str:
        """Where it is, of how much; what is next."""
        from host_tools.container.report import clock

        excerpt = self._excerpt
        words = [f"{clock(excerpt.seconds(place.index))} of {clock(excerpt.seconds(excerpt.span.until))}"]
        if place.paused:
            words.append("paused")
        if any(first <= place.index < until for first, until in self._lost):
            words.append("lost: silence")
        for number, mark in enumerate(self._survey.marks, start=1):
            if place.index < mark < excerpt.span.until:
                words.append(f"mark{number} at {clock(excerpt.seconds(mark))}")
                break
        return "   ".join(words)

    def close(self) -> None:
        """Let what is printed next begin a line of its own."""
        if self._shown:
            click.echo(err=True)
