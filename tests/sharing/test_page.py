"""The page inside a share: everything that the receiver must know, in text and in HTML, and nobody's name."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from host_tools.documents.html import to_html
from host_tools.documents.page import Table
from host_tools.sharing.page import Contents, Terms, page_of, to_text

EXCERPT = Contents(
    recording=17,
    started="2025-07-14T09:00:00Z",
    name="Session17_July2025",
    rate_hz=16_000,
    channels=1,
    whole_s=3012.0,
    first_s=720.0,
    until_s=1230.5,
)
TERMS = Terms(date(2026, 11, 20), date(2026, 12, 31), "supervision", under_passphrase=False)


class Words(HTMLParser):
    """The words that a browser shows."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self._hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.shown += data.split()


def text_of(contents: Contents = EXCERPT, terms: Terms = TERMS) -> str:
    return " ".join(to_text(page_of(contents, terms)).split())


def test_an_excerpt_says_which_and_how_long_it_may_be_kept() -> None:
    text = text_of()
    for words in (
        "an excerpt, 8:30 long: 12:00 to 20:30 of 50:12",
        "Recording 17, July 2025",
        "Session17_July2025.flac (FLAC, 16000 Hz, mono)",
        "Handed on: 20 November 2026",
        "For: supervision",
        "May be kept until: 31 December 2026",
        "You may keep this until 31 December 2026, and not longer.",
        "destroy all of it",
        "age -d -i key.txt -o Session17_July2025.zip Session17_July2025.zip.age",
    ):
        assert words in text


def test_the_whole_of_a_recording_is_called_so() -> None:
    whole = replace(EXCERPT, first_s=0.0, until_s=3012.0, channels=2, started=None)
    text = text_of(whole)
    assert "the whole recording, 50:12 long" in text and "excerpt" not in text
    assert (
        "stereo" in text and "Recording 17 " in text and "2025" not in text.replace("Session17_July2025", "")
    )


def test_what_is_not_known_is_not_made_up() -> None:
    text = text_of(terms=replace(TERMS, until=None, purpose=""))
    assert "no day was named" in text and "as soon as it has served its purpose" in text
    assert "For:" not in text and "Loudness" not in text and "Missing" not in text


def test_what_is_missing_is_said() -> None:
    text = text_of(replace(EXCERPT, lost_s=2.5, ends_early_s=190.0, loudness="+8.2 dB"))
    assert "2.5 s are not there; in their place is silence; it ends after 3:10: the rest is damaged" in text
    assert "Loudness: +8.2 dB" in text


def test_under_a_passphrase_it_says_how_that_is_opened() -> None:
    text = text_of(terms=replace(TERMS, under_passphrase=True))
    assert "age -d -o Session17_July2025.zip Session17_July2025.zip.age" in text
    assert "the passphrase that you were told" in text and "key.txt" not in text


def test_both_pages_say_the_same() -> None:
    page = page_of(EXCERPT, TERMS)
    browser = Words()
    browser.feed(to_html(page))
    assert browser._hidden == 0
    rules = re.sub(r"^(?:- |[-=]+$)", "", to_text(page), flags=re.MULTILINE)
    assert [word.rstrip(":") for word in browser.shown] == [word.rstrip(":") for word in rules.split()]


def test_the_html_page_fetches_nothing_and_runs_nothing() -> None:
    html = to_html(page_of(EXCERPT, replace(TERMS, purpose="<script>alert(1)</script>")))
    assert "<script" not in html and "&lt;script" in html
    assert not re.search(r"""(?:src|href)\s*=|url\(""", html)


def test_the_text_page_fits_any_window() -> None:
    assert max(map(len, to_text(page_of(EXCERPT, TERMS)).splitlines())) <= 78


def test_a_page_that_text_cannot_show_is_a_mistake_of_ours() -> None:
    page = replace(page_of(EXCERPT, TERMS), blocks=(Table((), ()),))
    with pytest.raises(AssertionError):
        to_text(page)
