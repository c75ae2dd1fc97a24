"""`cloister import`: verify a card's recordings and copy them, still encrypted, into the vault."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context, writing

if TYPE_CHECKING:
    from host_tools.cli.checks import Overview
    from host_tools.vault.intake import Intake


@click.command("import")
@click.argument("card")
@click.option("--json", "as_json", is_flag=True, help="Print what was found and imported as JSON.")
@click.pass_obj
def import_card(context: Context, card: str, as_json: bool) -> None:
    """Copy a card's recordings into the vault, still encrypted.

    CARD is the card's folder, an image of it, or the device. Everything is verified first, and the copy is
    read back; the card is not changed. Importing again imports nothing twice. Exit status 3 if anything was
    found that is not as it should be.
    """
    from host_tools.cli import checks
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.cli.targets import card_members
    from host_tools.container.collection import Collection, Member
    from host_tools.vault.intake import take_in

    with context.open_vault() as vault, ExitStack() as stack:
        members = card_members(card, stack)
        with (
            writing(f"the vault {context.folder}"),
            progress(
                "Importing", sum(2 * member.source.size_bytes for member in members), as_json
            ) as advance,
        ):
            checks.say_what_is_strange(vault.remove_strays())
            collection = Collection(
                [Member(member.file, CountedSource(member.source, advance)) for member in members],
                vault.knowledge(),
            )
            intakes = [take_in(vault, collection, member) for member in collection.members]
        findings = [intake.finding for intake in intakes]
        seen = checks.overview(collection, findings)
        _print(intakes, seen, as_json)
        checks.say_what_was_found(findings, seen.missing)
        checks.say_how_far_it_was_seen(vault, collection, findings)
    checks.leave(findings, seen.missing_numbers)


def _print(intakes: list["Intake"], seen: "Overview", as_json: bool) -> None:
    """The recordings, and what became of each container."""
    from host_tools.cli.checks import print_recordings
    from host_tools.cli.text import print_json

    if not as_json:
        seen.outcomes = {intake.finding.file: intake.outcome for intake in intakes}
        seen.ids = {intake.finding.file: intake.recording.id for intake in intakes if intake.recording}
        print_recordings(seen)
        return
    containers = [
        {
            **intake.finding.as_dict(),
            "outcome": intake.outcome,
            "recording": intake.recording.id if intake.recording else None,
        }
        for intake in intakes
    ]
    print_json(seen.as_dict() | {"containers": containers})
