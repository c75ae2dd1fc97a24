"""A page for people, before it is HTML or PDF: a title and blocks of text, one after the other.

Holds plain text only. What is bold, boxed or ruled is decided by whoever renders it; nothing in a text is
taken for markup.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heading:
    """The heading of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; a line break in it begins a new line."""

    text: str


@dataclass(frozen=True)
class Fields:
    """Labels with what belongs to them."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Rows under headings; `widths` are the columns' shares of the page, all equal if there are none."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()


@dataclass(frozen=True)
class Items:
    """A list; with `boxes` each entry has a box to tick."""

    texts: Sequence[str]
    boxes: bool = False


@dataclass(frozen=True)
class Signature:
    """A place to sign: who signs (with a line to write the name on, if it is empty), date and signature."""

    label: str
    name: str = ""


@dataclass(frozen=True)
class Note:
    """Something that must not be overlooked, in a frame, perhaps with a title and a list."""

    text: str
    title: str = ""
    items: Sequence[str] = ()


Block = Heading | Paragraph | Fields | Table | Items | Signature | Note


@dataclass(frozen=True)
class Page:
    """What is to be printed. `footer` stands at the foot of every sheet."""

    title: str
    blocks: Sequence[Block]
    subtitle: str = ""
    footer: str = ""
    language: str = field(default="en")

    def texts(self) -> Iterator[str]:
        """Every text that is on it."""
        yield from (self.title, self.subtitle, self.footer)
        for block in self.blocks:
            yield from _texts_of(block)


def _texts_of(block: Block) -> Iterator[str]:
    match block:
        case Heading(text) | Paragraph(text):
            yield text
        case Fields(pairs):
            yield from (text for pair in pairs for text in pair)
        case Table(headings, rows):
            yield from (text for row in (headings, *rows) for text in row)
        case Items(texts):
            yield from texts
        case Signature(label, name):
            yield from (label, name)
        case Note(text, title, items):
            yield from (title, text, *items)
