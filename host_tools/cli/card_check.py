"""`cloister card check`: whether a card will do, found by overwriting and reading back all of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context
from host_tools.cli.talking import check_terminal, yes_option
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.card.device import RawDevice
    from host_tools.card.target import Contents, Target
    from host_tools.card.trial import Outcome

IMAGE_SINGLE_WRITES = 256
NAMES_SHOWN = 8
USUAL_BYTES_S = 20_000_000


@click.command()
@click.argument("device", metavar="DEVICE|IMAGE")
@click.option("--no-format", is_flag=True, help="Leave a card that passed without a file system.")
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_context
def check(ctx: click.Context, /, device: str, no_format: bool, yes: bool, as_json: bool) -> None:
    """Say whether a card will do. EVERYTHING ON IT IS LOST.

    The whole card is written with random bytes and read back, which no fake card passes; most fakes are told
    within seconds. It takes as long as the card takes for that. How long the card is busy is measured with
    single writes of 4096 bytes, as the recorder writes, and with what large writes take beyond their usual
    time. The reader's and the system's own delays are in these times; on an image they are its disk's, and
    are not judged. The system's memory of the card is passed by; a reader's is not.

    A card that passed gets a fresh FAT32 file system, and the rest of it stays random bytes.

    Exit status 3 if the card will not do, or only in a recorder whose board has PSRAM.
    """
    from host_tools.card import verdict
    from host_tools.card.target import contents, find_target
    from host_tools.cli.targets import CONTAINER_NAME
    from host_tools.cli.text import print_json

    target = find_target(device)
    if target.is_image:
        _refuse_precious(Path(target.path), ctx.obj)
    with target.open() as card:
        before = contents(card, CONTAINER_NAME.fullmatch)
        _show(device, target, before)
        _confirm(target, yes)
        if contents(card, CONTAINER_NAME.fullmatch).start != before.start:
            raise CloisterError(f"{target.path} was changed meanwhile: nothing was done")
        with _unusable_until_formatted(target):
            outcome = _try_out(card, target)
            found = verdict.judge(outcome, target.is_image)
            formats = found.word != verdict.BAD and not no_format
            if formats:
                _format(card, target)
    if as_json:
        print_json(verdict.as_dict(outcome, found, target.path, formats))
    else:
        click.echo("\n".join((*found.sentences, *verdict.figures(outcome), _afterwards(found.word, formats))))
    _say_errors(outcome)
    ctx.exit(0 if found.word == verdict.GOOD else EXIT_FOUND)


def _refuse_precious(image: Path, context: Context) -> None:
    """A vault's file or a recording is no image of a card, whatever its size."""
    from host_tools.cli.targets import CONTAINER_NAME
    from host_tools.container.layout import MAGIC
    from host_tools.vault import check_is_vault

    if image.is_relative_to(context.folder.resolve()):
        raise CloisterError(f"{image} is in the vault, and no image of a card")
    for folder in image.parents:
        try:
            check_is_vault(folder)
        except CloisterError:
            continue
        raise CloisterError(f"{image} is in a vault, and no image of a card")
    with image.open("rb") as file:
        is_recording = file.read(len(MAGIC)) == MAGIC or CONTAINER_NAME.fullmatch(image.name)
    if is_recording:
        raise CloisterError(f"{image} is a recording, and no image of a card")


def _show(named: str, target: "Target", before: "Contents") -> None:
    """Say what will be overwritten, on stderr."""
    from host_tools.card.verdict import size_words
    from host_tools.cli.text import note, printable

    if Path(named).absolute() != Path(target.path):
        click.echo(printable(f"{named} is {target.path}"), err=True)
    what = "an image of a card" if target.is_image else target.model or "a disk without a name"
    click.echo(printable(f"{target.path}: {what}, {size_words(target.size_bytes)}"), err=True)
    if target.is_built_in:
        click.secho(
            f"{target.path} LOOKS LIKE A DISK OF THIS COMPUTER, NOT LIKE A CARD.", bold=True, err=True
        )
    if target.untold:
        note(target.untold)
    recordings = before.recordings
    if before.reason:
        click.echo(printable(f"What is on it cannot be told: {before.reason}."), err=True)
    else:
        click.echo(
            f"It has a FAT32 file system with {_count(len(recordings), 'recording')} and "
            f"{_count(len(before.others), 'other file')} in its top folder.",
            err=True,
        )
    if recordings:
        are = "is" if len(recordings) == 1 else "are"
        names = ", ".join(recordings[:NAMES_SHOWN]) + (", …" if len(recordings) > NAMES_SHOWN else "")
        click.secho(
            printable(
                f"{_count(len(recordings), 'RECORDING')} that {are} still on it would be lost: {names}"
            ),
            bold=True,
            err=True,
        )
    minutes = max(1, round(2 * target.size_bytes / USUAL_BYTES_S / 60))
    click.echo(
        f"All of it is overwritten and read back: {_count(minutes, 'minute')} if it does 20 MB/s.", err=True
    )


def _confirm(target: "Target", yes: bool) -> None:
    """Let the user type the name of what is to be overwritten, unless `yes`."""
    if yes:
        return
    check_terminal()
    typed = click.prompt(f"Type {target.name} to overwrite it", default="", show_default=False, err=True)
    if typed.strip() != target.name:
        raise CloisterError(f"that is not {target.name}: nothing was done")


@contextmanager
def _unusable_until_formatted(target: "Target") -> Iterator[None]:
    """Whatever ends the check early: say in what state the card is left."""
    from host_tools.cli.text import note

    try:
        yield
    except (KeyboardInterrupt, CloisterError):
        note(
            f"{target.path} was being overwritten: it cannot be used until it is formatted, or checked again"
        )
        raise


def _try_out(card: "RawDevice", target: "Target") -> "Outcome":
    from host_tools.card.trial import SINGLE_WRITES, Trial
    from host_tools.cli.progress import progress

    single_writes = IMAGE_SINGLE_WRITES if target.is_image else SINGLE_WRITES
    with progress("Writing and reading back", 2 * target.size_bytes) as advance:
        return Trial(card, time.perf_counter, advance, single_writes=single_writes).run()


def _format(card: "RawDevice", target: "Target") -> None:
    """Make the file system, and read it back."""
    from host_tools.card.format import file_system_bytes, format_card
    from host_tools.card.target import contents
    from host_tools.cli.progress import progress

    with progress("Formatting", file_system_bytes(target.size_bytes)) as advance:

        def write_at(offset: int, data: bytes) -> None:
            card.write_at(offset, data)
            advance(len(data))

        try:
            format_card(write_at, target.size_bytes)
            card.sync()
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise CloisterError(f"{target.path} passed, but cannot be formatted: {reason}") from None
    after = contents(card, lambda name: False)
    if after.reason or after.others:
        raise CloisterError(f"{target.path} passed, but its new file system is not what was written")


def _afterwards(word: str, formatted: bool) -> str:
    from host_tools.card.verdict import BAD

    if formatted:
        return "It has a fresh FAT32 file system, and can go into the recorder."
    if word == BAD:
        return "There is no file system on it any more."
    return "There is no file system on it any more: format it as FAT32 before it goes into the recorder."


def _say_errors(outcome: "Outcome") -> None:
    from host_tools.cli.text import complain

    for error in outcome.errors:
        complain(error)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}{'S' if what.isupper() else 's'}"
