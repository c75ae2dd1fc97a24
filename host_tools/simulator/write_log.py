"""Reads the write log of a run: what reached card and flash, in order, so that any moment can be made again.

The records are those of firmware/simulator/write_log.py. Played onto the images that a run began with, the
whole log gives the images it ended with.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from host_tools.errors import CloisterError

CARD_WRITE, CARD_SYNC, FLASH_PROGRAM, FLASH_ERASE, ANOTHER_CARD = range(5)
SECTOR_BYTES = 512
ERASED = b"\xff" * 4096
_HEAD = struct.Struct("<BIII")


class Write(NamedTuple):
    """One record. `place` is a sector (card) or a byte (flash); `time_ms` is since the first power-on."""

    kind: int
    time_ms: int
    place: int
    data: bytes

    @property
    def is_card(self) -> bool:
        """Whether it is about the card."""
        return self.kind in (CARD_WRITE, CARD_SYNC, ANOTHER_CARD)

    def apply(self, card: BinaryIO, flash: BinaryIO) -> None:
        """Do it again to these images; another card that was put in is the caller's business."""
        if self.kind == CARD_WRITE:
            card.seek(self.place * SECTOR_BYTES)
            card.write(self.data)
        elif self.kind in (FLASH_PROGRAM, FLASH_ERASE):
            flash.seek(self.place)
            flash.write(ERASED if self.kind == FLASH_ERASE else self.data)


def read_write_log(path: Path) -> Iterator[Write]:
    """The records in order; what was half written at the end is left out. Raises CloisterError."""
    try:
        with path.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                kind, time_ms, place, length = _HEAD.unpack(head)
                data = file.read(length)
                if len(data) == length:
                    yield Write(kind, time_ms, place, data)
    except OSError as error:
        raise CloisterError(f"write log {path} cannot be read: {(error.strerror or '').lower()}") from None
