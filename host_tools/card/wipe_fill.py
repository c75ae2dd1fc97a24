"""Fills a mounted card with files of random bytes until nothing more goes in, reads them back, removes them.

That is how free space is overwritten where only the system may write. The files stay while it is not
finished, so that it can go on. The system places them: what is behind the ends of files is not reached.
"""

import errno
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from host_tools.card.geometry import SECTOR_BYTES
from host_tools.card.mounted import forget_cached, sync_folder
from host_tools.card.pattern import LONGEST_BYTES as PIECE_BYTES
from host_tools.card.pattern import Pattern
from host_tools.card.trial import BLOCK_BYTES, MOST_BAD_BLOCKS, SYNC_BYTES
from host_tools.card.wipe_report import Advance, Unfinished

FILE_BYTES = 1 << 30  # FAT32 takes no file of 4 GiB
PROBED_PIECES = 64
NAME = re.compile(r"WIPE\d{4}\.TMP")
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Fill:
    """The files in one folder. `filled` is how many bytes are in them, in their order. Raises OSError."""

    def __init__(self, folder: Path, begun: Unfinished, advance: Advance):
        self.filled = begun.place
        self.verified = 0
        self.bad: set[int] = set()
        self._folder = folder
        self._pattern = Pattern(begun.key)
        self._advance = advance

    def fill(self, on_synced: Callable[[int], None]) -> None:
        """Go on from where it is until the card is full. on_synced: told how much is on the card for sure."""
        self._cut_back()
        self._advance(self.filled)
        patience = SYNC_BYTES if self.filled else 1
        while self._fill_file(on_synced, patience):
            patience = SYNC_BYTES
        on_synced(self.filled)

    def read_back(self) -> bool:
        """Whether all of it is what was written; ends early where too much is not."""
        for place, found in self._contents():
            right = self._pattern.at(place, len(found))
            if found == right:
                self.verified += len(found)
            else:
                self._compare(place, found, right)
            if len(self.bad) >= MOST_BAD_BLOCKS:
                break
            self._advance(len(found))
        return self.verified == self.filled

    def is_there(self) -> bool:
        """Whether so much as was filled is in the files, and is what was written, where it is looked at."""
        step = max(1, self.filled // PIECE_BYTES // PROBED_PIECES) * PIECE_BYTES
        last = max(0, self.filled - SECTOR_BYTES)
        for place in (*range(0, max(1, last), step), last):
            length = min(SECTOR_BYTES, self.filled) or 1
            path, inside = self._place(place)
            try:
                with path.open("rb", buffering=0) as file:
                    file.seek(inside)
                    if self.filled and file.read(length) != self._pattern.within(place, length):
                        return False
            except OSError:
                return False
        return True

    def remove(self) -> None:
        """Remove the files."""
        for path in self._files():
            path.unlink()
        sync_folder(self._folder)

    def _fill_file(self, on_synced: Callable[[int], None], patience: int) -> bool:
        """Write the file that is not full yet; whether the card took all of it."""
        path, _ = self._place(self.filled)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open(path, flags, 0o600)
        except OSError as error:
            if error.errno in FULL:
                return False
            raise
        with os.fdopen(handle, "wb", buffering=0) as file:
            waiting, step = 0, PIECE_BYTES
            while (room := FILE_BYTES - self.filled % FILE_BYTES) and step:
                taken = self._write(file.fileno(), min(step, room))
                if not taken:
                    step = step // 2 if step > SECTOR_BYTES else 0
                waiting += taken
                if waiting >= patience or step == 0 or room == taken:
                    os.fsync(file.fileno())
                    forget_cached(file.fileno())
                    on_synced(self.filled)
                    waiting, patience = 0, SYNC_BYTES
                if room == taken:
                    return True
        return False

    def _write(self, handle: int, length: int) -> int:
        """How much of the next bytes was taken; 0 if there is no room for so many."""
        try:
            taken = os.write(handle, self._pattern.within(self.filled, length))
        except OSError as error:
            if error.errno in FULL:
                return 0
            raise
        self.filled += taken
        self._advance(taken)
        return taken

    def _contents(self) -> Iterator[tuple[int, bytes]]:
        """The files' bytes in pieces, with the place of each."""
        place = 0
        for path in self._files():
            with path.open("rb", buffering=0) as file:
                forget_cached(file.fileno())
                while piece := file.read(PIECE_BYTES):
                    yield place, piece
                    place += len(piece)

    def _compare(self, place: int, found: bytes, right: bytes) -> None:
        """By blocks."""
        for start in range(0, len(found), BLOCK_BYTES):
            block = found[start : start + BLOCK_BYTES]
            if block == right[start : start + BLOCK_BYTES]:
                self.verified += len(block)
            else:
                self.bad.add(place + start)

    def _cut_back(self) -> None:
        """Take away what was written after the place that is known to be on the card."""
        for number, file in enumerate(self._files()):
            kept = min(FILE_BYTES, self.filled - number * FILE_BYTES)
            if kept <= 0 or file != self._place(number * FILE_BYTES)[0]:
                file.unlink()
            elif file.stat().st_size != kept:
                os.truncate(file, kept)

    def _place(self, place: int) -> tuple[Path, int]:
        """The file of that byte, and where it is in it."""
        number, inside = divmod(place, FILE_BYTES)
        return self._folder / f"WIPE{number:04d}.TMP", inside

    def _files(self) -> list[Path]:
        """Those that there are, in their order."""
        return sorted(path for path in self._folder.iterdir() if NAME.fullmatch(path.name))
