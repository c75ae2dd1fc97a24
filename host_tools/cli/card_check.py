"""`cloister card check`: whether a card will do, found by overwriting and reading back all of it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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

    --yes does not cover a disk that looks built into this computer, or whose use cannot be told: its name has
    to be typed. An image is a file with a FAT32 file system or of zeros; no other file is overwritten.

    A card that passed gets a fresh FAT32 file system, and the rest of it stays random bytes.

    Exit status 3 if the card will not do, or only in a recorder whose board has PSRAM.
    """
    from host_tools.card import verdict
    from host_tools.card.target import find_target
    from host_tools.cli.text import print_json

    target = find_target(device)
    if target.is_image:
        _refuse_precious(Path(target.path), ctx.obj)
    with target.open() as card:
        before = _agreed(card, target, device, yes)
        with _unusable_until_formatted(target):
            outcome = _try_out(card, target)
            found = verdict.judge(outcome, target.is_image)
            formats = found.word != verdict.BAD and not no_format
            if formats:
                _format(card, target)
        last = _afterwards(outcome, found.word, formats, lambda: _may_be_there(card, before))
    if as_json:
        print_json(verdict.as_dict(outcome, found, target.path, formats))
    else:
        click.echo("\n".join((*found.sentences, *verdict.figures(outcome), last)))
    _say_errors(outcome)
    ctx.exit(0 if found.word == verdict.GOOD else EXIT_FOUND)


def _agreed(card: "RawDevice", target: "Target", named: str, yes: bool) -> "Contents":
    """What is on it, as it was shown and agreed to be lost. Raises CloisterError if it is not."""
    if target.is_image:
        _refuse_other_files(card, target)
    before = _contents(card)
    _show(named, target, before)
    _confirm(target, yes)
    if _contents(card) != before:
        raise CloisterError(f"{target.path} was changed meanwhile: nothing was done")
    return before


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


def _refuse_other_files(card: "RawDevice", target: "Target") -> None:
    """An archive or a database is no image of a card either."""
    from host_tools.card.target import is_card_image

    if not is_card_image(card):
        raise CloisterError(
            f"{target.path} is no image of a card: it has no FAT32 file system, and is not empty",
            "name a card's device, an image with a FAT32 file system, or an empty one of zeros",
        )


def _contents(card: "RawDevice") -> "Contents":
    """What is on it now. Raises CloisterError if it is gone."""
    from host_tools.card.target import contents
    from host_tools.cli.targets import CONTAINER_NAME

    return contents(card, CONTAINER_NAME.fullmatch)


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
    _show_contents(before)
    minutes = max(1, round(2 * target.size_bytes / USUAL_BYTES_S / 60))
    click.echo(
        f"All of it is overwritten and read back: {_count(minutes, 'minute')} if it does 20 MB/s.", err=True
    )


def _show_contents(before: "Contents") -> None:
    from host_tools.cli.text import printable

    recordings = before.recordings
    if before.partitions > 1:
        click.echo(f"It has {before.partitions} partitions; only the first is looked at.", err=True)
    if before.reason:
        click.echo(printable(f"What is on it cannot be told: {before.reason}."), err=True)
    else:
        click.echo(
            f"It has a FAT32 file system with {_count(len(recordings), 'recording')} and "
            f"{_count(len(before.others), 'other file')} in its top folder, "
            f"and {_count(before.folders, 'folder')}.",
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


def _confirm(target: "Target", yes: bool) -> None:
    """Let the user type the name of what is to be overwritten, unless `yes` and it is surely a card's."""
    is_doubtful = target.is_built_in or bool(target.untold)
    if yes and not is_doubtful:
        return
    if is_doubtful and not sys.stdin.isatty():
        why = "looks like a disk of this computer" if target.is_built_in else "may be in use"
        raise CloisterError(
            f"{target.path} {why}: its name has to be typed, and there is no terminal",
            "--yes does not cover this: run the command in a terminal",
        )
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
        again = "" if target.is_image else ", or checked again"
        note(f"{target.path} was being overwritten: it cannot be used until it is formatted{again}")
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
    if after.reason or after.others or after.folders:
        raise CloisterError(f"{target.path} passed, but its new file system is not what was written")


def _may_be_there(card: "RawDevice", before: "Contents") -> bool:
    """Whether a card that failed still shows a file system, or begins as it did."""
    try:
        with suppress(OSError):
            card.sync()
        after = _contents(card)
    except CloisterError:
        return False
    return not after.reason or (after.start != b"" and after.start == before.start)


def _afterwards(outcome: "Outcome", word: str, formatted: bool, may_be_there: Callable[[], bool]) -> str:
    from host_tools.card.verdict import BAD, content_sentences

    if formatted:
        return "It has a fresh FAT32 file system, and can go into the recorder."
    if content_sentences(outcome):
        if may_be_there():
            return "What was on it may still be there: it could not be overwritten."
        return "Do not rely on what was on it being gone."
    if word == BAD:
        return "There is no file system on it any more."
    return "There is no file system on it any more: format it as FAT32 before it goes into the recorder."


def _say_errors(outcome: "Outcome") -> None:
    from host_tools.cli.text import complain

    for error in outcome.errors:
        complain(error)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}{'S' if what.isupper() else 's'}"
