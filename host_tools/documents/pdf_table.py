"""A table on the sheets of a PDF: it breaks between rows and repeats its headings.

A row of many lines is set in pieces that look like one, so that it may break too, and no text is too long.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from fpdf import FontFace
from fpdf.enums import CellBordersLayout
from fpdf.table import Table
from fpdf.util import Padding

from host_tools.documents.letters import composed
from host_tools.documents.sheets import CELL_PT, Color, Sheets, line_mm

LINE: Color = (205, 212, 218)
HEADING_FILL: Color = (238, 243, 246)
WHITE: Color = (255, 255, 255)
PIECE_LINES = 4
ABOVE_MM, BESIDE_MM = 1.4, 1.6


def draw_table(
    sheets: Sheets,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    size_pt: float = CELL_PT,
) -> None:
    """Rows with thin rules below them; without headings the first column is bold, as labels are."""
    left = BESIDE_MM if headings else 0
    texts_mm = [sheets.epw * width / sum(widths) - left - BESIDE_MM for width in widths]
    pieces = [_pieces(sheets, cells, texts_mm, size_pt, not headings) for cells in rows]
    sheets.set_pen(size_pt)
    sheets.set_fill_color(WHITE)
    sheets.set_draw_color(LINE)
    sheets.set_line_width(0.2)
    with sheets.table(
        col_widths=tuple(widths),
        first_row_as_headings=bool(headings),
        headings_style=FontFace(emphasis="BOLD", fill_color=HEADING_FILL),
        borders_layout="NONE",
        line_height=line_mm(size_pt),
        padding=(ABOVE_MM, BESIDE_MM, ABOVE_MM, left),
        text_align="LEFT",
        v_align="TOP",
    ) as table:
        if headings:
            table.row(list(map(composed, headings)))
        for row in pieces:
            _add_row(table, list(row), left, not headings)
    sheets.ln(3)


def _add_row(table: Table, pieces: list[list[str]], left_mm: float, labelled: bool) -> None:
    """One row in its pieces: room above the first, room and a rule below the last."""
    for index, cells in enumerate(pieces):
        is_last = index == len(pieces) - 1
        padding = Padding(0 if index else ABOVE_MM, BESIDE_MM, ABOVE_MM if is_last else 0, left_mm)
        row = table.row()
        for column, text in enumerate(cells):
            row.cell(
                text,
                style=FontFace(emphasis="BOLD") if labelled and not column else None,
                padding=padding,
                border=CellBordersLayout.BOTTOM if is_last else CellBordersLayout.NONE,
            )


def _pieces(
    sheets: Sheets, cells: Sequence[str], widths_mm: Sequence[float], size_pt: float, labelled: bool
) -> Iterator[list[str]]:
    """A row's cells, a few lines of each at a time."""
    parts = [
        pieces_of(sheets.lines_of(text, width_mm, size_pt, "B" if labelled and not column else ""))
        for column, (text, width_mm) in enumerate(zip(cells, widths_mm, strict=True))
    ]
    yield from map(list, zip_longest(*parts, fillvalue=""))


def pieces_of(lines: Sequence[str]) -> list[str]:
    """Lines, a few together."""
    return ["\n".join(lines[first : first + PIECE_LINES]) for first in range(0, len(lines), PIECE_LINES)]
