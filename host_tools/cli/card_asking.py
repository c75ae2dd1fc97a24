"""What is asked and shown before a card is overwritten, whatever for: `card check`, `wipe` and `prepare`.

What is a vault's, a recording, or no image of a card is refused. What is on the card is shown, and its name
has to be typed; `--yes` covers that, except where it is doubtful that this is a card to be overwritten.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context
from host_tools.cli.talking import check_terminal
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.card.device import RawDevice
    from host_tools.card.target import Contents, Target

NAMES_SHOWN = 8
USUAL_BYTES_S = 20_000_000
NOT_COVERED = "--yes does not cover this: run the command in a terminal"


def refuse_precious(image: Path, context: Context) -> None:
    """A vault's file or a recording is no image of a card, whatever its size."""
    from host_tools.cli.targets import CONTAINER_NAME
    from host_tools.container.layout import MAGIC

    refuse_vault(image, context, "no image of a card")
    with image.open("rb") as file:
        is_recording = file.read(len(MAGIC)) == MAGIC or CONTAINER_NAME.fullmatch(image.name)
    if is_recording:
        raise CloisterError(f"{image} is a recording, and no image of a card")


def refuse_vault(path: Path, context: Context, what: str = "no card") -> None:
    """What is in a vault is not what was meant."""
    from host_tools.vault import check_is_vault

    if path.is_relative_to(context.folder.resolve()):
        raise CloisterError(f"{path} is in the vault, and {what}")
    for folder in (path, *path.parents):
        try:
            check_is_vault(folder)
        except CloisterError:
            continue
        raise CloisterError(f"{path} is in a vault, and {what}")


def refuse_other_files(card: "RawDevice", target: "Target") -> None:
    """An archive or a database is no image of a card either."""
    from host_tools.card.target import is_card_image

    if not is_card_image(card):
        raise CloisterError(
            f"{target.path} is no image of a card: it has no FAT32 file system, and is not empty",
            "name a card's device, an image with a FAT32 file system, or an empty one of zeros",
        )


def contents_of(card: "RawDevice") -> "Contents":
    """What is on it now. Raises CloisterError if it is gone."""
    from host_tools.card.target import contents
    from host_tools.cli.targets import CONTAINER_NAME

    return contents(card, CONTAINER_NAME.fullmatch)


def show_target(named: str, target: "Target") -> None:
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


def show_contents(before: "Contents") -> None:
    """Say what is on it, on stderr."""
    from host_tools.cli.text import printable

    if before.partitions > 1:
        click.echo(f"It has {before.partitions} partitions; only the first is looked at.", err=True)
    if before.reason:
        click.echo(printable(f"What is on it cannot be told: {before.reason}."), err=True)
    else:
        click.echo(
            f"It has a FAT32 file system with {count_words(len(before.recordings), 'recording')} and "
            f"{count_words(len(before.others), 'other file')} in its top folder, "
            f"and {count_words(before.folders, 'folder')}.",
            err=True,
        )


def show_loss(names: Sequence[str], what: str) -> None:
    """Name the recordings that would be lost, in bold; `what` they are: on it, in no vault."""
    from host_tools.cli.text import printable

    if names:
        are = "is" if len(names) == 1 else "are"
        listed = ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")
        words = f"{count_words(len(names), 'RECORDING')} that {are} {what} would be lost: {listed}"
        click.secho(printable(words), bold=True, err=True)


def show_duration(size_bytes: int, passes: int = 1) -> None:
    """Say how long it takes to overwrite so much and to read it back."""
    minutes = max(1, round((passes + 1) * size_bytes / USUAL_BYTES_S / 60))
    words, twice = count_words(minutes, "minute"), " twice" if passes > 1 else ""
    click.echo(f"All of it is overwritten{twice} and read back: {words} if it does 20 MB/s.", err=True)


def doubt_about(target: "Target") -> str:
    """Why `--yes` does not cover this disk; empty if it is surely a card's."""
    if target.is_built_in:
        return "looks like a disk of this computer"
    return "may be in use" if target.untold else ""


def confirm_by_name(path: str, name: str, yes: bool, doubt: str, do: str = "overwrite it") -> None:
    """Let the user type the name of what is to be overwritten, unless `yes` and there is no doubt of it."""
    if yes and not doubt:
        return
    if doubt and not sys.stdin.isatty():
        raise CloisterError(
            f"{path} {doubt}: its name has to be typed, and there is no terminal",
            NOT_COVERED,
        )
    check_terminal()
    typed = click.prompt(f"Type {name} to {do}", default="", show_default=False, err=True)
    if typed.strip() != name:
        raise CloisterError(f"that is not {name}: nothing was done")


def count_words(number: int, what: str) -> str:
    """A number of something."""
    return f"{number} {what}" if number == 1 else f"{number} {what}{'S' if what.isupper() else 's'}"
