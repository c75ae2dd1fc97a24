"""What `cloister card wipe` and `card prepare` have in common: judging the card, asking, wiping, telling.

The vault says which recordings are on the card and which of them it does not have; it keeps the place of a
wipe that takes long, and its report.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli import card_asking as asking
from host_tools.cli.context import Context
from host_tools.cli.talking import confirm
from host_tools.cli.text import note, print_json, printable
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.card.wipe_device import DeviceCard
    from host_tools.card.wipe_report import WipeReport
    from host_tools.card.wiping import WipeCard
    from host_tools.cli.card_judging import OnCard
    from host_tools.vault import Vault
    from host_tools.vault.wipes import KeptWipe


@dataclass(frozen=True)
class Wish:
    """What was typed. `action` is the command's name; neither names nor free: the whole card."""

    action: str
    card: str
    names: tuple[str, ...] = ()
    free: bool = False
    discard: bool = False
    passes: int = 2
    force: bool = False
    yes: bool = False
    as_json: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the whole card is meant."""
        return not self.names and not self.free

    @property
    def words(self) -> str:
        """What is to be wiped."""
        if self.names:
            return ", ".join(self.names)
        return "its free space" if self.free else "all of it"


def run(context: Context, wish: Wish) -> None:
    """Do what was typed. Raises CloisterError."""
    from host_tools.card.wiping import open_for_wiping
    from host_tools.cli.card_judging import judge

    _refuse_vault(context, wish)
    with (
        open_for_wiping(wish.card, f"cloister card {wish.action}", wish.passes) as card,
        context.open_vault(wish.action, card=wish.card, what=wish.words) as vault,
    ):
        kept = _kept(vault, card, wish)
        on_card = judge(vault, card)
        _agree(card, wish, on_card, kept)
        vault.account.recordings = on_card.ids_of(wish.names or None) if not wish.free else []
        with _saying_how_it_is_left(card, wish, kept):
            report, paper = _wipe(vault, card, wish, on_card, kept)
        _tell(report, wish, vault.account.recordings, paper)
        if not report.verified:
            raise CloisterError(
                f"{wish.card} is not wiped: what was written does not read back",
                "destroy the card: what was on it may still be there",
            )


def _refuse_vault(context: Context, wish: Wish) -> None:
    """A vault's folder is no card, nor is a file in it."""
    path = Path(wish.card)
    if path.is_file():
        asking.refuse_precious(path.resolve(), context)
    elif path.is_dir():
        asking.refuse_vault(path.resolve(), context)


def _kept(vault: "Vault", card: "WipeCard", wish: Wish) -> "KeptWipe | None":
    """The wipe that goes on, or begins; None for files."""
    from host_tools.card.wipe_report import CARD, FREE_SPACE
    from host_tools.vault import wipes

    if wish.names:
        return None
    kept = wipes.begin(vault, card, FREE_SPACE if wish.free else CARD)
    if kept.unfinished is not None:
        note(f"{wish.card}: a wipe that was cut off goes on where it stopped")
    return kept


def _agree(card: "WipeCard", wish: Wish, on_card: "OnCard", kept: "KeptWipe | None") -> None:
    """Show what is on the card, and ask. Raises CloisterError if it is not to be."""
    from host_tools.card.wipe_device import DeviceCard

    goes_on = kept is not None and kept.unfinished is not None and wish.is_whole
    device = card if isinstance(card, DeviceCard) else None
    if wish.is_whole:
        card.work_of_all()  # says that a folder has none
    before = None
    if device is not None:
        if device.target.is_image and not goes_on:
            asking.refuse_other_files(device.device, device.target)
        before = asking.contents_of(device.device)
        asking.show_target(wish.card, device.target)
        asking.show_contents(before)
    strange = "" if goes_on or _is_blank(device, wish) else on_card.strange
    if strange and not wish.force:
        raise CloisterError(
            f"{wish.card}: {strange}; nothing was done",
            "--force wipes it all the same, once its name is typed",
        )
    if wish.names:
        card.work_of_files(wish.names)  # says which is not there, or cannot be wiped
        before = asking.contents_of(device.device) if device is not None else None
    _ask(card, wish, on_card, strange)
    if device is not None and asking.contents_of(device.device) != before:
        raise CloisterError(f"{wish.card} was changed meanwhile: nothing was done")


def _is_blank(device: "DeviceCard | None", wish: Wish) -> bool:
    """Whether nothing can be lost: a new card, on which nothing ever was."""
    return wish.is_whole and device is not None and device.is_blank()


def _ask(card: "WipeCard", wish: Wish, on_card: "OnCard", strange: str) -> None:
    """Ask, with what would be lost named. Raises CloisterError unless the answer is yes."""
    from host_tools.card.wipe_device import DeviceCard

    lost = [] if wish.free else on_card.lost_of(wish.names or None)
    asking.show_loss(lost, "not in the vault")
    doubt, name = "", Path(card.medium.path).name
    if isinstance(card, DeviceCard):
        doubt, name = asking.doubt_about(card.target), card.target.name
        if wish.is_whole:
            asking.show_duration(card.target.size_bytes, wish.passes)
    doubt = doubt or (strange and "is no recorder's card")
    if wish.is_whole or doubt:
        doubt = doubt or (lost and "has recordings that are not in the vault") or ""
        do = "overwrite it" if wish.is_whole else f"wipe {wish.words}"
        asking.confirm_by_name(card.medium.path, name, wish.yes, doubt, do)
    elif lost and not sys.stdin.isatty():
        names = ", ".join(lost[: asking.NAMES_SHOWN])
        raise CloisterError(
            f"not in the vault: {names}; nothing was done",
            f"cloister import {wish.card}; {asking.NOT_COVERED}",
        )
    else:
        more = " What was deleted from the card cannot be recovered afterwards" if wish.free else ""
        confirm(f"Wipe {wish.words}?{more}", wish.yes and not lost)


def _wipe(
    vault: "Vault", card: "WipeCard", wish: Wish, on_card: "OnCard", kept: "KeptWipe | None"
) -> tuple["WipeReport", int]:
    """Wipe it; gives the report and the number of its paper. Raises CloisterError."""
    from host_tools.card.wiping import WipeStopped
    from host_tools.cli.progress import progress
    from host_tools.vault import wipes

    if kept is None:
        ids = {name: on_card.ids[name] for name in on_card.ids if name.casefold() in _folded(wish.names)}
        try:
            with progress("Overwriting", card.work_of_files(wish.names), speed=True) as advance:
                report = card.wipe_files(wish.names, advance)
        except (WipeStopped, KeyboardInterrupt):
            if card.report is not None:
                wipes.keep_files_report(vault, card.report, ids)
            raise
        return report, wipes.keep_files_report(vault, report, ids)
    kept.add_recordings(vault.account.recordings)
    vault.account.recordings = kept.recordings
    if wish.free:
        with progress("Overwriting", card.work_of_free_space(), speed=True) as advance:
            report = card.wipe_free_space(advance, kept.unfinished, kept)
    else:
        with progress("Overwriting", card.work_of_all(), speed=True) as advance:
            report = card.wipe_all(advance, kept.unfinished, kept, wish.discard)
    return report, kept.finish(report)


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


@contextmanager
def _saying_how_it_is_left(card: "WipeCard", wish: Wish, kept: "KeptWipe | None") -> Iterator[None]:
    """Whatever ends it early: say in what state the card is."""
    from host_tools.card.wipe_folder import FolderCard

    try:
        yield
    except (KeyboardInterrupt, CloisterError):
        if kept is not None and kept.unfinished is not None:
            is_full = isinstance(card, FolderCard)
            unusable = ", and it cannot be used until it is" if wish.is_whole or is_full else ""
            files = "; until then files called WIPE….TMP fill it" if is_full else ""
            again = f"the same command goes on where it stopped{files}"
            note(f"{wish.card} is not wiped to the end{unusable}: {again}")
        raise


def _tell(report: "WipeReport", wish: Wish, ids: list[int], paper: int) -> None:
    """What was done, and what was not achieved."""
    if wish.as_json:
        print_json(report.as_dict() | {"id": paper, "recordings": ids})
        return
    for sentence in (*_done_sentences(report), *report.not_achieved):
        click.echo(printable(sentence))


def _done_sentences(report: "WipeReport") -> Iterator[str]:
    from host_tools.card import wipe_report as words
    from host_tools.card.verdict import size_words

    size, moved = size_words(report.bytes), (report.passes + 1) * report.bytes / 1e6
    took = f"{report.passes} x, {report.seconds:.1f} s, {moved / max(report.seconds, 0.001):.1f} MB/s"
    if report.files:
        were = "was" if len(report.files) == 1 else "were"
        yield f"{words.names_words(report.files)} {were} overwritten, read back and removed ({size}, {took})."
    if report.verified and report.what == words.FREE_SPACE:
        yield f"{size} of free space were overwritten with random bytes and read back ({took})."
    if report.verified and report.what == words.CARD:
        yield f"All of its {size} were overwritten with random bytes and read back ({took})."
        if report.method == words.OVERWRITE_AND_DISCARD:
            yield "Then it was told to discard all its blocks."
    if report.formatted:
        yield "It has a fresh FAT32 file system, and can go into the recorder."
