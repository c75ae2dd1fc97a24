"""`cloister due`: which recordings are to be destroyed, what has been due longest first, and what is held."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context
from host_tools.errors import EXIT_FOUND

if TYPE_CHECKING:
    from host_tools.vault.retention import Whole


@click.command()
@click.option(
    "--within",
    "within_days",
    type=click.IntRange(0, 36_525),
    default=0,
    metavar="DAYS",
    help="Also what becomes due within so many days.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_obj
def due(context: Context, within_days: int, as_json: bool) -> None:
    """List the recordings whose time has come.

    What has been due longest comes first. What is held is listed apart, and is not destroyed whatever its
    date. Nothing is destroyed by this command. Exit status 3 if anything is due that is not held.
    """
    from host_tools.cli.keeping import people_names, say_clock
    from host_tools.vault.retention import by_urgency, wholes_in

    with context.open_vault() as vault:
        today, names = vault.now().date(), people_names(vault)
        wholes = by_urgency(wholes_in(vault))
        say_clock(vault)
    listing = _Listing(wholes, today, within_days, names)
    if as_json:
        _print_json(listing)
    else:
        _print(listing)
    if listing.due:
        click.get_current_context().exit(EXIT_FOUND)


class _Listing:
    """The recordings in their groups: due now, due soon, held; and what is said of the others."""

    def __init__(self, wholes: Sequence["Whole"], today: date, within_days: int, names: dict[int, str]):
        self.today, self.names = today, names
        until = min(today.toordinal() + within_days, date.max.toordinal())
        free = [whole for whole in wholes if whole.hold is None]
        self.held = [whole for whole in wholes if whole.hold is not None]
        self.due = [whole for whole in free if whole.is_due(today)]
        self.soon = [whole for whole in free[len(self.due) :] if whole.is_due(date.fromordinal(until))]
        self.later = [whole.term.on for whole in free[len(self.due) + len(self.soon) :] if whole.term.on]
        self.without_date = sum(whole.term.on is None for whole in free)


def _print_json(listing: _Listing) -> None:
    from host_tools.cli.keeping import whole_as_dict
    from host_tools.cli.text import print_json

    def shown(wholes: Sequence["Whole"]) -> list[dict[str, Any]]:
        return [whole_as_dict(whole, listing.today, listing.names) for whole in wholes]

    print_json(
        {
            "today": listing.today.isoformat(),
            "due": shown(listing.due),
            "soon": shown(listing.soon),
            "held": shown(listing.held),
            "next": listing.later[0].isoformat() if listing.later else None,
            "without_date": listing.without_date,
        }
    )


def _print(listing: _Listing) -> None:
    """The tables on stdout; what is not in them on stderr."""
    from host_tools.cli.text import note

    if listing.due or listing.soon:
        _print_due(listing)
    else:
        click.echo("Nothing is due.", err=True)
    if listing.held:
        if listing.due or listing.soon:
            click.echo()
        click.echo("Held, and not destroyed whatever the date:")
        _print_held(listing)
    if listing.later:
        note(f"the next one is due on {listing.later[0]}")
    if listing.without_date:
        note(f"{_count(listing.without_date)} no date: cloister retention sets how long they are kept")


def _print_due(listing: _Listing) -> None:
    from host_tools.cli.keeping import ids_words, numbers_words, seconds_of, started_of, when_words
    from host_tools.cli.text import print_table
    from host_tools.container.report import clock

    print_table(
        ("ID", "Number", "Started (UTC)", "Length", "Due", "That is", "Why"),
        [
            (
                ids_words(whole),
                numbers_words(whole),
                started_of(whole),
                clock(seconds_of(whole)),
                str(whole.term.on),
                when_words(whole.term.on, listing.today),
                whole.term.words,
            )
            for whole in (*listing.due, *listing.soon)
        ],
        right=("ID", "Number", "Length"),
        firm=("Length", "Due", "That is"),
    )


def _print_held(listing: _Listing) -> None:
    from host_tools.cli.keeping import ids_words, person_words, started_of, when_words
    from host_tools.cli.text import print_table

    print_table(
        ("ID", "Started (UTC)", "Due", "Held since", "By", "Reason"),
        [
            (
                ids_words(whole),
                started_of(whole),
                when_words(whole.term.on, listing.today),
                whole.hold.since[:10],
                person_words(listing.names, whole.hold.by),
                whole.hold.reason,
            )
            for whole in listing.held
            if whole.hold
        ],
        right=("ID",),
        firm=("Due", "Held since"),
    )


def _count(count: int) -> str:
    return "1 recording has" if count == 1 else f"{count} recordings have"
