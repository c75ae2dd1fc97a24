"""`cloister recorder`: the recorder's own log, wiping its card, opening it for service, making it new again.

What cannot be undone is asked for once, sent once, and only to the recorder that was greeted before.
"""

import click

from host_tools.cli.context import Context
from host_tools.cli.progress import fraction_bar
from host_tools.cli.talking import Talk, await_enter, confirm, leave, port_option, talk, yes_option
from host_tools.cli.text import note, print_json, print_table

_HOLD = "Hold both buttons of the recorder down, and press Enter:"


@click.group()
def recorder() -> None:
    """A recorder's log, wiping its card, service, and making it new."""


@recorder.command()
@port_option
@click.option("--json", "as_json", is_flag=True, help="Print the entries as JSON.")
@click.pass_obj
def log(context: Context, /, port: str, as_json: bool) -> None:
    """Show the recorder's own log, the oldest entry first.

    It tells starts, stops, faults and changes, by how often the recorder was started and how long it had been
    running; no names, no content and no time of day.
    """
    from host_tools.recorder.log import entry_words, read_log

    with talk(context, port) as here:
        entries = read_log(here.client)
    if as_json:
        print_json({"recorder": here.recorder_id.hex(), "entries": entries})
    elif not entries:
        click.echo("The log is empty.", err=True)
    else:
        print_table(
            ("No.", "Start", "After", "What"), map(entry_words, entries), right=("No.", "Start", "After")
        )


@recorder.command("wipe-card")
@port_option
@click.option(
    "--level",
    type=click.Choice(["files", "all"]),
    required=True,
    help="files: overwrite and remove every file. all: overwrite the whole card, and make a new file system.",
)
@yes_option
@click.pass_obj
def wipe_card(context: Context, /, port: str, level: str, yes: bool) -> None:
    """Wipe the card in the recorder, whatever is on it.

    For a large card a card reader is faster: the recorder takes about an hour for each 4 GB. A card may keep
    spare blocks that nobody can overwrite.
    """
    with talk(context, port) as here:
        _, settlements = here.settled_status()
        _name_what_is_not_here(here)
        what = "everything" if level == "all" else "every file"
        confirm(f"Overwrite {what} on the card that is in {here.name}?", yes)
        with fraction_bar("Wiping") as show:
            try:
                here.ask_once("wipe_card", show, level=level)
            except KeyboardInterrupt:
                note("the recorder goes on wiping: cloister status tells when it is done")
                raise
    click.echo(f"the card is wiped: {what} on it was overwritten")
    leave(settlements)


@recorder.command()
@port_option
@yes_option
@click.pass_obj
def service(context: Context, /, port: str, yes: bool) -> None:
    """Open the recorder for service: it restarts, and stops before its firmware.

    For an update of the firmware: once, with MicroPython's prompt open on this port and no watchdog. A
    recording under way is ended. Both buttons have to be held down while it is asked.
    """
    with talk(context, port) as here:
        await_enter(_HOLD, yes)
        here.ask_once("service")
    click.echo(f"{here.name} restarts and stops before its firmware, this once")


@recorder.command()
@port_option
@yes_option
@click.pass_obj
def reset(context: Context, /, port: str, yes: bool) -> None:
    """Make the recorder forget everything, as when it was new.

    It forgets its id, its secret, its keys, its settings and its log. Recordings stay readable in this vault,
    and those on its card can still be imported; the card is not touched. A recording under way is ended. Both
    buttons have to be held down while it is asked.
    """
    with talk(context, port) as here:
        _, settlements = here.settled_status()  # nobody can ask for it afterwards
        if not yes:
            click.echo(
                f"{here.name} will forget its id, its secret, its keys, its settings and its log.\n"
                "Recordings stay readable in this vault, and those on its card can still be imported.\n"
                "Its card is not touched. A recording under way is ended.",
                err=True,
            )
        confirm("Go on?", yes)
        await_enter(_HOLD, yes)
        here.ask_once("reset")
    click.echo(f"{here.name} has forgotten everything; cloister provision makes it somebody's again")
    leave(settlements)


def _name_what_is_not_here(here: Talk) -> None:
    """Name the recordings that this vault has never had, and that may be on the card."""
    from host_tools.container.report import number_words

    unseen = here.vault.knowledge().never_seen(here.recorder_id)
    if unseen:
        are = "are" if len(unseen) > 1 else "is"
        note(f"{number_words(unseen)} {are} not in this vault: what of that is on this card will be lost")
