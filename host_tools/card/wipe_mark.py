"""What stands in a folder's entry while the file's clusters are being freed: a deleted file, to everybody.

If that is cut off, the next wipe finds the mark and frees the rest. It says which cluster is the first and
how many there are; once they are free the entry becomes 0xE5 and zeros.
"""

import struct

from host_tools.card.fat32 import DELETED, ENTRY_BYTES

WIPED = bytes([DELETED]) + bytes(ENTRY_BYTES - 1)
_START = bytes([DELETED]) + b"\x00CLOISTER\x00"  # no file was ever called that


def make(first_cluster: int, clusters: int) -> bytes:
    """The 32 bytes."""
    high, low = first_cluster >> 16, first_cluster & 0xFFFF
    return _START + bytes(9) + struct.pack("<H4xHI", high, low, clusters)


def parse(raw: bytes) -> tuple[int, int] | None:
    """(first cluster, clusters) of a mark; None if these 32 bytes are none."""
    if not raw.startswith(_START):
        return None
    high, low, clusters = struct.unpack("<H4xHI", raw[20:32])
    return high << 16 | low, clusters
