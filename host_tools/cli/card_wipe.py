"""`cloister card wipe`: overwrite single files, the free space, or all of a card."""

import click

from host_tools.cli.card_wiping import Wish, run
from host_tools.cli.context import Context
from host_tools.cli.talking import yes_option

force_option = click.option(
    "--force", is_flag=True, help="Also what is no recorder's card; its name has to be typed."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


@click.command()
@click.argument("card")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--free", is_flag=True, help="Only the free space, and what deleted files left.")
@click.option("--no-discard", is_flag=True, help="Do not tell the card to discard its blocks afterwards.")
@click.option(
    "--passes",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="How often to overwrite: once with random bytes, or with their complement before.",
)
@force_option
@yes_option
@json_option
@click.pass_obj
def wipe(
    context: Context,
    /,
    card: str,
    names: tuple[str, ...],
    free: bool,
    no_discard: bool,
    passes: int,
    force: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Overwrite files on a card, its free space, or ALL OF IT.

    CARD is the card's folder, an image of it, or the device. With NAMEs these files are overwritten in place,
    read back, and only then removed. With --free everything is overwritten that belongs to no file. With
    neither, the whole card is: it gets a fresh FAT32 file system afterwards, and on Linux it is told to
    discard its blocks, if it can be. A mounted card cannot be wiped as a whole.

    The free space and the whole card take long. A wipe of them that was interrupted goes on where it stopped
    if the same command is given again. docs/wiping.md says what wiping achieves on a card, and what not.

    What is no card of a recorder that this vault knows is refused without --force. --yes does not cover
    recordings that are not in the vault, nor a disk that may be no card.
    """
    if free and names:
        raise click.UsageError("--free and NAME exclude each other")
    run(context, Wish("wipe", card, names, free, not no_discard, passes, force, yes, as_json))
