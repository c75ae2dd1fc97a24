"""A page written as a file: HTML or PDF by the ending of its name.

The file gets its name when it is whole, is readable by its owner alone, and is no longer encrypted: whoever
asks for it is told.
"""

from pathlib import Path

from host_tools.documents.page import Page
from host_tools.errors import CloisterError
from host_tools.files import finished_file

ENDINGS = (".pdf", ".html")
PAPERS = ("A4", "Letter")


def check_ending(path: Path) -> None:
    """Raises CloisterError if the name names neither format."""
    if path.suffix.lower() not in ENDINGS:
        raise CloisterError(
            f"{path.name} names no format that a page can be written in", "end the name in .pdf or .html"
        )


def write_page(page: Page, path: Path, paper: str = "A4") -> None:
    """Write the page to `path`; what is there is replaced. `paper` is what a PDF is laid out for.

    Raises CloisterError for another ending, or for letters that a PDF cannot show; OSError from the system.
    """
    check_ending(path)
    if path.suffix.lower() == ".pdf":
        from host_tools.documents.pdf import to_pdf

        data = to_pdf(page, paper)
    else:
        from host_tools.documents.html import to_html

        data = to_html(page).encode()
    with finished_file(path) as unfinished:
        unfinished.write_bytes(data)
