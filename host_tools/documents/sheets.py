"""The sheets that a PDF page is laid out on: margins, fonts, running text, the foot of each sheet.

The file's metadata says nothing of who made it, where, or at what time of day.
"""

from datetime import UTC, datetime
from typing import cast

from fpdf import FPDF

from host_tools.documents.letters import FACES, composed, font_path

FAMILY = "DejaVu"
SIDE_MM, TOP_MM, BOTTOM_MM = 20, 16, 20
HAIR_MM = 0.05  # so that a line that was measured never breaks when it is set
FOOT_MM = 13  # from the sheet's lower edge to the foot's top
TEXT_PT, CELL_PT, SMALL_PT, HEADING_PT, TITLE_PT = 9.5, 8.5, 8.0, 11.5, 17.0
LEADING = 1.4  # of the letters' size
MM_PER_PT = 25.4 / 72

Color = tuple[int, int, int]
INK: Color = (29, 39, 48)
DIM: Color = (86, 99, 112)


class Sheets(FPDF):
    """fpdf2's document with our fonts, margins and foot; `count` sheets are said to be there in all."""

    def __init__(self, paper: str, title: str, foot: str, language: str, count: int = 0):
        super().__init__(format=paper)
        self._foot, self._count = composed(foot), count
        self.alias_nb_pages("")  # fpdf2 would replace its own sign for the count in anybody's text
        for style in FACES:
            self.add_font(FAMILY, style, font_path(style))
        self.set_title(composed(title))
        self.set_lang(language)
        self.set_creator("cloister")
        self.set_producer("cloister")
        self.set_creation_date(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
        self.set_margins(SIDE_MM, TOP_MM, SIDE_MM)
        self.set_auto_page_break(True, BOTTOM_MM)
        self.c_margin = 0
        self.add_page()

    def footer(self) -> None:
        """The page's own words and the sheet's number."""
        self.set_y(-FOOT_MM)
        self.set_pen(SMALL_PT, color=DIM)
        words = f"{self._foot} · page" if self._foot else "Page"
        self.cell(0, 5, f"{words} {self.page_no()} of {self._count}")

    def set_pen(self, size_pt: float = TEXT_PT, style: str = "", color: Color = INK) -> None:
        """What the next letters look like."""
        self.set_font(FAMILY, style, size_pt)
        self.set_text_color(color)

    def write_text(
        self, text: str, size_pt: float = TEXT_PT, style: str = "", color: Color = INK, indent_mm: float = 0
    ) -> None:
        """Running text over the whole width, or from an indentation on."""
        self.set_pen(size_pt, style, color)
        self.set_x(SIDE_MM + indent_mm)
        self.multi_cell(
            self.epw - indent_mm,
            line_mm(size_pt),
            composed(text),
            align="L",
            new_x="LMARGIN",
            new_y="NEXT",
        )

    def lines_of(self, text: str, width_mm: float, size_pt: float = TEXT_PT, style: str = "") -> list[str]:
        """The lines that a text makes in that width; at least one."""
        self.set_pen(size_pt, style)
        lines = self.multi_cell(
            width_mm - HAIR_MM, line_mm(size_pt), composed(text), align="L", dry_run=True, output="LINES"
        )
        return cast(list[str], lines) or [""]

    def need(self, height_mm: float) -> None:
        """Go on with a new sheet if less than that is left of this one."""
        if self.will_page_break(height_mm):
            self.add_page()

    def draw_rule(self, left_mm: float, right_mm: float, color: Color, width_mm: float) -> None:
        """A horizontal line here; the place stays."""
        self.set_draw_color(color)
        self.set_line_width(width_mm)
        self.line(left_mm, self.y, right_mm, self.y)

    @property
    def right_mm(self) -> float:
        """Where the right margin begins."""
        return SIDE_MM + self.epw


def line_mm(size_pt: float = TEXT_PT) -> float:
    """The height of a line of letters of that size."""
    return size_pt * MM_PER_PT * LEADING
