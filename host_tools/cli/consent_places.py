"""`cloister consent places`: whom the law of a place asks, with sources; no legal advice."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from host_tools.consent.places import Place


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def places(name: str | None, as_json: bool) -> None:
    """Show whom the law asks before a conversation is recorded: one party, or all.

    NAME is a country, a state or its code, as Oregon or US-OR; without it the whole table is shown. For
    conversations in person. This is no legal advice.
    """
    from host_tools.cli.text import print_json
    from host_tools.consent import places as table

    found = table.find(name) if name else table.places()
    if as_json:
        print_json({"notice": table.notice(), "places": [place.as_dict() for place in found]})
        return
    for paragraph in table.notice().splitlines():
        click.echo(click.wrap_text(paragraph, 100))
    click.echo()
    if len(found) == 1:
        _print_one(found[0])
    else:
        _print_table(found)


def _print_one(place: "Place") -> None:
    from host_tools.cli.consent_common import print_details

    print_details(
        [
            ("Place", f"{place.name} ({place.code})"),
            ("Who is asked", place.rule_words),
            *([("Note", place.note)] if place.note else []),
            ("Law", place.law),
            ("Source", place.source),
            ("Checked", place.checked.isoformat()),
        ]
    )


def _print_table(found: list["Place"]) -> None:
    from host_tools.cli.text import print_table

    print_table(
        ("Code", "Place", "Who is asked", "Law", "Note"),
        [(place.code, place.name, place.rule_words, place.law, place.note) for place in found],
        firm=("Code",),
    )
    click.echo("\nWhere an entry is from, and when it was checked: cloister consent places CODE", err=True)
