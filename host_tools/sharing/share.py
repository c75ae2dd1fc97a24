"""A share: one age file with a zip in it: the sound, and a page about it. The public tool `age` opens it.

Everything is made front to back and sealed as it comes: nothing of it is ever on disk in clear, and memory
does not grow with the length. For that the sound is read twice: once for what stands at its head.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from host_tools import age_passphrase, age_recipients
from host_tools.age_passphrase import Reader, Writer
from host_tools.audio.flac import Head, encoded
from host_tools.backup.archive import Pull
from host_tools.documents.html import to_html
from host_tools.sharing.archive import Entry, zipped
from host_tools.sharing.page import Contents, Terms, page_of, to_text


class Seal(Protocol):
    """Seals a stream for whoever is to have it."""

    def __call__(self, reader: Reader, writer: Writer) -> None:
        """Everything that the reader gives. Raises what reader and writer raise."""


@dataclass(frozen=True)
class ToRecipients:
    """To these public keys. Raises CloisterError when made, if one of them is none."""

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        for text in self.texts:
            age_recipients.recipient_of(text)

    def __call__(self, reader: Reader, writer: Writer) -> None:
        """As `Seal` says."""
        age_recipients.encrypt(reader, writer, [age_recipients.recipient_of(text) for text in self.texts])


@dataclass(frozen=True)
class ToPassphrase:
    """Under a passphrase."""

    passphrase: str

    def __call__(self, reader: Reader, writer: Writer) -> None:
        """As `Seal` says."""
        age_passphrase.encrypt(reader, writer, self.passphrase)


def write_share(
    blocks: Callable[[], Iterator[np.ndarray]],
    head: Head,
    contents: Contents,
    terms: Terms,
    seal: Seal,
    path: Path,
) -> None:
    """Write the share to `path`, which exists. `head` is what `find_head` said of the same blocks.

    Raises OSError, CloisterError.
    """
    page = page_of(contents, terms)
    sound = encoded(blocks(), contents.rate_hz, contents.channels, head)
    entries = (
        Entry.of("README.txt", to_text(page).encode()),
        Entry.of("README.html", to_html(page).encode()),
        Entry(contents.sound_name, sound, head.size_bytes, head.crc32),
    )
    with closing(zipped(entries)) as pieces, path.open("r+b") as file:
        seal(Pull(pieces, lambda count: None), file)
