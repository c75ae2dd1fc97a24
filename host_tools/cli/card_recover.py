"""`cloister card recover`: find recordings that a card's file system no longer shows, and import them."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context, writing
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.cli.checks import Overview
    from host_tools.container.collection import Collection, Member
    from host_tools.container.report import Finding
    from host_tools.recovery import Image, Search
    from host_tools.vault import Vault

ONLY_TOLD = "found"
NOTHING_TO_WRITE = "nothing to write"


@dataclass(frozen=True)
class Outcome:
    """What became of one container; `recording` is its id in the vault, if it has one."""

    finding: "Finding"
    words: str
    recording: int | None = None


@click.command()
@click.argument("image", type=click.Path())
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write the containers, still encrypted, into this folder; import nothing.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what there is; import nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_obj
def recover(context: Context, image: str, folder: Path | None, dry_run: bool, as_json: bool) -> None:
    """Find recordings that a card's file system no longer shows, and import them.

    IMAGE is a raw image of the card, or its device; it is only read. Deleted files, a formatted card and a
    destroyed file system make no difference: each block is proven to belong to its recording. Exit status
    3 if anything was found that is not as it should be.
    """
    from host_tools.cli import checks
    from host_tools.container.collection import Collection
    from host_tools.recovery import open_image

    if folder is not None and dry_run:
        raise click.UsageError("--output and --dry-run exclude each other")
    action = "verify" if dry_run else "import" if folder is None else "export"
    with context.open_vault(action, card=image, recover=True) as vault, ExitStack() as stack:
        if not vault.recorders():
            raise CloisterError(
                "the vault knows no recorder, so that nothing can be found with its keys",
                "name the vault of the recorder with cloister --vault DIR",
            )
        opened = stack.enter_context(open_image(image))
        members, search = _search(vault, opened, as_json, stack)
        collection = Collection(members, vault.knowledge())
        outcomes = _settle(context, vault, collection, folder, dry_run, as_json)
        findings = [outcome.finding for outcome in outcomes]
        seen = checks.overview(collection, findings)
        if checks.is_anything_found(findings, seen.missing_numbers):
            vault.account.outcome = "found"
        _print(outcomes, seen, as_json)
        checks.say_what_was_found(findings, seen.missing)
        checks.say_how_far_it_was_seen(vault, collection, findings)
        _say_what_was_left_out(opened, search)
    checks.leave(findings, seen.missing_numbers)
    if opened.unreadable_sectors:
        click.get_current_context().exit(EXIT_FOUND)


def _search(
    vault: "Vault", image: "Image", as_json: bool, stack: ExitStack
) -> tuple[list["Member"], "Search"]:
    """Search the image; the containers found, each under a name of its own."""
    from host_tools.cli.progress import progress
    from host_tools.container.collection import Member
    from host_tools.recovery import Search
    from host_tools.recovery.found import ScatteredSource
    from host_tools.recovery.kept import kept_parts
    from host_tools.recovery.output import names

    parts = kept_parts(vault)
    search = Search(image, vault.knowledge(), [kept for _, kept in parts.values()])
    search.run(partial(progress, quiet=as_json))
    members: list[Member] = []
    taken: set[str] = set()
    for found in search.found:
        if found.seal in parts:
            found.copy = stack.enter_context(vault.open_recording(parts[found.seal][0]))
        free = (name for name in names(found.number) if name not in taken)
        name = next(free, f"R{found.number:07}.DAT at sector {found.header_sector}")
        taken.add(name)
        members.append(Member(name, ScatteredSource(image, found)))
    return members, search


def _settle(
    context: Context,
    vault: "Vault",
    collection: "Collection",
    folder: Path | None,
    dry_run: bool,
    as_json: bool,
) -> list[Outcome]:
    """Judge each container, and import it or write it out or neither."""
    from dataclasses import replace

    from host_tools.cli.checks import say_what_is_strange
    from host_tools.cli.progress import CountedSource, progress
    from host_tools.vault.intake import IMPORTED, IMPORTED_BETTER, take_in

    size_bytes = sum(member.source.size_bytes for member in collection.members)
    label = "Judging" if dry_run else "Importing" if folder is None else "Writing"
    with progress(label, size_bytes * (1 if dry_run else 2), as_json) as advance:
        members = [
            replace(member, source=CountedSource(member.source, advance)) for member in collection.members
        ]
        if dry_run:
            return [Outcome(collection.examine(member), ONLY_TOLD) for member in members]
        if folder is not None:
            return _write(collection, members, folder)
        outcomes = []
        with writing(f"the vault {context.folder}"):
            say_what_is_strange(vault.remove_strays())
            for member in members:
                intake = take_in(vault, collection, member)
                if intake.recording and intake.outcome in (IMPORTED, IMPORTED_BETTER):
                    vault.account.recordings.append(intake.recording.id)
                recording = intake.recording.id if intake.recording else None
                outcomes.append(Outcome(intake.finding, intake.outcome, recording))
        return outcomes


def _write(collection: "Collection", members: list["Member"], folder: Path) -> list[Outcome]:
    """Write the containers that hold sound as files."""
    from host_tools.container import report
    from host_tools.recovery.output import write_container

    outcomes = []
    with writing(f"the folder {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        for member in members:
            finding = collection.examine(member)
            words = NOTHING_TO_WRITE
            if finding.word in report.HOLDS_SOUND and finding.session is not None and finding.header:
                words = write_container(folder, finding.header.number, member.source, finding.kept_blocks)
            outcomes.append(Outcome(finding, words))
    return outcomes


def _print(outcomes: list[Outcome], seen: "Overview", as_json: bool) -> None:
    """The recordings, and what became of each container."""
    from host_tools.cli.checks import print_recordings
    from host_tools.cli.text import print_json

    if as_json:
        containers = [
            {**outcome.finding.as_dict(), "outcome": outcome.words, "recording": outcome.recording}
            for outcome in outcomes
        ]
        print_json(seen.as_dict() | {"containers": containers})
        return
    if not outcomes:
        click.echo("No recordings were found.")
        return
    seen.outcomes = {outcome.finding.file: outcome.words for outcome in outcomes}
    seen.ids = {outcome.finding.file: outcome.recording for outcome in outcomes if outcome.recording}
    print_recordings(seen)


def _say_what_was_left_out(image: "Image", search: "Search") -> None:
    """What could not be looked at, or is too much to list."""
    from host_tools.cli.text import complain, note

    if image.unreadable_sectors:
        complain(f"{image.unreadable_sectors} sectors could not be read, and what is in them was not found")
    if image.spare_bytes:
        note(f"the last {image.spare_bytes} bytes are no whole sector, and were not looked at")
    if search.strangers_left_out:
        note(
            f"{search.strangers_left_out} more headers that no recorder known here has sealed are not listed"
        )
