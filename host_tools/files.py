"""Files that the commands hand out: audio, pictures, pages, shares.

A file is written under a temporary name in the same folder, readable by its owner alone, and gets its name
only when it is whole and on disk; a failure leaves nothing behind. What is there already is replaced only
where that is asked for.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host_tools.errors import CloisterError
from host_tools.vault.database import create_file

# In English whatever the computer's own language: a name must not tell whose computer it was.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def destination(wanted: Path | None, name: str, force: bool) -> Path:
    """Where to write: the file as given, or the neutral name in the folder given (or here).

    Raises CloisterError if it is there already (without force) or its folder is not.
    """
    path = Path(name) if wanted is None else wanted / name if wanted.is_dir() else wanted
    if not path.parent.is_dir():
        raise CloisterError(f"there is no folder {path.parent}")
    if path.exists() and not force:
        raise CloisterError(f"{path} is there already", "--force replaces it")
    return path


@contextmanager
def finished_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it becomes `path` at the end, or nothing does."""
    unfinished = path.with_name(f".cloister-{secrets.token_hex(8)}{path.suffix.lower()}")
    create_file(unfinished)
    try:
        yield unfinished
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
