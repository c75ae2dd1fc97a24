"""`cloister verify`: say of each container what it is, without changing anything."""

from contextlib import ExitStack
from dataclasses import replace

import click

from host_tools.cli.context import Context


@click.command()
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def verify(context: Context, targets: tuple[str, ...], as_json: bool) -> None:
    """Check recordings: every byte, every number.

    TARGET is a container file, a card (its folder, image or device), or the ID of a recording in the vault.
    Exit status 3 if anything is not as it should be.
    """
    from host_tools.cli import checks
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.cli.targets import open_target
    from host_tools.cli.text import print_json
    from host_tools.container.collection import Collection

    with context.open_vault() as vault, ExitStack() as stack:
        opened = [open_target(target, vault, stack) for target in targets]
        members = [member for target in opened for member in target.members]
        is_card = any(target.is_card for target in opened)
        with progress("Verifying", sum(member.source.size_bytes for member in members), as_json) as advance:
            collection = Collection(
                [replace(member, source=CountedSource(member.source, advance)) for member in members],
                vault.knowledge(),
            )
            findings = list(collection.findings())
        missing = collection.missing() if is_card else []
        if as_json:
            print_json({"containers": [finding.as_dict() for finding in findings], "missing": missing})
        else:
            checks.print_findings(findings)
        checks.say_what_was_found(findings, missing)
        if is_card:
            checks.say_how_far_it_was_seen(vault, collection, findings)
    checks.leave(findings, missing)
