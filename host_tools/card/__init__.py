"""Cards: a folder, a raw image or a device, read without mounting, and fresh FAT32 file systems."""

from host_tools.card.format import format_fat32
from host_tools.card.source import Card, CardFile, open_card

__all__ = ["Card", "CardFile", "format_fat32", "open_card"]
