"""`cloister import --erase`: wipes on the card what the vault has, and asks about the rest.

Nothing is overwritten before the vault's copies were read back from its disk, and the card was found to be
the one that was imported. A failure is kept, so that what was imported is told all the same.
"""

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.progress import progress
from host_tools.cli.text import complain, note, printable
from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.card.wipe_report import WipeReport
    from host_tools.card.wiping import WipeCard
    from host_tools.container.collection import Collection
    from host_tools.vault import Vault
    from host_tools.vault.erasure import OnCard

COMMAND = "cloister import --erase"
CHANGED = "the card was changed since it was imported"
NOT_WHOLE = "the vault's copy of it is not whole"
UNKNOWN = "nothing is known of what it is"


@dataclass
class Erased:
    """What was erased on the card and why the rest was not, by file; `failure` is what ended it early.

    `is_wrong` if something was kept that should have been erased.
    """

    report: "WipeReport | None" = None
    kept: dict[str, str] = field(default_factory=dict)
    is_wrong: bool = False
    failure: CloisterError | None = None

    @property
    def files(self) -> list[str]:
        """The files that are erased."""
        return list(self.report.files) if self.report else []

    def fields(self, file: str) -> dict[str, Any]:
        """What `import --json` tells of one container: whether it is erased, or why it is kept."""
        is_erased = file in self.files
        return {"erased": is_erased, "kept": None if is_erased else self.kept.get(file)}


def check_not_mounted(card: str) -> None:
    """Raises CloisterError for a device that is mounted: its folder is the way to it."""
    from pathlib import Path

    from host_tools.card import disks
    from host_tools.card.source import WINDOWS_DEVICE

    if card.startswith(WINDOWS_DEVICE) or not Path(card).is_block_device():
        return
    users = disks.disk_of_device(str(Path(card).resolve())).users
    folder = next((user.removeprefix("mounted at ") for user in users if user.startswith("mounted at ")), "")
    if folder:
        raise CloisterError(
            f"{card} is mounted at {folder}", f"unmount it first, or name the folder: {COMMAND} {folder}"
        )


def say_what_was_cut_off(there: list["OnCard"], is_erasing: bool) -> None:
    """Say in the findings on what is half erased that it is."""
    for entry in there:
        if entry.begun is not None:
            how = "and goes on now" if is_erasing else f"{COMMAND} goes on"
            entry.finding.notes.append(f"its erasing of {entry.begun[:10]} was cut off, {how}")


def erase(
    vault: "Vault", collection: "Collection", card: str, there: list["OnCard"], yes: bool, is_quiet: bool
) -> Erased:
    """Erase what may be erased; asks about the rest if there is a terminal, and not `yes`."""
    from host_tools.vault.erasure import is_any_unfinished

    erased = Erased()
    wanted = [entry for entry in there if _may_be_erased(entry, erased, yes)]
    try:
        wanted = _with_whole_copies(vault, collection, wanted, erased, is_quiet)
        if wanted or is_any_unfinished(vault):
            _wipe(vault, card, wanted, erased, is_quiet)
    except CloisterError as failure:
        erased.failure = failure
    return erased


def say(erased: Erased, card: str) -> None:
    """What was erased, on stdout; what was not, and why, on stderr."""
    if erased.report is not None and erased.files:
        count = len(erased.files)
        what = f"{count} container{'s' if count > 1 else ''} on {card}"
        click.echo(printable(f"Erased {what}: overwritten, read back and removed"))
        for words in erased.report.not_achieved:
            note(words)
    for file, why in erased.kept.items():
        note(f"{file} is kept on the card: {why}")


def _may_be_erased(entry: "OnCard", erased: Erased, yes: bool) -> bool:
    """Whether it may, or somebody says so now."""
    from host_tools.vault import erasure

    file, finding = entry.finding.file, entry.finding
    if entry.rule == erasure.FREELY or entry.rule == erasure.IF_AGREED and yes:
        return True
    if entry.rule == erasure.NEVER:
        erased.kept[file] = UNKNOWN
    elif yes or not sys.stdin.isatty():
        erased.kept[file] = f"it is {finding.word}, and nobody was asked about it"
    else:
        words = printable(f"{file} is {finding.word}: {finding.message}; {entry.intake.outcome}")
        if click.confirm(f"{words}. Erase it on the card?", err=True):
            return True
        erased.kept[file] = "as was answered"
    return False


def _with_whole_copies(
    vault: "Vault", collection: "Collection", wanted: list["OnCard"], erased: Erased, is_quiet: bool
) -> list["OnCard"]:
    """Those that the vault has, read from its disk now."""
    from host_tools.vault.erasure import is_copy_whole

    whole = []
    size_bytes = sum(entry.finding.kept_blocks * BLOCK_BYTES for entry in wanted)
    with progress("Checking the vault's copies", size_bytes, is_quiet) as advance:
        for entry in wanted:
            if is_copy_whole(vault, collection, entry.intake):
                whole.append(entry)
            else:
                _keep(entry, NOT_WHOLE, erased)
            advance(entry.finding.kept_blocks * BLOCK_BYTES)
    return whole


def _wipe(vault: "Vault", card: str, wanted: list["OnCard"], erased: Erased, is_quiet: bool) -> None:
    """Overwrite them, all of which the card still has as they were read. Raises CloisterError."""
    from host_tools.card.wiping import open_for_wiping
    from host_tools.vault.erasure import note_beginning, note_end

    with open_for_wiping(card, COMMAND) as wiper:
        wanted = _still_there(wiper, wanted, erased)
        names = [entry.finding.file for entry in wanted]
        if not names:
            wiper.wipe_files([])  # finishes what an earlier run was cut off from
            return
        with progress("Erasing", wiper.work_of_files(names), is_quiet) as advance:
            note_beginning(vault, wanted)
            try:
                wiper.wipe_files(names, advance)
            finally:  # whatever ended it
                erased.report = report = wiper.report
                if report is not None:
                    note_end(vault, wanted, report)
    left = report.left if report else []
    erased.kept |= {entry.file: entry.why for entry in left}
    if left:
        raise CloisterError(
            f"{card} does not keep what is written to it: not everything is erased",
            "cloister card wipe overwrites all of it; if that fails, destroy the card",
        )


def _still_there(wiper: "WipeCard", wanted: list["OnCard"], erased: Erased) -> list["OnCard"]:
    """Those that are on the card as they were judged."""
    there = {file.name: file for file in wiper.files()}
    same = []
    for entry in wanted:
        source = there.get(entry.finding.file)
        if source is not None and entry.is_still_there(source):
            same.append(entry)
        else:
            _keep(entry, CHANGED, erased)
    return same


def _keep(entry: "OnCard", why: str, erased: Erased) -> None:
    """Leave it on the card, and say that something is wrong."""
    erased.kept[entry.finding.file] = why
    erased.is_wrong = True
    complain(f"{entry.finding.file}: {why}: it is not erased")
