"""`cloister card`: a card by itself, in the laptop's reader."""

import click

from host_tools.cli.lazy import LazyGroup

COMMANDS = {
    "check": "host_tools.cli.card_check:check",
    "prepare": "host_tools.cli.card_prepare:prepare",
    "wipe": "host_tools.cli.card_wipe:wipe",
    "recover": "host_tools.cli.card_recover:recover",
}


@click.group(cls=LazyGroup, table=COMMANDS)
def card() -> None:
    """Check whether a card will do, prepare and wipe it, and recover what its file system no longer shows."""
