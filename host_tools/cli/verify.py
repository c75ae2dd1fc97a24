"""`cloister verify`: say of each container what it is, without changing anything."""

from contextlib import ExitStack
from dataclasses import replace

import click

from host_tools.cli.context import Context


@click.command()
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def verify(context: Context, targets: tuple[str, ...], as_json: bool) -> None:
    """Check recordings: every byte, every number.

    TARGET is a container file, a card (its folder, image or device), the ID of a recording in the vault, or
    the vault's folder. Without one the whole vault is checked. Exit status 3 if anything is not as it should
    be.
    """
    from host_tools.cli import checks
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.cli.targets import open_target, whole_vault
    from host_tools.cli.text import print_json
    from host_tools.container.collection import Collection

    with context.open_vault("verify", targets=list(targets)) as vault, ExitStack() as stack:
        opened = [open_target(target, vault, stack) for target in targets] or [whole_vault(vault)]
        members = [member for target in opened for member in target.members]
        with progress("Verifying", sum(member.source.size_bytes for member in members), as_json) as advance:
            collection = Collection(
                [replace(member, source=CountedSource(member.source, advance)) for member in members],
                vault.knowledge(),
            )
            findings = [finding.shed() for finding in collection.findings()]
        findings += [finding for target in opened for finding in target.gone]
        is_card, of_vault = (
            any(target.is_card for target in opened),
            all(target.is_vault for target in opened),
        )
        seen = checks.overview(collection, findings, is_card or of_vault, of_vault)
        seen.ids = {name: number for target in opened for name, number in target.ids.items()}
        vault.account.recordings = [] if of_vault else list(seen.ids.values())  # all of them need no list
        if checks.is_anything_found(findings, seen.missing_numbers):
            vault.account.outcome = "found"
        if as_json:
            print_json(seen.as_dict())
        else:
            checks.print_recordings(seen)
        checks.say_what_was_found(findings, seen.missing, of_vault)
        if seen.is_all:
            checks.say_how_far_it_was_seen(vault, collection, findings)
    checks.leave(findings, seen.missing_numbers)
