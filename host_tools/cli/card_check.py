"""`cloister card check`: whether a card will do, found by overwriting and reading back all of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.card_asking import (
    confirm_by_name,
    contents_of,
    doubt_about,
    refuse_other_files,
    refuse_precious,
    show_contents,
    show_duration,
    show_loss,
    show_target,
)
from host_tools.cli.talking import yes_option
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.card.device import RawDevice
    from host_tools.card.target import Contents, Target
    from host_tools.card.trial import Outcome

IMAGE_SINGLE_WRITES = 256


@click.command()
@click.argument("device", metavar="DEVICE|IMAGE")
@click.option("--no-format", is_flag=True, help="Leave a card that passed without a file system.")
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_context
def check(ctx: click.Context, /, device: str, no_format: bool, yes: bool, as_json: bool) -> None:
    """Say whether a card will do. EVERYTHING ON IT IS LOST.

    The whole card is written with random bytes and read back, which no fake card passes; most fakes are told
    within seconds. It takes as long as the card takes for that. How long the card is busy is measured with
    single writes of 4096 bytes, as the recorder writes, and with what large writes take beyond their usual
    time. The reader's and the system's own delays are in these times; on an image they are its disk's, and
    are not judged. The system's memory of the card is passed by; a reader's is not.

    --yes does not cover a disk that looks built into this computer, or whose use cannot be told: its name has
    to be typed. An image is a file with a FAT32 file system or of zeros; no other file is overwritten.

    A card that passed gets a fresh FAT32 file system, and the rest of it stays random bytes.

    Exit status 3 if the card will not do, or only in a recorder whose board has PSRAM.
    """
    from host_tools.card import verdict
    from host_tools.card.target import find_target
    from host_tools.cli.text import print_json

    target = find_target(device)
    if target.is_image:
        refuse_precious(Path(target.path), ctx.obj)
    with target.open() as card:
        before = _agreed(card, target, device, yes)
        with _unusable_until_formatted(target):
            outcome = _try_out(card, target)
            found = verdict.judge(outcome, target.is_image)
            formats = found.word != verdict.BAD and not no_format
            if formats:
                _format(card, target)
        last = _afterwards(outcome, found.word, formats, lambda: _may_be_there(card, before))
    if as_json:
        print_json(verdict.as_dict(outcome, found, target.path, formats))
    else:
        click.echo("\n".join((*found.sentences, *verdict.figures(outcome), last)))
    _say_errors(outcome)
    ctx.exit(0 if found.word == verdict.GOOD else EXIT_FOUND)


def _agreed(card: "RawDevice", target: "Target", named: str, yes: bool) -> "Contents":
    """What is on it, as it was shown and agreed to be lost. Raises CloisterError if it is not."""
    if target.is_image:
        refuse_other_files(card, target)
    before = contents_of(card)
    show_target(named, target)
    show_contents(before)
    show_duration(target.size_bytes)
    show_loss(before.recordings, "still on it")
    _confirm(target, yes)
    if contents_of(card) != before:
        raise CloisterError(f"{target.path} was changed meanwhile: nothing was done")
    return before


def _confirm(target: "Target", yes: bool) -> None:
    confirm_by_name(target.path, target.name, yes, doubt_about(target))


@contextmanager
def _unusable_until_formatted(target: "Target") -> Iterator[None]:
    """Whatever ends the check early: say in what state the card is left."""
    from host_tools.cli.text import note

    try:
        yield
    except (KeyboardInterrupt, CloisterError):
        again = "" if target.is_image else ", or checked again"
        note(f"{target.path} was being overwritten: it cannot be used until it is formatted{again}")
        raise


def _try_out(card: "RawDevice", target: "Target") -> "Outcome":
    from host_tools.card.trial import SINGLE_WRITES, Trial
    from host_tools.cli.progress import progress

    single_writes = IMAGE_SINGLE_WRITES if target.is_image else SINGLE_WRITES
    with progress("Writing and reading back", 2 * target.size_bytes) as advance:
        return Trial(card, time.perf_counter, advance, single_writes=single_writes).run()


def _format(card: "RawDevice", target: "Target") -> None:
    """Make the file system, and read it back."""
    from host_tools.card.format import file_system_bytes, format_card
    from host_tools.card.target import contents
    from host_tools.cli.progress import progress

    with progress("Formatting", file_system_bytes(target.size_bytes)) as advance:

        def write_at(offset: int, data: bytes) -> None:
            card.write_at(offset, data)
            advance(len(data))

        try:
            format_card(write_at, target.size_bytes)
            card.sync()
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise CloisterError(f"{target.path} passed, but cannot be formatted: {reason}") from None
    after = contents(card, lambda name: False)
    if after.reason or after.others or after.folders:
        raise CloisterError(f"{target.path} passed, but its new file system is not what was written")


def _may_be_there(card: "RawDevice", before: "Contents") -> bool:
    """Whether a card that failed still shows a file system, or begins as it did."""
    try:
        with suppress(OSError):
            card.sync()
        after = contents_of(card)
    except CloisterError:
        return False
    return not after.reason or (after.start != b"" and after.start == before.start)


def _afterwards(outcome: "Outcome", word: str, formatted: bool, may_be_there: Callable[[], bool]) -> str:
    from host_tools.card.verdict import BAD, content_sentences

    if formatted:
        return "It has a fresh FAT32 file system, and can go into the recorder."
    if content_sentences(outcome):
        if may_be_there():
            return "What was on it may still be there: it could not be overwritten."
        return "Do not rely on what was on it being gone."
    if word == BAD:
        return "There is no file system on it any more."
    return "There is no file system on it any more: format it as FAT32 before it goes into the recorder."


def _say_errors(outcome: "Outcome") -> None:
    from host_tools.cli.text import complain

    for error in outcome.errors:
        complain(error)
