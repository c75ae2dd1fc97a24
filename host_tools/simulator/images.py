"""The two images a simulated recorder lives on: its internal flash and its card.

Both are made when they are missing. What is there already is looked at before anything is made or written,
so that a mistyped path does not cost anybody a file: a flash image is erased flash or LittleFS, a card image
is a whole number of sectors. A card without a FAT32 file system is for the recorder to refuse.
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


def look_at_cards(cards: list[Path], flash: Path) -> list[tuple[str, int]]:
    """Path and sectors of each image that a scenario puts in. Raises CloisterError if one can be no card."""
    looked_at = []
    for path in cards:
        if _resolved(path) == _resolved(flash):
            raise CloisterError(f"{path} cannot be the flash and a card at once")
        looked_at.append((str(_resolved(path)), _card_sectors(path)))
    return looked_at


def prepare_images(flash: Path, card: Path) -> tuple[bool, int]:
    """Look at both images, then make what is missing.

    Returns whether the flash is still blank, and the card's number of sectors. Raises CloisterError if one of
    them is something else or cannot be made; nothing is left behind then.
    """
    if _resolved(flash) == _resolved(card):
        raise CloisterError(f"{flash} cannot be the flash and the card at once")
    flash_is_there = flash.exists()
    blank = not flash_is_there or _is_blank(flash)
    sectors = _card_sectors(card) if card.exists() else CARD_BYTES // SECTOR_BYTES
    if not flash_is_there:
        _make_flash(flash)
    if not card.exists():
        try:
            format_fat32(card, CARD_BYTES)
        except CloisterError:
            for path in (card, *([] if flash_is_there else [flash])):
                if not path.is_symlink():
                    path.unlink(missing_ok=True)
            raise
    return blank, sectors


def _resolved(path: Path) -> Path:
    """Without its links. Raises CloisterError if they lead nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # the second is what a circle of links is before Python 3.13
        raise CloisterError(f"{path} is no image: not a file") from None


def _is_blank(path: Path) -> bool:
    """True for erased flash, False for LittleFS. Raises CloisterError for anything else."""
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


def _card_sectors(path: Path) -> int:
    """The image's number of sectors. Raises CloisterError if it can be no card."""
    _check_is_file(path, "card image")
    size_bytes = path.stat().st_size
    if size_bytes == 0 or size_bytes % SECTOR_BYTES:
        raise CloisterError(f"{path} is no card image: not a whole number of {SECTOR_BYTES}-byte sectors")
    return size_bytes // SECTOR_BYTES


def _make_flash(path: Path) -> None:
    """An image of erased flash, or nothing. Raises CloisterError."""
    made = False
    try:
        with path.open("xb") as file:
            made = True
            file.write(b"\xff" * FLASH_BYTES)
    except OSError as error:
        if made:
            path.unlink()
        raise CloisterError(f"flash image {path} cannot be made: {(error.strerror or '').lower()}") from None


def _check_is_file(path: Path, what: str) -> None:
    try:
        is_file = path.is_file()
    except OSError as error:
        raise CloisterError(f"{path} is no {what}: {(error.strerror or '').lower()}") from None
    if not is_file:
        raise CloisterError(f"{path} is no {what}: not a file")
    if not os.access(path, os.R_OK | os.W_OK):
        raise CloisterError(f"{what} {path} cannot be read and written: permission denied")
