"""The page inside a share: what it is, how long it may be kept, what must be done then, how it is opened.

It is for somebody who has no cloister, so everything is in plain words. It names nobody: a recording is its
number and its month.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from host_tools.container.report import clock
from host_tools.documents.page import Fields, Heading, Items, Note, Page, Paragraph
from host_tools.documents.words import day_words
from host_tools.files import MONTHS

TEXT_COLUMNS = 78
AGE_ADDRESS = "https://age-encryption.org"


@dataclass(frozen=True)
class Contents:
    """The sound in a share. Times are in seconds from the recording's beginning; `lost_s` is a length.

    `ends_early_s` is how much sound there is, if that is less than the span; `loudness` is in words, if it
    was changed.
    """

    recording: int
    started: str | None
    name: str
    rate_hz: int
    channels: int
    whole_s: float
    first_s: float
    until_s: float
    lost_s: float = 0.0
    ends_early_s: float | None = None
    loudness: str = ""

    @property
    def sound_name(self) -> str:
        """The name of the file with the sound."""
        return f"{self.name}.flac"

    @property
    def zip_name(self) -> str:
        """What the share is called once it is opened."""
        return f"{self.name}.zip"

    @property
    def is_excerpt(self) -> bool:
        """Whether it is less than the whole recording."""
        return self.until_s - self.first_s < self.whole_s - 0.001


@dataclass(frozen=True)
class Terms:
    """On what terms it is handed on; `until` is the last day on which it may be kept, if one was named."""

    shared_on: date
    until: date | None
    purpose: str
    under_passphrase: bool


def page_of(contents: Contents, terms: Terms) -> Page:
    """The page."""
    return Page(
        "A therapy session, handed to you in confidence",
        (
            Fields(_facts(contents, terms)),
            Note(_destroy_words(terms.until), title="Destroy it in time", items=TO_DESTROY),
            Heading("Until then"),
            Items(IN_CONFIDENCE),
            Heading("How it is opened"),
            *_opening(contents, terms),
        ),
        subtitle=_called(contents),
    )


def to_text(page: Page) -> str:
    """The same as plain text, for whoever has no browser at hand."""
    lines = [page.title, page.subtitle, "=" * len(page.title), ""]
    for block in page.blocks:
        match block:
            case Heading(text):
                lines += [text, "-" * len(text)]
            case Paragraph(text):
                lines += [*_wrapped(text), ""]
            case Fields(pairs):
                width = max(len(label) for label, _ in pairs) + 2
                for label, value in pairs:
                    lines += _wrapped(value, f"{label}:".ljust(width), " " * width)
                lines.append("")
            case Items(texts):
                lines += [*_listed(texts), ""]
            case Note(text, title, items):
                lines += [title, "-" * len(title), *_wrapped(text), *_listed(items), ""]
            case _:
                raise AssertionError(f"{block} has no form as text")
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


TO_DESTROY = (
    "the file that you received (its name ends in .age), also in your mail and your downloads",
    "what you unpacked: the sound, this page, the zip",
    "every copy of these: the recycle bin, a backup, a cloud folder that copies by itself",
)
IN_CONFIDENCE = (
    "Listen where nobody else hears it.",
    "Do not copy it, do not pass it on, do not transcribe it, unless that was agreed.",
    "Unpack it only on an encrypted disk, and remove what you unpacked once you have listened.",
    "If it may have reached anybody else, tell whoever gave it to you at once.",
)


def _called(contents: Contents) -> str:
    """Which recording: its number, and its month if that is known."""
    if contents.started is None:
        return f"Recording {contents.recording}"
    day = date.fromisoformat(contents.started[:10])
    return f"Recording {contents.recording}, {MONTHS[day.month - 1]} {day.year}"


def _facts(contents: Contents, terms: Terms) -> list[tuple[str, str]]:
    length = clock(contents.until_s - contents.first_s)
    what = f"the whole recording, {length} long"
    if contents.is_excerpt:
        span = f"{clock(contents.first_s)} to {clock(contents.until_s)}"
        what = f"an excerpt, {length} long: {span} of {clock(contents.whole_s)}"
    channels = "mono" if contents.channels == 1 else "stereo"
    facts = [
        ("What it is", what),
        ("From", _called(contents)),
        ("Sound", f"{contents.sound_name} (FLAC, {contents.rate_hz} Hz, {channels})"),
        ("Loudness", contents.loudness),
        ("Missing", _missing(contents)),
        ("Handed on", day_words(terms.shared_on.isoformat())),
        ("For", terms.purpose),
        ("May be kept until", day_words(terms.until.isoformat()) if terms.until else "no day was named"),
    ]
    return [(label, value) for label, value in facts if value]


def _missing(contents: Contents) -> str:
    words = []
    if contents.lost_s:
        words.append(f"{contents.lost_s:.1f} s are not there; in their place is silence")
    if contents.ends_early_s is not None:
        words.append(f"it ends after {clock(contents.ends_early_s)}: the rest is damaged")
    return "; ".join(words)


def _destroy_words(until: date | None) -> str:
    if until is None:
        return (
            "No day was named until which you may keep this. Destroy it as soon as it has served its "
            "purpose, and tell whoever gave it to you that you have done so:"
        )
    return (
        f"You may keep this until {day_words(until.isoformat())}, and not longer. On that day at the latest "
        "destroy all of it, and tell whoever gave it to you that you have done so:"
    )


def _opening(contents: Contents, terms: Terms) -> tuple[Paragraph, ...]:
    sealed = f"{contents.zip_name}.age"
    if terms.under_passphrase:
        command = f"age -d -o {contents.zip_name} {sealed}"
        how = "It asks for the passphrase that you were told."
    else:
        command = f"age -d -i key.txt -o {contents.zip_name} {sealed}"
        how = "key.txt is your own secret key: the file that age-keygen made, or your SSH key."
    return (
        Paragraph(
            f"It was sealed with age, a free and public tool ({AGE_ADDRESS}), as {sealed}; you may have "
            "given it another name. To open it again, with age installed:"
        ),
        Paragraph(command),
        Paragraph(f"{how} What comes out is a zip with this page and the sound, which any player plays."),
    )


def _wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    return textwrap.wrap(
        text, TEXT_COLUMNS, initial_indent=first, subsequent_indent=others, break_long_words=False
    )


def _listed(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for line in _wrapped(text, "- ", "  ")]
