"""The two images a simulated recorder lives on: its internal flash and its card.

Both are made when they are missing. What is there already is looked at before it is written to, so that a
mistyped path does not cost anybody a file: a flash image is erased flash or LittleFS, a card image is a
whole number of sectors.
"""

import os
from pathlib import Path

from host_tools.card.format import format_fat32
from host_tools.errors import CloisterError

FLASH_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 4096
SECTOR_BYTES = 512
CARD_BYTES = 4 * 1024**3
LITTLEFS_MAGIC = b"littlefs"  # at offset 8 of either of the first two blocks (littlefs SPEC.md, "Superblock")


def prepare_flash(path: Path) -> bool:
    """Make the image if it is missing; True if it is still blank. Raises CloisterError if it is none."""
    if not path.exists():
        _create(path, "flash image")
        path.write_bytes(b"\xff" * FLASH_BYTES)
        return True
    _check_is_file(path, "flash image")
    if path.stat().st_size != FLASH_BYTES:
        raise CloisterError(f"{path} is no flash image: one has {FLASH_BYTES} bytes")
    with path.open("rb") as file:
        start = file.read(2 * BLOCK_BYTES)
        if LITTLEFS_MAGIC in (start[8:16], start[BLOCK_BYTES + 8 : BLOCK_BYTES + 16]):
            return False
        if (start + file.read()).strip(b"\xff"):
            raise CloisterError(f"{path} is no flash image: neither erased nor LittleFS")
    return True


def prepare_card(path: Path) -> int:
    """Make the image if it is missing; its number of sectors. Raises CloisterError if it can be no card."""
    if not path.exists():
        format_fat32(path, CARD_BYTES)
    _check_is_file(path, "card image")
    size_bytes = path.stat().st_size
    if size_bytes == 0 or size_bytes % SECTOR_BYTES:
        raise CloisterError(f"{path} is no card image: not a whole number of {SECTOR_BYTES}-byte sectors")
    return size_bytes // SECTOR_BYTES


def _create(path: Path, what: str) -> None:
    try:
        path.touch(exist_ok=False)
    except OSError as error:
        raise CloisterError(f"{what} {path} cannot be made: {(error.strerror or '').lower()}") from None


def _check_is_file(path: Path, what: str) -> None:
    if not path.is_file():
        raise CloisterError(f"{path} is no {what}: not a file")
    if not os.access(path, os.R_OK | os.W_OK):
        raise CloisterError(f"{what} {path} cannot be read and written: permission denied")
