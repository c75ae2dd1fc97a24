"""`cloister export` and `cloister waveform`: a recording as an audio file, or as a picture."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context, writing
from host_tools.cli.recordings import RecordingId
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.audio.pcm import Span
    from host_tools.vault import Recording

TIME_FORM = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)


class Time(click.ParamType[float]):
    """Seconds (90.5), minutes and seconds (1:30.5) or hours too (0:01:30.5); gives seconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The time in seconds."""
        match = TIME_FORM.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no time: write seconds, mm:ss or h:mm:ss", param, ctx)
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def output_options(endings: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The argument and options that both commands have; `endings` says how the file's name may end."""
    options = (
        click.argument("recording_id", metavar="ID", type=RecordingId()),
        click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"A name in {endings}, or a folder, for a neutral name like Session17_July2025.",
        ),
        click.option(
            "--from", "first_s", type=Time(), metavar="TIME", help="Begin here: seconds, mm:ss or h:mm:ss."
        ),
        click.option("--to", "until_s", type=Time(), metavar="TIME", help="End here."),
        click.option("--force", is_flag=True, help="Replace a file that is there already."),
    )

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.command()
@output_options(".wav, .flac or .ogg")
@click.pass_obj
def export(
    context: Context,
    recording_id: int,
    output: Path | None,
    first_s: float | None,
    until_s: float | None,
    force: bool,
) -> None:
    """Write a recording as an audio file, in clear.

    What was lost becomes silence, so that times stay right. The file is no longer encrypted.
    """
    from host_tools.audio.export import check_format, destination, neutral_name, write_audio
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.cli.text import note
    from host_tools.vault.reading import open_body_of

    with context.open_vault() as vault:
        recording = vault.recording(recording_id)
        path = destination(output, neutral_name(recording.id, recording.started), force)
        check_format(path)
        span = _span(recording, first_s, until_s)
        with vault.open_recording(recording) as source, progress("Exporting", source.size_bytes) as advance:
            body = open_body_of(vault, recording, CountedSource(source, advance))
            with writing(str(path)):
                written = write_audio(body, span, recording.rate_hz, recording.channels, path)
    click.echo(str(path))
    note(f"{path.name} is not encrypted: whoever gets it can hear it")
    _say_if_short(written, span, recording)


@click.command()
@output_options(".png")
@click.pass_obj
def waveform(
    context: Context,
    recording_id: int,
    output: Path | None,
    first_s: float | None,
    until_s: float | None,
    force: bool,
) -> None:
    """Draw a recording: loudness over time, marks, pauses, gaps (PNG)."""
    from host_tools.audio.export import destination, neutral_name
    from host_tools.audio.waveform import draw
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.vault.reading import open_body_of

    with context.open_vault() as vault:
        recording = vault.recording(recording_id)
        path = destination(output, neutral_name(recording.id, recording.started, ".png"), force)
        if path.suffix.lower() != ".png":
            raise CloisterError(f"{path.name} is no name for a picture", "end the name in .png")
        span = _span(recording, first_s, until_s)
        with vault.open_recording(recording) as source, progress("Drawing", source.size_bytes) as advance:
            body = open_body_of(vault, recording, CountedSource(source, advance))
            title = f"Session {recording.id}"
            with writing(str(path)):
                drawn = draw(body, span, recording.rate_hz, recording.channels, title, path)
    click.echo(str(path))
    _say_if_short(drawn, span, recording)


def _span(recording: "Recording", first_s: float | None, until_s: float | None) -> "Span":
    """The asked part of a recording as sample indices. Raises CloisterError if nothing is in it."""
    from host_tools.audio.pcm import Span
    from host_tools.container.report import clock

    first = recording.start + round((first_s or 0) * recording.rate_hz)
    until = recording.samples
    if until_s is not None:
        until = min(until, recording.start + round(until_s * recording.rate_hz))
    if recording.length == 0:
        raise CloisterError(f"recording {recording.id} has no sound in it")
    if first >= until:
        raise CloisterError(
            "nothing lies between --from and --to",
            f"recording {recording.id} is {clock(recording.seconds)} long",
        )
    return Span(first, until)


def _say_if_short(done: int, span: "Span", recording: "Recording") -> None:
    """The vault's copy held less than when it was imported: say so, exit status 3."""
    from host_tools.cli.text import complain
    from host_tools.container.report import clock

    if done < span.length:
        there, wanted = clock(done / recording.rate_hz), clock(span.length / recording.rate_hz)
        complain(
            f"the vault's copy of recording {recording.id} is damaged: only {there} of {wanted} "
            "is authentic and was written"
        )
        click.get_current_context().exit(EXIT_FOUND)
