"""Wiping a card: single files, the free space, or all of it, on a device, an image or a mounted folder.

    with open_for_wiping("/media/card") as card:
        report = card.wipe_files(["R0000017.DAT"], advance)

A file is overwritten in place with random bytes, flushed, read back past the system's cache and compared, and
only then is its entry overwritten and its space freed; one that does not read back stays where it is
(`report.left`) and `report.verified` is false. A file whose chain of clusters is damaged, or a name that is
not there, is a CloisterError before anything is written. A card that goes away, or takes no more, is a
WipeStopped (a CloisterError) whose `report` says how far it came. Overwriting is NIST SP 800-88's Clear:
flash memory keeps spare blocks that nobody can overwrite, and every report says so. Asks nothing and judges
no card: the command line does.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from host_tools.card.source import WINDOWS_DEVICE, CardFile
from host_tools.card.wipe_report import (
    PASSES,
    Advance,
    Keep,
    Medium,
    TopName,
    Unfinished,
    WipeReport,
    WipeStopped,
    not_counted,
    nothing_kept,
)

__all__ = ["Medium", "Unfinished", "WipeCard", "WipeReport", "WipeStopped", "open_for_wiping"]


class WipeCard(Protocol):
    """A card that is open for wiping; a context manager.

    `work_of_…` is how many bytes `advance` will be told in all: what is written in each pass, and read back.
    """

    medium: Medium
    report: WipeReport | None
    """Of the last wipe, as far as it came; for whoever was interrupted."""

    def files(self) -> list[CardFile]:
        """The files in the card's top folder, as `open_card` gives them. Raises CloisterError."""

    def top_names(self) -> list[TopName]:
        """What is in the card's top folder, folders too, by the long names that computers give."""

    def work_of_files(self, names: Sequence[str]) -> int:
        """For a progress bar. Raises CloisterError as `wipe_files` does before it writes to these files."""

    def wipe_files(self, names: Sequence[str], advance: Advance = not_counted) -> WipeReport:
        """Wipe these files of the top folder, one after the other. Raises CloisterError, WipeStopped.

        What an earlier run was cut off from while it took a file out of the file system is finished first,
        also if no name is given. A file of which only a part was overwritten still has its name, and its
        first block if it can be: name it again.
        """

    def work_of_free_space(self) -> int:
        """For a progress bar. Raises CloisterError as `wipe_free_space` does before it writes."""

    def wipe_free_space(
        self, advance: Advance = not_counted, resume: Unfinished | None = None, keep: Keep = nothing_kept
    ) -> WipeReport:
        """Overwrite everything that belongs to no file. Raises CloisterError, WipeStopped."""

    def work_of_all(self) -> int:
        """For a progress bar."""

    def wipe_all(
        self,
        advance: Advance = not_counted,
        resume: Unfinished | None = None,
        keep: Keep = nothing_kept,
        discard: bool = False,
    ) -> WipeReport:
        """Overwrite the whole card and make a fresh FAT32 on it. Raises CloisterError, WipeStopped.

        With `discard` the card is told to forget what it holds once that was read back, if the system offers
        it. What does not read back is not formatted.
        """

    def recognises(self, unfinished: Unfinished) -> bool:
        """Whether this card is the one of that wipe: what was written so far is on it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_for_wiping(card: str, command: str = "cloister card wipe", passes: int = PASSES) -> WipeCard:
    """A folder, an image or a device, as it is named on the command line; `command` is for hints.

    passes: 2 writes the complement of the random pattern before it, as NIST SP 800-88 Rev. 1 asks for on
    memory cards; 1 does not. The free space of a mounted folder is filled once.

    Raises CloisterError if it must not be written, as what is mounted or in use.
    """
    if not card.startswith(WINDOWS_DEVICE) and Path(card).is_dir():
        from host_tools.card.wipe_folder import FolderCard

        return FolderCard(Path(card), passes)
    from host_tools.card.target import find_target
    from host_tools.card.wipe_device import DeviceCard

    return DeviceCard(find_target(card, command, parts=True), passes)
