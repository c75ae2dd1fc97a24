"""What wiping a mounted card takes beyond ordinary file calls: entries on the card, nothing read from memory.

Where a system does not offer these, nothing is done; `IS_READ_FROM_CARD` says whether what is read back comes
from the card for certain.
"""

import errno
import os
from pathlib import Path

IS_READ_FROM_CARD = hasattr(os, "posix_fadvise")
CANNOT = {errno.EINVAL, getattr(errno, "ENOTSUP", errno.EINVAL)}


def forget_cached(handle: int) -> None:
    """Have what is read next of this file, all of which is written, come from the card."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def sync_folder(folder: Path) -> None:
    """Have the folder's entries on the card. Raises OSError."""
    if not hasattr(os, "O_DIRECTORY"):
        return  # a system that cannot open folders does it by itself
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in CANNOT:
            raise
    finally:
        os.close(handle)


def is_mount(folder: Path) -> bool:
    """Whether something is mounted there; Windows' pathlib cannot tell before Python 3.12."""
    return os.path.ismount(folder)


def is_cards_folder(folder: Path) -> bool:
    """Whether something is mounted there that is not this computer's own disk."""
    own = {Path.home().stat().st_dev, Path(folder.anchor).stat().st_dev if os.name == "posix" else None}
    return is_mount(folder) and folder.stat().st_dev not in own
