"""What a PDF cannot show is refused and named by its script, never printed as boxes, and never quoted."""

from pathlib import Path

import pytest

from host_tools.documents import write_page
from host_tools.documents.letters import scripts_beyond_pdf
from host_tools.documents.page import Fields, Page, Signature
from host_tools.errors import CloisterError
from tests.documents.a_page import words_of

SHOWN = [
    "Zoë Müller-Łukasiewicz",
    "Đặng Thị Ngọc Hân",
    "Søren Ægisson Þórðarson",
    "Ανδρέας Παπαδόπουλος",
    "Наталія Їжакевич",
    "Նարեկ Սարգսյան",
    "ნინო გიორგაძე",
    "İbrahim Işık",
    "“Ștefan” – O’Brien…",
]
BEYOND = {
    "王小明": ["CJK"],
    "김민준": ["HANGUL"],
    "さくら": ["HIRAGANA"],
    "محمد علی": ["ARABIC"],
    "דוד כהן": ["HEBREW"],
    "สมชาย": ["THAI"],
    "अनिल": ["DEVANAGARI"],
    "Ann 王 علی": ["ARABIC", "CJK"],
    "Ann \N{RIGHT-TO-LEFT OVERRIDE}nnA": ["RIGHT"],
    "Ann \N{GRINNING FACE WITH ONE LARGE AND ONE SMALL EYE}": ["GRINNING"],
}


@pytest.mark.parametrize("name", SHOWN)
def test_names_that_the_font_has_are_printed_as_they_are_written(tmp_path: Path, name: str) -> None:
    write_page(Page("x", [Fields([("Name", name)]), Signature("Name", name)]), tmp_path / "a.pdf")
    assert words_of(tmp_path / "a.pdf").count(name) == 2


@pytest.mark.parametrize(("name", "scripts"), BEYOND.items())
def test_other_letters_are_refused_by_the_name_of_their_script(
    tmp_path: Path, name: str, scripts: list[str]
) -> None:
    page = Page("x", [Signature("Name", name)])
    assert scripts_beyond_pdf(page.texts()) == scripts
    with pytest.raises(CloisterError, match=" and ".join(scripts)) as refused:
        write_page(page, tmp_path / "a.pdf")
    assert name not in refused.value.message + (refused.value.hint or "")
    assert list(tmp_path.iterdir()) == []
    write_page(page, tmp_path / "a.html")
    assert name in (tmp_path / "a.html").read_text("utf-8")


def test_letters_with_separate_accents_are_printed_as_one(tmp_path: Path) -> None:
    write_page(
        Page("x", [Signature("Name", "Zoe\N{COMBINING DIAERESIS} Mu\N{COMBINING DIAERESIS}ller")]),
        tmp_path / "a.pdf",
    )
    assert "Zoë Müller" in words_of(tmp_path / "a.pdf")
