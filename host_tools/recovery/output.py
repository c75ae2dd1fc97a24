"""Recovered containers written into a folder, still encrypted; what stands there is never replaced."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from host_tools.container.layout import BLOCK_BYTES
from host_tools.container.source import Source

COPY_BLOCKS = 256
LETTERS = "RSTUVWXYZ"
NOT_WRITTEN = "not written: there are files of all its names already"


def names(number: int) -> Iterator[str]:
    """The names that a container of this number may have, in the order of docs/format.md section 1."""
    return (f"{letter}{number:07}.DAT" for letter in LETTERS)


def write_container(folder: Path, number: int, source: Source, block_count: int) -> str:
    """Write a container's first blocks under the first name that is free; says what became of it.

    A file that holds the same already is left as it is. Raises OSError or CloisterError.
    """
    unfinished = folder / f".{secrets.token_hex(8)}.part"
    try:
        _copy(source, block_count, unfinished)
        for name in names(number):
            path = folder / name
            if not path.exists():
                unfinished.rename(path)
                return f"written as {name}"
            if _is_same(path, unfinished):
                return f"there already as {name}"
        return NOT_WRITTEN
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(source: Source, block_count: int, path: Path) -> None:
    """The blocks into a new file, readable by its owner alone, on disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for first in range(0, block_count, COPY_BLOCKS):
            length = min(COPY_BLOCKS, block_count - first) * BLOCK_BYTES
            file.write(source.read_at(first * BLOCK_BYTES, length))
        file.flush()
        os.fsync(file.fileno())


def _is_same(path: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    if not path.is_file() or path.stat().st_size != other.stat().st_size:
        return False
    with path.open("rb") as one, other.open("rb") as two:
        while piece := one.read(COPY_BLOCKS * BLOCK_BYTES):
            if piece != two.read(COPY_BLOCKS * BLOCK_BYTES):
                return False
    return True
