"""The images as they are when the supply fails in a certain write: torn, and perhaps out of order.

Torn: of the write under way the first bytes have been stored, any number of them. Out of order: a card that
holds writes which were not flushed has stored some of them, and not the others.
"""

import os
import random
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from host_tools.simulator.write_log import CARD_SYNC, CARD_WRITE, SECTOR_BYTES, Write

CACHED_WRITES = 8  # what a card may hold that was not flushed
_FORGETFUL = 0.5  # of it, as likely as not, each is missing


class Images:
    """Card and flash, write by write; a context manager. `at` is the write that comes next."""

    def __init__(self, start: Path, writes: list[Write], work: Path):
        work.mkdir(parents=True, exist_ok=True)
        self._paths = [work / "card.img", work / "flash.img"]
        for path in self._paths:
            copy_sparse(start / path.name, path)
        self._card, self._flash = (path.open("r+b", buffering=0) for path in self._paths)
        self._writes = writes
        self.at = 0
        self._held: list[tuple[int, bytes, bytes]] = []  # sector, what was there, what is to be

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._card.close()
        self._flash.close()

    def advance(self, index: int) -> None:
        """Do every write before the one with that index."""
        for write in self._writes[self.at : index]:
            self._hold(write)
            write.apply(self._card, self._flash)
        self.at = index

    def cut(self, folder: Path, seed: int, reordered: bool) -> None:
        """Make card.img and flash.img of a cut in the next write."""
        chance = random.Random(seed)
        for path in self._paths:
            copy_sparse(path, folder / path.name)
        with (folder / "card.img").open("r+b") as card, (folder / "flash.img").open("r+b") as flash:
            if reordered:
                self._forget_some(card, chance)
            self._tear(card, flash, chance)

    def _hold(self, write: Write) -> None:
        if write.kind == CARD_SYNC:
            self._held = []
        elif write.kind == CARD_WRITE:
            self._card.seek(write.place * SECTOR_BYTES)
            before = self._card.read(len(write.data))
            self._held = [*self._held, (write.place, before, write.data)][-CACHED_WRITES:]

    def _forget_some(self, card: BinaryIO, chance: random.Random) -> None:
        """Some of what the card held is not there: as if those writes had never been done."""
        lost = [chance.random() < _FORGETFUL for _ in self._held]
        for (place, before, _), is_lost in reversed(list(zip(self._held, lost, strict=True))):
            if is_lost:
                card.seek(place * SECTOR_BYTES)
                card.write(before)
        for (place, _, after), is_lost in zip(self._held, lost, strict=True):
            if not is_lost:
                card.seek(place * SECTOR_BYTES)
                card.write(after)

    def _tear(self, card: BinaryIO, flash: BinaryIO, chance: random.Random) -> None:
        """Of the write under way the first bytes only."""
        write = self._writes[self.at]
        done = write.data[: chance.randrange(len(write.data) + 1)] if write.data else b""
        if write.kind == CARD_SYNC:
            return
        write._replace(data=done).apply(card, flash) if write.data else _tear_erasure(write, flash, chance)


def _tear_erasure(write: Write, flash: BinaryIO, chance: random.Random) -> None:
    flash.seek(write.place)
    flash.write(b"\xff" * chance.randrange(4097))


def copy_sparse(source: Path | str, target: Path | str) -> None:
    """Copy a file, its holes as holes."""
    source, target = Path(source), Path(target)
    with source.open("rb") as here, target.open("wb") as there:
        size = here.seek(0, os.SEEK_END)
        there.truncate(size)
        at = 0
        while at < size:
            try:
                at = os.lseek(here.fileno(), at, os.SEEK_DATA)
            except OSError:  # nothing but a hole is left
                return
            end = os.lseek(here.fileno(), at, os.SEEK_HOLE)
            while at < end:
                done = os.copy_file_range(here.fileno(), there.fileno(), end - at, at, at)
                at += done
