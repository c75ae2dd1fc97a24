"""What a TARGET on the command line is: a container file, a card (folder, image or device), or a vault's ID.

On a card only what has a container's name or begins with the magic is a container; the rest belongs to
somebody else and is left alone. A file that is named by itself is always taken for what it should be.
"""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from host_tools.container.collection import Member
from host_tools.container.layout import MAGIC
from host_tools.container.source import FileSource
from host_tools.vault import Vault

RECORDING_ID = re.compile(r"[0-9]{1,18}")
CONTAINER_NAME = re.compile(r"[R-Z]\d{7}\.DAT", re.ASCII | re.IGNORECASE)
BOOT_SECTOR_BYTES = 512
BOOT_SIGNATURE = b"\x55\xaa"


@dataclass
class Target:
    """The containers of one target; `is_card` if all of a card's containers are among them."""

    members: list[Member]
    is_card: bool = False


def open_target(text: str, vault: Vault, stack: ExitStack) -> Target:
    """Open a target; `stack` closes it. Raises CloisterError."""
    path = Path(text)
    if RECORDING_ID.fullmatch(text) and not path.exists():
        recording = vault.recording(int(text))
        source = stack.enter_context(vault.open_recording(recording))
        return Target([Member(f"recording {recording.id}", source, recording.vouch)])
    if path.is_file() and not _is_card_image(path):
        return Target([Member(text, stack.enter_context(FileSource(path)))])
    return Target(card_members(path, stack), is_card=True)


def card_members(path: Path, stack: ExitStack) -> list[Member]:
    """The containers on a card, by name. Raises CloisterError if it cannot be read."""
    from host_tools.card import open_card

    card = stack.enter_context(open_card(path))
    files = sorted(card.files(), key=lambda file: file.name)
    return [
        Member(file.name, file)
        for file in files
        if CONTAINER_NAME.fullmatch(file.name) or file.read_at(0, len(MAGIC)) == MAGIC
    ]


def _is_card_image(path: Path) -> bool:
    """Whether a file is the image of a card rather than one container."""
    with path.open("rb") as file:
        sector = file.read(BOOT_SECTOR_BYTES)
    if sector.startswith(MAGIC) or CONTAINER_NAME.fullmatch(path.name):
        return False
    return sector[-len(BOOT_SIGNATURE) :] == BOOT_SIGNATURE and len(sector) == BOOT_SECTOR_BYTES
