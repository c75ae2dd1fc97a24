"""`cloister card prepare`: fill a card with random bytes, so that its free space says nothing later."""

import click

from host_tools.cli.card_wipe import force_option, json_option
from host_tools.cli.card_wiping import Wish, run
from host_tools.cli.context import Context
from host_tools.cli.talking import yes_option


@click.command()
@click.argument("card", metavar="DEVICE|IMAGE")
@force_option
@yes_option
@json_option
@click.pass_obj
def prepare(context: Context, /, card: str, force: bool, yes: bool, as_json: bool) -> None:
    """Fill a card with random bytes and make a fresh FAT32 on it. EVERYTHING ON IT IS LOST.

    Afterwards nobody can tell from the free space how far each recording was written, nor which places were
    ever used. All of it is read back. If it was interrupted, the same command goes on where it stopped.

    What is no card of a recorder that this vault knows, and is not empty either, is refused without --force.
    --yes does not cover recordings that are not in the vault, nor a disk that may be no card.
    """
    run(context, Wish("prepare", card, passes=1, force=force, yes=yes, as_json=as_json))
