"""Which files Python opens for writing, and which temporary ones it asks for; what C opens is not seen."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_watching: list[list[str]] = []
_is_hooked = False


def _hook(event: str, arguments: tuple) -> None:
    if not _watching:
        return
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
        _watching[-1].append(str(arguments[0]))
    elif event.startswith("tempfile."):
        _watching[-1].append(f"temporary: {arguments[0]}")


@contextmanager
def files_written() -> Iterator[list[str]]:
    """The names, as they come; a hook cannot be taken away again, so it sleeps outside of this."""
    global _is_hooked
    if not _is_hooked:
        sys.addaudithook(_hook)
        _is_hooked = True
    _watching.append([])
    try:
        yield _watching[-1]
    finally:
        _watching.pop()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
