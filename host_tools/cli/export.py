"""`cloister export` and `cloister waveform`: a recording as an audio file, or as a picture."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context, writing
from host_tools.cli.recordings import RecordingId
from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.audio.pcm import Span
    from host_tools.vault import Vault
    from host_tools.vault.chains import Chain
    from host_tools.vault.reading import Parts

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

    What was lost becomes silence, so that times stay right. A recording in several parts is written whole,
    whichever part ID names; a part that is missing is named. The file is no longer encrypted.
    """
    from host_tools.audio.export import check_format, destination, neutral_name, write_audio
    from host_tools.cli.text import note
    from host_tools.vault.chains import chain_of

    with context.open_vault() as vault, ExitStack() as stack:
        chain = chain_of(vault, recording_id)
        first = chain.first
        path = destination(output, neutral_name(first.id, first.started), force)
        check_format(path)
        span = _span(chain, first_s, until_s)
        sound = _opened(vault, chain, recording_id, span, "Exporting", stack)
        with writing(str(path)):
            write_audio(sound, span, first.rate_hz, first.channels, path)
    click.echo(str(path))
    note(f"{path.name} is not encrypted: whoever gets it can hear it")
    _say_what_is_missing(chain, sound, span)


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
    """Draw a recording: loudness over time, marks, pauses, gaps (PNG).

    A recording in several parts is drawn whole, whichever part ID names.
    """
    from host_tools.audio.export import destination, neutral_name
    from host_tools.audio.waveform import draw
    from host_tools.vault.chains import chain_of

    with context.open_vault() as vault, ExitStack() as stack:
        chain = chain_of(vault, recording_id)
        first = chain.first
        path = destination(output, neutral_name(first.id, first.started, ".png"), force)
        if path.suffix.lower() != ".png":
            raise CloisterError(f"{path.name} is no name for a picture", "end the name in .png")
        span = _span(chain, first_s, until_s)
        sound = _opened(vault, chain, recording_id, span, "Drawing", stack)
        with writing(str(path)):
            draw(sound, span, first.rate_hz, first.channels, f"Session {first.id}", path)
    click.echo(str(path))
    _say_what_is_missing(chain, sound, span)


def _span(chain: "Chain", first_s: float | None, until_s: float | None) -> "Span":
    """The asked part of a recording as sample indices. Raises CloisterError if nothing is in it."""
    from host_tools.audio.pcm import Span
    from host_tools.container.report import clock

    rate_hz = chain.first.rate_hz
    first = chain.start + round((first_s or 0) * rate_hz)
    until = chain.samples
    if until_s is not None:
        until = min(until, chain.start + round(until_s * rate_hz))
    if chain.samples == chain.start:
        raise CloisterError(f"recording {chain.first.id} has no sound in it")
    if first >= until:
        raise CloisterError(
            "nothing lies between --from and --to",
            f"recording {chain.first.id} is {clock(chain.seconds)} long",
        )
    return Span(first, until)


def _opened(
    vault: "Vault", chain: "Chain", asked_id: int, span: "Span", label: str, stack: ExitStack
) -> "Parts":
    """The parts in which the span lies, opened; `stack` closes them. Raises CloisterError.

    A part other than the asked one that cannot be opened is named, and left out.
    """
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.vault.reading import Parts, open_body_of

    wanted = [part for part in chain.parts if part.start < span.until and part.samples > span.first]
    total_bytes = sum((1 + part.segments) * BLOCK_BYTES for part in wanted)
    advance = stack.enter_context(progress(label, total_bytes))
    opened, left_out = [], []
    for part in wanted:
        try:
            source = stack.enter_context(vault.open_recording(part))
            opened.append((part, open_body_of(vault, part, CountedSource(source, advance))))
        except CloisterError as error:
            if part.id == asked_id or (part is wanted[-1] and not opened):
                raise
            left_out.append(f"part {part.part + 1} is left out: {error.message}")
    return Parts(opened, left_out)


def _say_what_is_missing(chain: "Chain", sound: "Parts", span: "Span") -> None:
    """Name what of the recording is not in the vault, or not as it was when imported; exit status 3."""
    from host_tools.cli.text import complain, note
    from host_tools.container.report import clock, number_words

    if len(chain.parts) > 1:
        words = number_words([part.number for part in chain.parts])
        note(f"this recording has {len(chain.parts)} parts here, {words}; times count from the first of them")
    found = list(sound.left_out)
    if chain.missing:
        found.append(
            f"{number_words(chain.missing)} of this recording {_is_are(chain.missing)} not in the vault"
        )
    for part, reached in sound.short(span.until):
        first, until = max(span.first, part.start), min(span.until, part.samples)
        there, wanted = (
            clock((index - first) / part.rate_hz) for index in (max(first, min(reached, until)), until)
        )
        found.append(
            f"the vault's copy of recording {part.id} is damaged: only {there} of {wanted} "
            "is authentic and was written"
        )
    for words in found:
        complain(words)
    if found:
        click.get_current_context().exit(EXIT_FOUND)


def _is_are(numbers: list[int]) -> str:
    return "are" if len(numbers) > 1 else "is"
