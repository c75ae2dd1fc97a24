"""`cloister consent`: forms to sign, what was agreed, and what is to be done when somebody withdraws."""

import click

from host_tools.cli.lazy import LazyGroup

COMMANDS = {
    "new": "host_tools.cli.consent_new:new",
    "attach": "host_tools.cli.consent_keep:attach",
    "link": "host_tools.cli.consent_keep:link",
    "show": "host_tools.cli.consent_show:show",
    "withdraw": "host_tools.cli.consent_withdraw:withdraw",
    "places": "host_tools.cli.consent_places:places",
}


@click.group(cls=LazyGroup, table=COMMANDS)
def consent() -> None:
    """Make consent forms, keep what was signed, and act when a consent is withdrawn.

    The names of people stay in the vault and on the form: they are in no other file, and no other command
    shows them.
    """
