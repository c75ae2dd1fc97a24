"""Long file names in a FAT folder: the entries that stand before a file's own, and which file they belong to.

Source: Microsoft's "FAT: General Overview of On-Disk Format" 1.03, on long directory entries. The recorder
writes none, computers do. What is not a whole name with the right checksum belongs to nobody.
"""

LAST_PART = 0x40
ORDER = 0x3F
MOST_PARTS = 20


class LongName:
    """The parts that were read so far, the last part of the name first, as they stand in the folder."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self._parts: list[bytes] = []

    def add(self, raw: bytes, offset: int) -> None:
        """One more entry of 32 bytes, at that place of the card."""
        if raw[0] & LAST_PART:
            self.offsets, self._parts = [], []
        self.offsets.append(offset)
        self._parts.append(raw)

    def belongs_to(self, short: bytes) -> bool:
        """Whether these are the parts of the long name of the entry that follows them."""
        count = len(self._parts)
        if not 0 < count <= MOST_PARTS or not self._parts[0][0] & LAST_PART:
            return False
        orders = [raw[0] & ORDER for raw in self._parts]
        checksum = _checksum(short[:11])
        return orders == list(range(count, 0, -1)) and all(raw[13] == checksum for raw in self._parts)

    def text(self) -> str:
        """The name."""
        units = b"".join(raw[1:11] + raw[14:26] + raw[28:32] for raw in reversed(self._parts))
        return units.decode("utf-16-le", errors="replace").partition("\0")[0].rstrip("\uffff")


def _checksum(name: bytes) -> int:
    """Of the 11 bytes of the short name."""
    total = 0
    for byte in name:
        total = ((total & 1) << 7 | total >> 1) + byte & 0xFF
    return total
