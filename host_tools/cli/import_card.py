"""`cloister import`: a card's recordings verified, copied into the vault still encrypted, and then erased."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context, writing
from host_tools.errors import EXIT_FOUND

if TYPE_CHECKING:
    from host_tools.cli.checks import Overview
    from host_tools.cli.import_erase import Erased
    from host_tools.container.collection import Collection
    from host_tools.vault import Vault
    from host_tools.vault.intake import Intake


@click.command("import")
@click.argument("card")
@click.option("--erase", "is_erasing", is_flag=True, help="Then erase on the card what the vault has.")
@click.option("--yes", is_flag=True, help="With --erase: ask nothing, and erase what was destroyed, too.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found and imported as JSON.")
@click.pass_obj
def import_card(context: Context, card: str, is_erasing: bool, yes: bool, as_json: bool) -> None:
    """Copy a card's recordings into the vault, still encrypted.

    CARD is the card's folder, an image of it, or the device. Everything is verified first, and the copy is
    read back. Importing again imports nothing twice. Exit status 3 if anything was found that is not as it
    should be.

    With --erase, what was imported is then overwritten and removed on the card, once the vault's copy was
    read back again. What is damaged, forged or destroyed is erased only if you say so for each; where nobody
    can be asked it stays. Anything else on the card is left alone.
    """
    from host_tools.cli import checks, import_erase
    from host_tools.cli.retiring import retire_last_resort_keys
    from host_tools.vault.erasure import on_card

    _check_options(card, is_erasing, yes)
    with context.open_vault("import", card=card) as vault:
        collection, intakes = _take_in_all(context, vault, card, as_json)
        findings = [intake.finding for intake in intakes]
        sizes = {member.file: member.source.size_bytes for member in collection.members}
        there = on_card(vault, intakes, sizes)
        import_erase.say_what_was_cut_off(there, is_erasing)
        seen = checks.overview(collection, findings)
        if not as_json:
            _print_table(intakes, seen)
        checks.say_what_was_found(findings, seen.missing)
        checks.say_how_far_it_was_seen(vault, collection, findings)
        erased = None
        if is_erasing:
            erased = import_erase.erase(vault, collection, card, there, yes, as_json)
            vault.account.detail["erased"] = erased.files
        if as_json:
            _print_json(intakes, seen, erased)
        retire_last_resort_keys(vault)
        if erased is not None:
            _end_erasing(erased, card, as_json)
        is_wrong = erased is not None and erased.is_wrong
        if is_wrong or checks.is_anything_found(findings, seen.missing_numbers):
            vault.account.outcome = "found"
            click.get_current_context().exit(EXIT_FOUND)


def _check_options(card: str, is_erasing: bool, yes: bool) -> None:
    """Raises what is wrong with them before anything is asked for."""
    from host_tools.cli.import_erase import check_not_mounted

    if yes and not is_erasing:
        raise click.UsageError("--yes belongs to --erase")
    if is_erasing:
        check_not_mounted(card)


def _take_in_all(
    context: Context, vault: "Vault", card: str, as_json: bool
) -> tuple["Collection", list["Intake"]]:
    """Import everything on the card, which is closed again when this returns."""
    from host_tools.cli import checks
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.cli.targets import card_members
    from host_tools.container.collection import Collection, Member
    from host_tools.vault.intake import IMPORTED, IMPORTED_BETTER, take_in
    from host_tools.vault.room import check_room

    with ExitStack() as stack:
        members = card_members(card, stack)
        size_bytes = sum(2 * member.source.size_bytes for member in members)
        with writing(f"the vault {context.folder}"), progress("Importing", size_bytes, as_json) as advance:
            checks.say_what_is_strange(vault.remove_strays())
            view = vault.knowledge()
            check_room(vault, members, view)
            counted = [Member(member.file, CountedSource(member.source, advance)) for member in members]
            collection = Collection(counted, view)
            intakes = []
            for member in collection.members:
                intake = take_in(vault, collection, member)
                if intake.recording and intake.outcome in (IMPORTED, IMPORTED_BETTER):
                    vault.account.recordings.append(intake.recording.id)
                intakes.append(intake)
    return collection, intakes


def _end_erasing(erased: "Erased", card: str, as_json: bool) -> None:
    """Say what was erased. Raises what ended it early."""
    from host_tools.cli import import_erase

    if not as_json:
        import_erase.say(erased, card)
    if erased.failure is not None:
        raise erased.failure


def _print_table(intakes: list["Intake"], seen: "Overview") -> None:
    """The recordings, and what became of each container."""
    from host_tools.cli.checks import print_recordings

    seen.outcomes = {intake.finding.file: intake.outcome for intake in intakes}
    seen.ids = {intake.finding.file: intake.recording.id for intake in intakes if intake.recording}
    print_recordings(seen)


def _print_json(intakes: list["Intake"], seen: "Overview", erased: "Erased | None") -> None:
    """The same for --json, with what became of each on the card."""
    from host_tools.cli.text import print_json

    containers = [
        {
            **intake.finding.as_dict(),
            "outcome": intake.outcome,
            "recording": intake.recording.id if intake.recording else None,
            **(erased.fields(intake.finding.file) if erased else {"erased": False}),
        }
        for intake in intakes
    ]
    wipe = erased.report.as_dict() if erased and erased.report else None
    print_json(seen.as_dict() | {"containers": containers, "wipe": wipe})
