"""A page as PDF: laid out for A4 or Letter, sheets numbered, with the fonts inside.

A place to sign stays in one piece, and so does a framed note that is not longer than a sheet. What the font
cannot show is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from host_tools.documents.letters import check_letters, composed
from host_tools.documents.page import (
    Block,
    Fields,
    Heading,
    Items,
    Note,
    Page,
    Paragraph,
    Signature,
    Table,
)
from host_tools.documents.pdf_table import draw_table, pieces_of
from host_tools.documents.sheets import (
    DIM,
    HEADING_PT,
    INK,
    SIDE_MM,
    SMALL_PT,
    TEXT_PT,
    TITLE_PT,
    Color,
    Sheets,
    line_mm,
)

RULE: Color = (47, 111, 143)
NOTE_FILL: Color = (253, 243, 234)
NOTE_BAR: Color = (194, 87, 26)
LABEL_SHARE = 0.27
BOX_MM = 3.2
SIGNATURE_MM = 24.0
HEADING_ROOM_MM = 25.0
NOTE_INDENT_MM, NOTE_RIGHT_MM, BULLET_MM = 4.0, 3.0, 4.0
BAR_MM = 1.2
OVERLAP_MM = 0.1  # so that no seam shows between the strips of a note


def to_pdf(page: Page, paper: str = "A4") -> bytes:
    """The document's bytes. Raises CloisterError for letters that it cannot show."""
    check_letters(page.texts())
    count = _lay_out(page, paper).page_no()
    return bytes(_lay_out(page, paper, count).output())


def _lay_out(page: Page, paper: str, count: int = 0) -> Sheets:
    """The page on its sheets, with the count of sheets at the foot of each."""
    sheets = Sheets(paper, page.title, page.footer, page.language, count)
    sheets.write_text(page.title, TITLE_PT, "B")
    if page.subtitle:
        sheets.write_text(page.subtitle, TEXT_PT, color=DIM)
    sheets.ln(2.5)
    sheets.draw_rule(SIDE_MM, sheets.right_mm, RULE, 0.6)
    sheets.ln(4.5)
    for block in page.blocks:
        _draw(sheets, block)
    return sheets


def _draw(sheets: Sheets, block: Block) -> None:
    match block:
        case Heading(text):
            _draw_heading(sheets, text)
        case Paragraph(text):
            sheets.write_text(text)
            sheets.ln(2)
        case Fields(pairs):
            draw_table(sheets, (), pairs, (LABEL_SHARE, 1 - LABEL_SHARE), TEXT_PT)
        case Table(headings, rows, widths):
            draw_table(sheets, headings, rows, widths or [1] * len(headings))
        case Items(texts, boxes):
            for text in texts:
                _draw_item(sheets, text, boxes)
            sheets.ln(1.5)
        case Signature(label, name):
            _draw_signature(sheets, label, name)
        case Note():
            _draw_note(sheets, block)


def _draw_heading(sheets: Sheets, text: str) -> None:
    """A heading that has something below it on its sheet."""
    if sheets.will_page_break(HEADING_ROOM_MM):
        sheets.add_page()
    else:
        sheets.ln(2)
    sheets.write_text(text, HEADING_PT, "B")
    sheets.ln(1)


def _draw_item(sheets: Sheets, text: str, box: bool) -> None:
    """A text behind a bullet, or behind a box to tick."""
    sheets.need(2 * line_mm())
    if box:
        sheets.set_draw_color(INK)
        sheets.set_line_width(0.3)
        sheets.rect(SIDE_MM, sheets.y + (line_mm() - BOX_MM) / 2, BOX_MM, BOX_MM)
    else:
        _bullet(sheets, SIDE_MM)
    sheets.write_text(text, indent_mm=6 if box else BULLET_MM)
    sheets.ln(0.8)


def _bullet(sheets: Sheets, left_mm: float) -> None:
    sheets.set_pen()
    sheets.set_x(left_mm)
    sheets.cell(BULLET_MM, line_mm(), "•")


def _draw_signature(sheets: Sheets, label: str, name: str) -> None:
    """Who signs, a line for place and date, and one for the signature."""
    sheets.need(SIGNATURE_MM)
    sheets.ln(3)
    sheets.set_pen(style="B")
    words = f"{composed(label)}:  "
    width_mm = sheets.get_string_width(words)
    if width_mm < sheets.epw / 2:
        sheets.cell(width_mm, line_mm(), words)
    else:
        sheets.write_text(words, style="B")
    left = sheets.x
    if name:
        sheets.write_text(name, indent_mm=left - SIDE_MM)
    else:
        sheets.ln()
        sheets.draw_rule(left, sheets.right_mm, INK, 0.3)
    sheets.ln(9)
    middle = SIDE_MM + sheets.epw * 0.4
    sheets.draw_rule(SIDE_MM, middle - 4, INK, 0.3)
    sheets.draw_rule(middle + 4, sheets.right_mm, INK, 0.3)
    sheets.ln(0.6)
    sheets.set_pen(SMALL_PT, color=DIM)
    sheets.cell(middle + 4 - SIDE_MM, line_mm(SMALL_PT), "Place and date")
    sheets.cell(0, line_mm(SMALL_PT), "Signature", new_x="LMARGIN", new_y="NEXT")
    sheets.ln(2)


@dataclass(frozen=True)
class _Strip:
    """A part of a note: a few lines, how they are set, the room above them, whether a bullet is before."""

    text: str
    size_pt: float = TEXT_PT
    style: str = ""
    above_mm: float = 0.0
    indent_mm: float = NOTE_INDENT_MM
    has_bullet: bool = False

    @property
    def height_mm(self) -> float:
        return self.above_mm + (self.text.count("\n") + 1) * line_mm(self.size_pt)


def _draw_note(sheets: Sheets, note: Note) -> None:
    """A tinted frame with a bar on its left; one that is longer than a sheet goes on on the next."""
    edge = _Strip("", size_pt=5)
    strips = [edge, *_strips(sheets, note), edge]
    total_mm = sum(strip.height_mm for strip in strips)
    sheets.ln(2.5)
    sheets.need(total_mm if total_mm < sheets.eph else HEADING_ROOM_MM)
    for strip in strips:
        _draw_strip(sheets, strip)
    sheets.ln(3.5)


def _strips(sheets: Sheets, note: Note) -> Iterator[_Strip]:
    """A note's texts in pieces that may stand on different sheets."""
    room_mm = sheets.epw - NOTE_INDENT_MM - NOTE_RIGHT_MM
    if note.title:
        for text in pieces_of(sheets.lines_of(note.title, room_mm, HEADING_PT, "B")):
            yield _Strip(text, HEADING_PT, "B")
    if note.text:
        for index, text in enumerate(pieces_of(sheets.lines_of(note.text, room_mm))):
            yield _Strip(text, above_mm=0 if index else 1)
    for item in note.items:
        for index, text in enumerate(pieces_of(sheets.lines_of(item, room_mm - BULLET_MM))):
            yield _Strip(
                text, above_mm=0 if index else 1, indent_mm=NOTE_INDENT_MM + BULLET_MM, has_bullet=not index
            )


def _draw_strip(sheets: Sheets, strip: _Strip) -> None:
    """One part on its tinted ground."""
    sheets.need(strip.height_mm)
    top = sheets.y
    sheets.set_fill_color(NOTE_FILL)
    sheets.rect(SIDE_MM + BAR_MM, top, sheets.epw - BAR_MM, strip.height_mm + OVERLAP_MM, style="F")
    sheets.set_fill_color(NOTE_BAR)
    sheets.rect(SIDE_MM, top, BAR_MM, strip.height_mm + OVERLAP_MM, style="F")
    sheets.set_y(top + strip.above_mm)
    if strip.has_bullet:
        _bullet(sheets, SIDE_MM + NOTE_INDENT_MM)
    if strip.text:
        sheets.write_text(strip.text, strip.size_pt, strip.style, indent_mm=strip.indent_mm)
    sheets.set_y(top + strip.height_mm)
