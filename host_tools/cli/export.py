"""`cloister export` and `cloister waveform`: a recording as an audio file, or as a picture, in clear."""

from collections.abc import Callable
from pathlib import Path

import click

from host_tools.cli.context import Context, writing
from host_tools.cli.excerpt import Excerpt, Moment, from_option, say_what_is_missing, to_option
from host_tools.cli.recordings import RecordingId
from host_tools.errors import CloisterError

normalize_option = click.option(
    "--normalize", is_flag=True, help="As loud as broadcasting wants it (EBU R 128, -23 LUFS); never clipped."
)


def output_options(endings: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The argument and options of whatever writes a file; `endings` says how the file's name may end."""
    options = (
        click.argument("recording_id", metavar="ID", type=RecordingId()),
        click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"A name in {endings}, or a folder, for a neutral name like Session17_July2025.",
        ),
        click.option("--force", is_flag=True, help="Replace a file that is there already."),
    )

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.command()
@output_options(".wav, .flac or .ogg")
@from_option
@to_option
@normalize_option
@click.pass_obj
def export(
    context: Context,
    recording_id: int,
    output: Path | None,
    first: Moment | None,
    until: Moment | None,
    force: bool,
    normalize: bool,
) -> None:
    """Write a recording as an audio file, in clear.

    What was lost becomes silence, so that times stay right. A recording in several parts is written whole,
    whichever part ID names; a part that is missing is named. The file is no longer encrypted, and the vault
    remembers that it was made.
    """
    from host_tools.audio.export import check_format, neutral_name, write_audio
    from host_tools.cli.text import note
    from host_tools.files import destination
    from host_tools.sharing.handing_out import handed_out

    with context.open_vault("export") as vault:
        excerpt = Excerpt(vault, recording_id, first, until)
        recording = excerpt.chain.first
        path = destination(output, neutral_name(recording.id, recording.started), force)
        form = check_format(path)
        gain = excerpt.gain() if normalize else None
        made = excerpt.note("export", str(path.absolute()))
        with (
            writing(str(path)),
            excerpt.blocks("Exporting") as (sound, blocks),
            handed_out(vault, path, made) as unfinished,
        ):
            heard = gain.applied(blocks) if gain else blocks
            write_audio(heard, excerpt.rate_hz, excerpt.channels, form, unfinished)
        click.echo(str(path))
        excerpt.say_withdrawn()
        note(f"{path.name} is not encrypted: whoever gets it can hear it")
        say_what_is_missing(excerpt, sound)


@click.command()
@output_options(".png")
@from_option
@to_option
@click.pass_obj
def waveform(
    context: Context,
    recording_id: int,
    output: Path | None,
    first: Moment | None,
    until: Moment | None,
    force: bool,
) -> None:
    """Draw a recording: loudness over time, marks, pauses, gaps (PNG).

    A recording in several parts is drawn whole, whichever part ID names. The vault remembers that the picture
    was made.
    """
    from host_tools.audio.export import neutral_name
    from host_tools.audio.waveform import draw
    from host_tools.files import destination
    from host_tools.sharing.handing_out import handed_out

    with context.open_vault("waveform") as vault:
        excerpt = Excerpt(vault, recording_id, first, until)
        recording = excerpt.chain.first
        path = destination(output, neutral_name(recording.id, recording.started, ".png"), force)
        if path.suffix.lower() != ".png":
            raise CloisterError(f"{path.name} is no name for a picture", "end the name in .png")
        made = excerpt.note("waveform", str(path.absolute()))
        with (
            writing(str(path)),
            excerpt.opened("Drawing") as sound,
            handed_out(vault, path, made) as unfinished,
        ):
            draw(
                sound, excerpt.span, excerpt.rate_hz, excerpt.channels, f"Session {recording.id}", unfinished
            )
        click.echo(str(path))
        excerpt.say_withdrawn()
        say_what_is_missing(excerpt, sound)
