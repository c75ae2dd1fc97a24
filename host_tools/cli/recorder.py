"""`cloister recorder`: the recorder's own log, wiping its card, opening it for service, making it new again.

What cannot be undone is asked for once, sent once, and only to the recorder that was greeted before. Numbers
that nobody will ever see again are given up here, by name.
"""

from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context
from host_tools.cli.progress import fraction_bar
from host_tools.cli.talking import Talk, await_enter, confirm, leave, port_option, talk, yes_option
from host_tools.cli.text import note, print_json, print_table
from host_tools.errors import EXIT_USAGE, CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault

MOST_DIGITS = 10
MOST_NUMBERS = 10_000
_HOLD = "Hold both buttons of the recorder down, and press Enter:"


class Numbers(click.ParamType[range]):
    """A container number, or a run of them: 17, 17-20."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> range:
        """The numbers."""
        first, dash, last = str(value).partition("-")
        last = last if dash else first
        if not all(
            text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS for text in (first, last)
        ):
            self.fail(f"{value!r} is no container number, and no run of them like 17-20", param, ctx)
        numbers = range(int(first), int(last) + 1)
        if not 1 <= len(numbers) <= MOST_NUMBERS or numbers.start < 1:
            self.fail(f"{value!r} is no run of 1 to {MOST_NUMBERS} numbers", param, ctx)
        return numbers


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
    with talk(context, port, "wipe") as here:
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
    with talk(context, port, "service") as here:
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
    from host_tools.cli.retiring import retire_last_resort_keys
    from host_tools.recorder.loading import next_number
    from host_tools.vault.last_resort import note_reset

    with talk(context, port, "reset") as here:
        told, settlements = here.settled_status()  # nobody can ask for it afterwards
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
        note_reset(here.vault, here.recorder_id, next_number(told))
        retire_last_resort_keys(here.vault)
    click.echo(f"{here.name} has forgotten everything; cloister provision makes it somebody's again")
    leave(settlements)


@recorder.command("give-up")
@click.argument("ranges", metavar="NUMBER...", nargs=-1, required=True, type=Numbers())
@click.option(
    "--recorder", "recorder_name", metavar="ID", help="Of which recorder, if the vault has several."
)
@yes_option
@click.pass_obj
def give_up(context: Context, /, ranges: tuple[range, ...], recorder_name: str | None, yes: bool) -> None:
    """Wait no longer for numbers that are lost: a card that was stolen, burnt or overwritten.

    NUMBER is what cloister verify calls missing, 17 or 17-20. Numbers that were given up are not called
    missing any more, and no old last-resort key is kept for them: what was sealed to that key can then not
    be opened even if the card is found again. Needs no recorder.
    """
    from host_tools.cli.retiring import retire_last_resort_keys
    from host_tools.container.report import number_words
    from host_tools.vault import last_resort

    with context.open_vault("give-up") as vault:
        recorder_id = _recorder_of(vault, recorder_name)
        numbers = sorted({number for wanted in ranges for number in wanted})
        _check_missing(vault, recorder_id, numbers)
        waited_for = sorted(set(numbers) & set(last_resort.waited_for(vault, recorder_id)))
        if waited_for:
            may = "were" if len(waited_for) > 1 else "was"
            note(
                f"{number_words(waited_for)} {may} perhaps sealed to the old last-resort key: once nothing "
                "else waits for it, that key is destroyed, and opens nothing any more"
            )
        confirm(f"Give up {number_words(numbers)} of recorder {recorder_id.hex()}?", yes)
        last_resort.give_up(vault, recorder_id, numbers)
        vault.account.detail |= {"recorder": recorder_id.hex(), "numbers": numbers}
        retire_last_resort_keys(vault)
    click.echo(f"Gave up {number_words(numbers)} of recorder {recorder_id.hex()}")


def _recorder_of(vault: "Vault", name: str | None) -> bytes:
    """The recorder of that id, or the only one. Raises CloisterError."""
    known = [entry.recorder_id for entry in vault.recorders()]
    found = [recorder_id for recorder_id in known if name is None or recorder_id.hex() == name.lower()]
    if len(found) == 1:
        return found[0]
    if name is not None or not known:
        raise CloisterError(
            f"there is no recorder {name} in the vault" if name else "the vault has no recorder"
        )
    names = ", ".join(recorder_id.hex() for recorder_id in known)
    raise CloisterError("the vault has several recorders", f"name one with --recorder: {names}", EXIT_USAGE)


def _check_missing(vault: "Vault", recorder_id: bytes, numbers: list[int]) -> None:
    """Raises CloisterError unless something waits for each of these numbers."""
    from host_tools.container.report import number_words
    from host_tools.vault import last_resort

    knowledge = vault.knowledge()
    missing = {*knowledge.never_seen(recorder_id), *last_resort.waited_for(vault, recorder_id)}
    others = [number for number in numbers if number not in missing]
    if others:
        are = "are" if len(others) > 1 else "is"
        raise CloisterError(
            f"{number_words(others)} {are} not missing, as far as this vault knows",
            "cloister verify names what is",
        )


def _name_what_is_not_here(here: Talk) -> None:
    """Name the recordings that this vault has never had, and that may be on the card."""
    from host_tools.container.report import number_words

    unseen = here.vault.knowledge().never_seen(here.recorder_id)
    if unseen:
        are = "are" if len(unseen) > 1 else "is"
        note(f"{number_words(unseen)} {are} not in this vault: what of that is on this card will be lost")
