"""A page with every kind of block on it, and somebody else's reader of what a PDF says."""

from pathlib import Path

from pypdf import PdfReader

from host_tools.documents.page import Fields, Heading, Items, Note, Page, Paragraph, Signature, Table

PAGE = Page(
    "A page",
    [
        Heading("A heading"),
        Paragraph("Running text.\nA line of its own."),
        Fields([("A label", "What belongs to it")]),
        Note("Not to be overlooked.", "A note", ["the first item", "the second item"]),
        Table(("Left", "Right"), [("one", "two"), ("three", "four")], (1, 2)),
        Items(["with a bullet"]),
        Items(["with a box"], boxes=True),
        Signature("Signed by", "Zoë Müller-Łukasiewicz"),
        Signature("And by"),
    ],
    "3 July 2025",
    "Page of a test",
)


def sheets_of(path: Path) -> list[str]:
    """The text of each sheet of a PDF, with single spaces."""
    return [" ".join(sheet.extract_text().split()) for sheet in PdfReader(path).pages]


def words_of(path: Path) -> str:
    """The text of a whole PDF."""
    return " ".join(sheets_of(path))
