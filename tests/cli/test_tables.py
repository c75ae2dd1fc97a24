"""Tables on a terminal: dates and words are not broken where the terminal has room for them."""

import sys

import click
import pytest

from host_tools.cli.text import print_table

HEADINGS = ("ID", "Number", "Started (UTC)", "Length", "Due", "Why", "Exported", "Consent")
ROW = ("1", "1", "2025-10-16 09:00", "0:20", "2026-01-14", "365 days for supervision", "2026-11-20", "none")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The lines of a table on a terminal of so many columns."""

    def run(columns: int, rows: list[tuple[str, ...]], **options: object) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        print_table(HEADINGS, rows, **options)
        lines = click.unstyle(capsys.readouterr().out).splitlines()
        assert all(len(line) <= columns for line in lines)
        return lines

    return run


def test_no_word_is_broken_on_a_usual_terminal(shown) -> None:
    text = " ".join(" ".join(shown(80, [ROW, ROW], right=("ID",), firm=("Length", "Due"))).split())
    for word in {word for cell in (*HEADINGS, *ROW) for word in cell.split()}:
        assert word in text.split()


def test_what_fits_is_not_folded(shown) -> None:
    lines = shown(120, [ROW])
    assert len(lines) == 3 and all(cell in lines[-1] for cell in ROW)


def test_on_a_narrow_terminal_all_of_it_is_there(shown) -> None:
    lines = shown(40, [ROW])
    letters = "".join("".join(line.split()) for line in lines)
    assert all(letters.count(digit) >= "".join(ROW).count(digit) for digit in "0123456789")
    assert shown(40, [("ID " * 30,) * 8])
