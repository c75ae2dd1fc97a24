"""`cloister card`: a card by itself, in the laptop's reader."""

import click

from host_tools.cli.lazy import LazyGroup

COMMANDS = {
    "check": "host_tools.cli.card_check:check",
    "recover": "host_tools.cli.card_recover:recover",
}


@click.group(cls=LazyGroup, table=COMMANDS)
def card() -> None:
    """Check whether a card will do, and recover recordings that its file system no longer shows."""
