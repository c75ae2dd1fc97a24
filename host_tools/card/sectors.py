"""Reads any bytes of a device, and changes some of them by whole sectors, each change read back.

What cannot be read is a CloisterError; what cannot be written, or does not read back, a TakesNoMore. The
device has no writes waiting when this is used: nothing is read that may come from a cache.
"""

from collections.abc import Iterable

from host_tools.card.geometry import SECTOR_BYTES
from host_tools.card.target import whole_blocks
from host_tools.card.trial import BlockDevice
from host_tools.card.wipe_report import TakesNoMore, reason_of
from host_tools.errors import CloisterError

Change = tuple[int, bytes]
"""Where on the card, and what is to be there."""


class Sectors:
    """The bytes of a device or image."""

    def __init__(self, device: BlockDevice):
        self._device = device
        self._read = whole_blocks(device)

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes. Raises CloisterError."""
        try:
            return self._read(offset, length)
        except OSError as error:
            raise CloisterError(f"it cannot be read at byte {offset}: {reason_of(error)}") from None

    def change(self, changes: Iterable[Change]) -> None:
        """Change a few bytes here and there. Raises as `write`."""
        sectors: dict[int, bytearray] = {}
        for offset, data in changes:
            for number in range(offset // SECTOR_BYTES, -(-(offset + len(data)) // SECTOR_BYTES)):
                start = number * SECTOR_BYTES
                if number not in sectors:
                    sectors[number] = bytearray(self.read_at(start, SECTOR_BYTES))
                first, end = max(offset, start), min(offset + len(data), start + SECTOR_BYTES)
                sectors[number][first - start : end - start] = data[first - offset : end - offset]
        self.write((number * SECTOR_BYTES, bytes(sectors[number])) for number in sorted(sectors))

    def write(self, changes: Iterable[Change]) -> None:
        """Write whole sectors, at most 1 MiB each. They are on the card, and read back, when it returns.

        Raises TakesNoMore, CloisterError.
        """
        whole = list(changes)
        try:
            for offset, data in whole:
                self._device.write_at(offset, data)
            self._device.sync()
        except OSError as error:
            raise TakesNoMore(f"its file system cannot be changed: {reason_of(error)}") from None
        for offset, data in whole:
            if self.read_at(offset, len(data)) != data:
                raise TakesNoMore(f"what was written at byte {offset} is not there")
