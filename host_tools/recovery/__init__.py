"""Recordings that a card's file system no longer shows: found block by block, each one proven by its tag."""

from host_tools.recovery.image import Image, open_image
from host_tools.recovery.search import Kept, Search

__all__ = ["Image", "Kept", "Search", "open_image"]
