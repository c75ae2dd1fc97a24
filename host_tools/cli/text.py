"""How commands print: tables and JSON to stdout, notes to stderr.

Names and texts that come from a card may hold anything; what a terminal would act on is replaced.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

FITTED_ROWS_AT_MOST = 200
GAP_COLUMNS = 2  # between two columns on a terminal
PIPE_COLUMNS = 240  # for a table that rich lays out for a pipe: nothing is folded


def printable(text: str) -> str:
    """The text without control characters, each replaced by a question mark."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text)


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[str] = (),
    firm: Sequence[str] = (),
) -> None:
    """A table; the columns named in `right` are set to the right, those in `firm` are never folded.

    On a terminal it is fitted to the width. A pipe, or a long list, gets plain lines: rich takes half a
    millisecond for each.
    """
    cells = [row if "".join(row).isprintable() else [printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty() and len(cells) <= FITTED_ROWS_AT_MOST:
        _print_fitted(headings, cells, right, firm)
        return
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    line = "   ".join(
        f"{{:{'>' if heading in right else '<'}{width}}}"
        for heading, width in zip(headings, widths, strict=True)
    )
    click.echo("\n".join([line.format(*row).rstrip() for row in (headings, *cells)]))


def _print_fitted(
    headings: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str], firm: Sequence[str]
) -> None:
    """The table for a terminal; what does not fit is folded, between words as long as there is room."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False)
    columns = list(zip(headings, *cells, strict=True))
    room = console.width - GAP_COLUMNS * (len(columns) - 1)
    widths = _widths([_least_and_full(column, column[0] in firm) for column in columns], room)
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True, header_style="bold"
    )
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            overflow="fold",
            no_wrap=heading in firm,
            width=width,
        )
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def _least_and_full(column: Sequence[str], is_firm: bool) -> tuple[int, int]:
    """The widths that a column has without breaking a word, and without folding anything."""
    from rich.cells import cell_len

    full = max(map(cell_len, column))
    return (full if is_firm else max(cell_len(word) for cell in column for word in [*cell.split(), ""])), full


def _widths(wanted: Sequence[tuple[int, int]], room: int) -> list[int | None]:
    """Each column's width: what is left of the room goes evenly to those that want it.

    None for all if words have to be broken: that is left to rich.
    """
    widths = [least for least, _ in wanted]
    spare = room - sum(widths)
    if spare < 0:
        return [None] * len(widths)
    while spare and (narrow := [at for at, (_, full) in enumerate(wanted) if widths[at] < full]):
        for at in narrow[:spare]:
            widths[at] += 1
        spare -= len(narrow[:spare])
    return list(widths)


def print_json(value: Any) -> None:
    """One JSON document, written piece by piece: of a large one the text alone would fill the memory."""
    for piece in json.JSONEncoder(indent=2).iterencode(value):
        sys.stdout.write(piece)
    sys.stdout.write("\n")


def note(message: str) -> None:
    """Something worth knowing that is no error."""
    click.echo(f"cloister: note: {printable(message)}", err=True)


def complain(message: str) -> None:
    """Something that was found wrong, in one line; the command goes on."""
    click.echo(f"cloister: error: {printable(message)}", err=True)


def hint(message: str) -> None:
    """What can be done about what was found, in one line."""
    click.echo(f"cloister: hint: {printable(message)}", err=True)
