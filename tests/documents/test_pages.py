"""Pages as HTML and as PDF: every word is there, nothing else gets in, and nothing is left half written."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from host_tools.documents import check_ending, write_page
from host_tools.documents.html import to_html
from host_tools.documents.page import Fields, Heading, Note, Page, Paragraph, Signature, Table
from host_tools.documents.sheets import Sheets
from host_tools.errors import CloisterError
from tests.documents.a_page import PAGE, sheets_of, words_of

HOSTILE = '</title><script>alert(1)</script><img src="http://example.org/x" onerror=alert(2)>{{ 7 * 7 }} {nb}'
FETCHING = {"src", "href", "srcset", "action", "data", "poster", "background", "style", "onerror", "onload"}


class Parsed(HTMLParser):
    """The tags, attributes and words of a document."""

    def __init__(self, document: str):
        super().__init__()
        self.tags, self.attributes, self.words = [], set(), []
        self._skipping = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs if tag != "col"}
        self._skipping = tag if tag == "style" else ""

    def handle_endtag(self, tag: str) -> None:
        self._skipping = ""

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.words += data.split()


def test_every_text_of_a_page_is_in_both_formats(tmp_path: Path) -> None:
    for name in ("page.html", "page.pdf"):
        write_page(PAGE, tmp_path / name)
    shown = {"html": " ".join(Parsed((tmp_path / "page.html").read_text("utf-8")).words)}
    shown["pdf"] = words_of(tmp_path / "page.pdf")
    for text in PAGE.texts():
        for format_name, words in shown.items():
            assert " ".join(text.split()) in words, format_name
    for words in shown.values():
        assert words.count("Place and date") == 2


def test_markup_in_a_text_stays_text(tmp_path: Path) -> None:
    page = Page(
        HOSTILE,
        [
            Heading(HOSTILE),
            Paragraph(HOSTILE),
            Fields([(HOSTILE, HOSTILE)]),
            Table((HOSTILE,), [(HOSTILE,)]),
            Note(HOSTILE, HOSTILE, [HOSTILE]),
            Signature(HOSTILE, HOSTILE),
        ],
        HOSTILE,
        HOSTILE,
    )
    plain, hostile = Parsed(to_html(PAGE)), Parsed(to_html(page))
    assert set(hostile.tags) <= set(plain.tags) | {"title"}
    assert "script" not in hostile.tags and "img" not in hostile.tags
    assert not FETCHING & hostile.attributes
    assert " ".join(hostile.words).count("<script>alert(1)</script>") == 15
    assert "{{ 7 * 7 }}" in " ".join(hostile.words)
    write_page(page, tmp_path / "page.pdf")
    words = words_of(tmp_path / "page.pdf")
    assert "<script>alert(1)</script>" in words
    assert "{{ 7 * 7 }} {nb}" in words


def test_html_fetches_nothing_and_runs_nothing() -> None:
    document = to_html(PAGE)
    assert "default-src 'none'" in document
    for word in ("http:", "https:", "url(", "@import", "<script", "<link", "<iframe"):
        assert word not in document
    assert document.count("<html") == document.count("</html>") == 1


def test_a_pdf_says_nothing_of_who_made_it_and_runs_nothing(tmp_path: Path) -> None:
    write_page(PAGE, tmp_path / "page.pdf")
    reader = PdfReader(tmp_path / "page.pdf")
    said = {key: str(value) for key, value in (reader.metadata or {}).items()}
    assert set(said) == {"/Title", "/Creator", "/Producer", "/CreationDate"}
    assert said["/Title"] == "A page"
    assert said["/Creator"] == said["/Producer"] == "cloister"
    assert said["/CreationDate"].endswith("000000Z")
    data = (tmp_path / "page.pdf").read_bytes()
    for word in (
        b"/JavaScript",
        b"/JS",
        b"/Launch",
        b"/URI",
        b"/EmbeddedFile",
        str(Path.home()).encode(),
    ):
        assert word not in data


@pytest.mark.parametrize(("paper", "height_pt"), [("A4", 842), ("Letter", 792)])
def test_sheets_have_the_size_of_the_paper_and_are_numbered(
    tmp_path: Path, paper: str, height_pt: int
) -> None:
    rows = [(str(number), f"row number {number}") for number in range(120)]
    write_page(Page("Long", [Table(("No.", "What"), rows)], footer="Foot"), tmp_path / "a.pdf", paper)
    sheets = sheets_of(tmp_path / "a.pdf")
    assert len(sheets) > 2
    for number, text in enumerate(sheets, 1):
        assert f"Foot · page {number} of {len(sheets)}" in text
        assert "No. What" in text
    for number in range(120):
        assert sum(f"row number {number} " in text + " " for text in sheets) == 1
    assert round(PdfReader(tmp_path / "a.pdf").pages[0].mediabox.height) == height_pt


def test_no_text_is_too_long_to_print(tmp_path: Path) -> None:
    long = " ".join(f"word{number}" for number in range(1200))
    page = Page(
        "Long", [Fields([("Label", long)]), Note(long, "Note", [long]), Paragraph(long), Signature("x", long)]
    )
    write_page(page, tmp_path / "a.pdf")
    words = words_of(tmp_path / "a.pdf").split()
    assert [words.count(f"word{number}") for number in (0, 600, 1199)] == [5, 5, 5]


def test_a_place_to_sign_is_never_torn_apart(tmp_path: Path) -> None:
    for lines in range(46, 58):
        page = Page("x", [Paragraph("\n".join(["line"] * lines)), Signature("Signed by", "Zoë Müller")])
        write_page(page, tmp_path / "a.pdf")
        (sheet,) = (text for text in sheets_of(tmp_path / "a.pdf") if "Zoë Müller" in text)
        assert "Signed by: Zoë Müller Place and date Signature" in sheet


def test_a_file_is_the_owners_alone_and_gets_its_name_when_it_is_whole(tmp_path: Path, monkeypatch) -> None:
    for name in ("a.pdf", "a.html"):
        write_page(PAGE, tmp_path / name)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(Path, "write_bytes", full)
    for name in ("a.pdf", "b.html"):
        with pytest.raises(OSError, match="No space"):
            write_page(PAGE, tmp_path / name)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_other_endings_are_refused(tmp_path: Path) -> None:
    for name in ("page", "page.txt", "page.docx"):
        with pytest.raises(CloisterError, match="no format that a page can be written in"):
            check_ending(tmp_path / name)
    check_ending(tmp_path / "PAGE.PDF")


def test_a_line_that_was_measured_is_set_as_it_was_measured() -> None:
    sheets = Sheets("A4", "x", "", "en")
    text = " ".join("abcdefghij"[: number % 9 + 1] for number in range(300))
    for width_mm in range(20, 170, 7):
        lines = sheets.lines_of(text, width_mm)
        assert all(sheets.lines_of(line, width_mm) == [line] for line in lines)
        assert " ".join(lines).split() == text.split()
