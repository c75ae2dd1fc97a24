"""The compiled firmware of a run, kept while the run goes on; of others only the newest few stay.

Each run holds a shared lock on its folder. What is removed is locked first, and moved out of the way, so
that runs may go on side by side: nobody's firmware vanishes, and nobody starts with half of one.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from host_tools.firmware.simulated import compiled_firmware

KEPT = 8  # of one board and processor
ABANDONED_S = 3600  # what is half made for so long was given up


@contextmanager
def installed_firmware(firmware: Path, board: str, command: list[str], cache: Path) -> Iterator[Path]:
    """The folder with the firmware compiled for the interpreter `command`. Raises CloisterError."""
    while True:
        folder = compiled_firmware(firmware, board, command, cache)
        descriptor = _lock(folder, fcntl.LOCK_SH)
        if descriptor is not None:
            break
    try:
        remove_old(folder)
        yield folder
    finally:
        os.close(descriptor)


def remove_old(folder: Path) -> None:
    """Of the builds for the board and processor of `folder`, keep the newest and what a run uses."""
    kind = folder.name.rpartition("-")[0]
    builds = {path: _time_s(path) for path in folder.parent.glob(f"{kind}-*")}
    whole = [path for path in builds if "." not in path.name]
    for path in sorted(whole, key=builds.__getitem__, reverse=True)[KEPT:]:
        descriptor = _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if descriptor is not None:
            aside = path.with_name(f"{path.name}.{os.getpid()}.old")
            with suppress(OSError):
                path.rename(aside)
            os.close(descriptor)
            shutil.rmtree(aside, ignore_errors=True)
    for path in set(builds).difference(whole):
        if builds[path] < time.time() - ABANDONED_S:
            shutil.rmtree(path, ignore_errors=True)


def _lock(folder: Path, how: int) -> int | None:
    """A descriptor that holds the lock until it is closed; None if the folder is gone or in use."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, how)
        held = os.path.samestat(os.fstat(descriptor), folder.stat())
    except (BlockingIOError, FileNotFoundError):
        held = False
    except OSError:  # a file system without locks: then nothing is removed either
        held = how == fcntl.LOCK_SH
    if held:
        return descriptor
    os.close(descriptor)
    return None


def _time_s(path: Path) -> float:
    """When it was used last; 0 if it is gone."""
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0
