"""`cloister share`: a recording, or an excerpt, sealed for somebody else, as one age file."""

from collections.abc import Generator
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context, writing
from host_tools.cli.excerpt import Excerpt, Moment, from_option, say_what_is_missing
from host_tools.cli.export import normalize_option, output_options
from host_tools.cli.keeping import Day
from host_tools.cli.receivers import Receivers, receivers, whom_options
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    import numpy as np

    from host_tools.audio.flac import Head
    from host_tools.audio.loudness import Gain
    from host_tools.sharing.page import Contents, Terms
    from host_tools.vault import Vault
    from host_tools.vault.reading import Parts

ENDING = ".zip.age"
LONGEST_PURPOSE = 200


class Purpose(click.ParamType[str]):
    """A few words that stand on the page inside."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The words without needless spaces."""
        text = " ".join(str(value).split())
        if not text or len(text) > LONGEST_PURPOSE or not text.isprintable():
            self.fail(f"a purpose has 1 to {LONGEST_PURPOSE} characters that can be printed", param, ctx)
        return text


@click.command()
@output_options(".age")
@from_option
@whom_options
@normalize_option
@click.option(
    "--until", type=Day(), metavar="DATE", help="Until when it may be kept (else the vault's rule)."
)
@click.option("--for", "purpose", type=Purpose(), metavar="TEXT", help="What for. No names.")
@click.pass_obj
def share(
    context: Context,
    /,
    recording_id: int,
    output: Path | None,
    force: bool,
    first: Moment | None,
    to: tuple[Moment | str, ...],
    normalize: bool,
    until: date | None,
    purpose: str | None,
    **whom: Any,
) -> None:
    """Seal a recording, or an excerpt, for somebody else, as one age file.

    Inside are the sound and a page that says what it is and until when it may be kept. The public tool age
    opens it, and nobody but the receiver can. --to may be given several times; a time after it ends the
    excerpt.
    """
    from host_tools.sharing.handing_out import handed_out
    from host_tools.sharing.page import Terms
    from host_tools.sharing.share import write_share
    from host_tools.vault import check_is_vault

    ends = [moment for moment in to if not isinstance(moment, str)]
    if len(ends) > 1:
        raise click.UsageError("--to names two ends of the excerpt")
    check_is_vault(context.folder)
    whom_for = receivers([text for text in to if isinstance(text, str)], **whom)
    with context.open_vault("share", to=whom_for.words) as vault:
        excerpt = Excerpt(vault, recording_id, first, ends[0] if ends else None)
        path = _destination(excerpt, output, force)
        terms = Terms(vault.now().date(), _last_day(vault, excerpt, until), purpose or "", not whom_for.keys)
        last_day = terms.until.isoformat() if terms.until else None
        vault.account.detail |= {"until": last_day, "purpose": terms.purpose}
        gain = excerpt.gain() if normalize else None
        sound, head = _read_once(excerpt, gain)
        contents = _contents(excerpt, sound, head, gain)
        made = excerpt.note(
            "share", whom_for.words, until=last_day, purpose=terms.purpose, file=str(path.absolute())
        )
        with writing(str(path)), handed_out(vault, path, made) as unfinished:
            blocks = partial(_unwind, excerpt, "Sealing", gain)
            write_share(blocks, head, contents, terms, whom_for.seal, unfinished)
        click.echo(str(path))
        excerpt.say_withdrawn()
        _tell(whom_for, terms)
        say_what_is_missing(excerpt, sound)


def _destination(excerpt: Excerpt, output: Path | None, force: bool) -> Path:
    """Where it goes. Raises CloisterError."""
    from host_tools.files import destination

    path = destination(output, _neutral_name(excerpt) + ENDING, force)
    if path.suffix.lower() != ".age":
        raise CloisterError(f"{path.name} is no name for a share", "end the name in .age")
    return path


def _neutral_name(excerpt: Excerpt) -> str:
    from host_tools.audio.export import neutral_name

    recording = excerpt.chain.first
    return neutral_name(recording.id, recording.started, "")


def _last_day(vault: "Vault", excerpt: Excerpt, until: date | None) -> date | None:
    """Until when it may be kept: as asked, else as long as the recording itself. Raises CloisterError."""
    from host_tools.cli.text import note
    from host_tools.vault.retention import wholes_in

    asked, today = excerpt.chain.first.id, vault.now().date()
    if until is not None and until < today:
        raise CloisterError(f"{until} has passed: today is {today}")
    due = next((whole.term.on for whole in wholes_in(vault) if asked in whole.ids), None)
    if until is None:
        return due if due and due >= today else None
    if due and until > due:
        note(f"the recording itself is due on {due}, before {until}")
    return until


def _read_once(excerpt: Excerpt, gain: "Gain | None") -> tuple["Parts", "Head"]:
    """The recording, and what stands at the head of its sound. Raises CloisterError if there is none."""
    from host_tools.audio.flac import find_head

    with excerpt.blocks("Preparing") as (sound, blocks):
        heard = gain.applied(blocks) if gain else blocks
        head = find_head(heard, excerpt.rate_hz, excerpt.channels)
    if not head.frames:
        raise CloisterError(
            "nothing of this is authentic: there is nothing to share", "cloister verify tells more"
        )
    return sound, head


def _unwind(excerpt: Excerpt, label: str, gain: "Gain | None") -> Generator["np.ndarray", None, None]:
    """The samples to share, once more."""
    with excerpt.blocks(label) as (_, blocks):
        yield from gain.applied(blocks) if gain else blocks


def _contents(excerpt: Excerpt, sound: "Parts", head: "Head", gain: "Gain | None") -> "Contents":
    """What the page inside says of the sound."""
    from host_tools.audio.pcm import lost_within
    from host_tools.sharing.page import Contents

    recording, span = excerpt.chain.first, excerpt.span
    first_s, until_s = excerpt.span_s
    lost = sum(until - first for first, until in lost_within(sound.gaps, span))
    return Contents(
        recording.id,
        recording.started,
        _neutral_name(excerpt),
        excerpt.rate_hz,
        excerpt.channels,
        excerpt.chain.seconds,
        first_s,
        until_s,
        lost / excerpt.rate_hz,
        head.frames / excerpt.rate_hz if head.frames < span.length else None,
        gain.words if gain else "",
    )


def _tell(whom_for: Receivers, terms: "Terms") -> None:
    """What whoever hands it on should know."""
    from host_tools.cli.text import note

    whom_for.tell()
    if terms.until:
        note(f"the page inside says that it may be kept until {terms.until}")
    else:
        note("no day is named until which it may be kept: --until DATE names one")
