"""What a wipe of a card did: the report, a wipe that was cut off, and the place from which one goes on.

Nothing counts as verified that was not read back and found to be what was written, and what a wipe cannot
do by its nature (the spare blocks of flash memory) is said in every report. Makes no claim of its own:
whoever wipes fills it in.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from host_tools.errors import CloisterError

FILE, FILES, FREE_SPACE, CARD = "file", "files", "free space", "card"
OVERWRITE, OVERWRITE_AND_DISCARD = "overwrite", "overwrite and discard"
PASSES = 2
NAMES_SHOWN = 6
MOST_BAD_BLOCKS = 64

SPARE_BLOCKS = (
    "The card keeps spare blocks that no command reaches; what was once in them may still be there "
    "(wear levelling)."
)
ONLY_FILES = "Free space was not overwritten: what was removed from the card earlier may still be there."
OLD_NAMES = (
    "The names of the files may stay in the card's folder, less their first letter, until other files take "
    "their places: naming the card's device instead of its folder overwrites them."
)
ONLY_FILLED = (
    "Only what the system gave to new files was overwritten: what is behind the ends of files, and what "
    "deleted files left in the folder, needs the card's device instead of its folder."
)
FROM_MEMORY = "What was read back may have come from this computer's memory, and not from the card."
WRITTEN_ONCE = (
    "It was overwritten once. For memory cards NIST SP 800-88 Rev. 1 asks for two passes, a pattern and its "
    "complement, before it speaks of Clear."
)
NO_DISCARD = (
    "The card could not be told to discard its blocks: this system or its reader does not offer that."
)
REST_HINT = "put the card back and wipe what is still on it"
AGAIN_HINT = "put the card back and run the same command again"
IMAGE_ONLY = "This is an image of a card: the card itself, and the image's disk, may hold more."


@dataclass(frozen=True)
class Medium:
    """What was wiped. `serial` is the card's own, where the system tells it; empty if not."""

    path: str
    model: str = ""
    serial: str = ""
    size_bytes: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """For --json, the vault and certificates."""
        return {
            "path": self.path,
            "model": self.model,
            "serial": self.serial,
            "size_bytes": self.size_bytes,
        }


@dataclass(frozen=True)
class TopName:
    """A file or folder in a card's top folder, by its long name if it has one, and as `files` has it."""

    name: str
    short: str
    is_folder: bool
    size_bytes: int


@dataclass(frozen=True)
class Left:
    """A file that was not wiped, and why; it still stands on the card."""

    file: str
    why: str


@dataclass
class WipeReport:
    """What was wiped and what was not. `files` are those that were overwritten, read back and removed.

    `bytes` were overwritten, in `passes` (of two, the first writes the complement), and `verified_bytes` of
    them read back as they were written in the last. `verified` is true only if that is all of what was to be
    wiped, and what stands in the file system about it is gone as well.
    `not_achieved` are sentences; `left` the files that could not be wiped.
    """

    what: str
    card: Medium
    started: str
    files: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    method: str = OVERWRITE
    passes: int = PASSES
    bytes: int = 0
    verified_bytes: int = 0
    verified: bool = False
    seconds: float = 0.0
    ended: str = ""
    formatted: bool = False
    not_achieved: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For --json, the vault (paper kind "wipe") and certificates."""
        return {
            "what": self.what,
            "card": self.card.as_dict(),
            "files": list(self.files),
            "left": [{"file": left.file, "why": left.why} for left in self.left],
            "method": self.method,
            "passes": self.passes,
            "pattern": "random",
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "verified": self.verified,
            "verified_bytes": self.verified_bytes,
            "formatted": self.formatted,
            "not_achieved": list(self.not_achieved),
            "started": self.started,
            "ended": self.ended,
        }

    def say_not_achieved(self, sentences: Iterable[str]) -> None:
        """Add sentences, each once."""
        self.not_achieved += [words for words in sentences if words not in self.not_achieved]


class TakesNoMore(Exception):
    """The card does not take what is written, or not keep it; the message says it in words."""


class WipeStopped(CloisterError):
    """A wipe that was cut off: the card is gone, or takes no more. `report` is how far it came."""

    def __init__(self, message: str, report: WipeReport, hint: str | None = None):
        super().__init__(message, hint)
        self.report = report


@dataclass(frozen=True)
class Unfinished:
    """From where a wipe of the free space or of a whole card goes on.

    key: the random pattern's. place: everything of it before this byte of the card (or, on a mounted folder,
    of what was filled) is on the card. layout: what the place belongs to, "" for a whole card. size_bytes and
    serial: the card's. passes: how many there are to be; passes_done of them are, and `place` is in the next.
    is_read_back: all of it was, and only what comes after that is left to be done.
    """

    what: str
    key: bytes
    started: str
    size_bytes: int | None
    serial: str = ""
    layout: str = ""
    place: int = 0
    passes: int = PASSES
    passes_done: int = 0
    seconds: float = 0.0
    is_read_back: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For the vault."""
        return {**vars(self), "key": self.key.hex(), "unfinished": True}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> "Unfinished":
        """What `as_dict` gave; keys that this program does not know are left out."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        return cls(**{**known, "key": bytes.fromhex(kept["key"])})


Keep = Callable[[Unfinished], None]
"""Told now and then from where the wipe would go on; it is to be on disk when it returns."""
Advance = Callable[[int], None]
"""Told each number of bytes that were written or read, of the `work_of_…` in all."""


def nothing_kept(unfinished: Unfinished) -> None:
    """Keeps no place to go on from."""


def not_counted(count: int) -> None:
    """Nobody looks at the progress."""


def reason_of(error: OSError) -> str:
    """The system's reason in our form."""
    return (error.strerror or type(error).__name__).lower()


@contextmanager
def reporting(
    report: WipeReport,
    how_far: Callable[[], str],
    explain: Callable[[OSError], str] = reason_of,
    earlier_s: float = 0.0,
    hint: str = AGAIN_HINT,
) -> Iterator[None]:
    """Fill in the report's times; turn what goes wrong with the card into a WipeStopped."""
    since = time.monotonic()
    try:
        yield
    except (CloisterError, TakesNoMore, OSError) as error:
        reason = explain(error) if isinstance(error, OSError) else str(error)
        path = report.card.path
        message = reason if reason.startswith(path) else f"{path}: {reason}"
        raise WipeStopped(f"{message}; {how_far()}".rstrip("; "), report, hint) from None
    finally:
        report.seconds = earlier_s + time.monotonic() - since
        report.ended = utc_now()


def utc_now() -> str:
    """The time now, as reports have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def names_words(names: Iterable[str]) -> str:
    """Some names, the first few of many."""
    listed = list(names)
    more = f" and {len(listed) - NAMES_SHOWN} more" if len(listed) > NAMES_SHOWN else ""
    return ", ".join(listed[:NAMES_SHOWN]) + more


def files_words(done: Iterable[str], under_way: str, untouched: Iterable[str]) -> str:
    """How far a wipe of files came."""
    parts = (
        ("wiped", names_words(done)),
        ("cut off in the middle of", under_way),
        ("not touched", names_words(untouched)),
    )
    return "; ".join(f"{word}: {names}" for word, names in parts if names)


def left_words(bad_blocks: int) -> str:
    """Why a file is left."""
    blocks = "1 block of 4096 bytes does" if bad_blocks == 1 else f"{bad_blocks} blocks of 4096 bytes do"
    return f"{blocks} not read back as written"


def bad_words(bad: Collection[int]) -> str:
    """What is said of the blocks at these places, which do not hold what was written."""
    least = "At least " if len(bad) >= MOST_BAD_BLOCKS else ""
    blocks = "1 block" if len(bad) == 1 else f"{len(bad)} blocks"
    return (
        f"{least}{blocks} of 4096 bytes did not hold what was written, one of them at byte {min(bad)}: what "
        "was there before may still be there. Destroy the card."
    )
