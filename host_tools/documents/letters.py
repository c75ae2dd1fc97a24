"""Which letters a PDF can show: those of DejaVu Sans, written from left to right, each standing for itself.

What it cannot show is named and refused: a page never has boxes in the place of letters. Arabic and Hebrew,
whose letters are ordered or joined anew when they are set, and scripts that the font does not have, print
from HTML instead.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from host_tools.errors import CloisterError

FACES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}


def font_path(style: str) -> Path:
    """The file of a face, as matplotlib brings it."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / FACES[style]


def composed(text: str) -> str:
    """The text with each letter and its accents as one sign where there is one: the font has those."""
    return unicodedata.normalize("NFC", text)


def scripts_beyond_pdf(texts: Iterable[str]) -> list[str]:
    """The scripts of all letters that a PDF cannot show, by the first word of their names: ARABIC, CJK."""
    shown = _shown_letters()
    return sorted(
        {
            _script(letter)
            for letter in set("".join(map(composed, texts)))
            if letter != "\n" and (ord(letter) not in shown or _runs_left(letter))
        }
    )


def check_letters(texts: Iterable[str]) -> None:
    """Raises CloisterError, which names the script but none of the words, if a PDF cannot show a text."""
    if scripts := scripts_beyond_pdf(texts):
        raise CloisterError(
            f"a PDF cannot show every letter of this page: it has {' and '.join(scripts)} letters",
            "end the name in .html: a browser shows and prints any script",
        )


@cache
def _shown_letters() -> frozenset[int]:
    """The code points that every face has."""
    from matplotlib.ft2font import FT2Font

    return frozenset.intersection(
        *(frozenset(FT2Font(str(font_path(style))).get_charmap()) for style in FACES)
    )


def _runs_left(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in RIGHT_TO_LEFT


def _script(letter: str) -> str:
    """The first word of a letter's name; `unnamed` where Unicode gives none."""
    return unicodedata.name(letter, "unnamed").split()[0].split("-")[0]
