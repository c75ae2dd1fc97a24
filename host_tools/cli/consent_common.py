"""What the commands about consent share: the number of a consent, paper sizes, a form written to a file."""

import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import writing
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.consent.model import Consent

MOST_DIGITS = 9
PIPE_COLUMNS = 100
WORD = re.compile(r"\w{2,}")


class ConsentNumber(click.ParamType[int]):
    """The number that `cloister consent show` shows for a consent."""

    name = "consent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        text = str(value)
        if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS and int(text) > 0):
            self.fail(f"{text!r} is no consent's number: cloister consent show lists them", param, ctx)
        return int(text)


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A name in .pdf or .html, or a folder, for a neutral name like Consent3.pdf.",
)
paper_option = click.option(
    "--paper", type=click.Choice(("A4", "Letter"), case_sensitive=False), default="A4", show_default=True,
    help="What a PDF is laid out for.",
)  # fmt: skip
force_option = click.option("--force", is_flag=True, help="Replace a file that is there already.")


def print_details(lines: Sequence[tuple[str, str]]) -> None:
    """Labels and texts, one below the other; on a terminal long texts are folded beside their labels."""
    from host_tools.cli.text import printable

    indent = max(len(label) for label, _ in lines) + 2
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_COLUMNS
    for label, text in lines:
        folded = [
            piece
            for line in text.splitlines()
            for piece in textwrap.wrap(printable(line), max(30, min(columns, PIPE_COLUMNS) - indent)) or [""]
        ]
        for first, line in zip((f"{label}:", *repeat("", len(folded) - 1)), folded or [""], strict=True):
            click.echo(f"{first:<{indent}}{line}".rstrip())


def write_form(consent: "Consent", number: int, output: Path | None, paper: str, force: bool) -> Path:
    """Write the form; where to. Without a name given it is a PDF, or HTML if a PDF cannot show its letters.

    Raises CloisterError; also for a name of a file that names a party.
    """
    from host_tools.cli.text import note
    from host_tools.consent.form import consent_page
    from host_tools.documents import check_ending, write_page
    from host_tools.documents.letters import scripts_beyond_pdf
    from host_tools.files import destination

    page = consent_page(consent, number)
    beyond = scripts_beyond_pdf(page.texts())
    path = destination(output, f"Consent{number}{'.html' if beyond else '.pdf'}", force)
    check_ending(path)
    check_names_nobody(path, consent)
    with writing(str(path)):
        write_page(page, path, paper)
    if beyond and path.suffix.lower() == ".html":
        note(
            f"the form has {' and '.join(beyond)} letters, which a PDF cannot show: it is HTML; see that the "
            "browser shows each of them"
        )
    return path


def plain_words(path: Path, consent: "Consent") -> str:
    """What whoever has the form's file should know."""
    return f"{path.name} is not encrypted" + (
        ", and names people" if any(party.name for party in consent.parties) else ""
    )


def check_names_nobody(path: Path, consent: "Consent") -> None:
    """Raises CloisterError if a word of the file's name is a word of a party's name."""
    words = {word.casefold() for word in WORD.findall(path.stem.replace("_", " "))}
    names = {word.casefold() for party in consent.parties for word in WORD.findall(party.name)}
    if words & names:
        raise CloisterError(
            "this name of a file tells the name of a party, and file names are not encrypted",
            "without -o it gets a neutral name",
        )
