"""What is on a card that is to be wiped: is it a recorder's, and which of its recordings has the vault.

A recorder's card holds containers of recorders that this vault knows, or nothing; what computers leave on
every card that is put into them is passed over. A recording counts as lost with the card if the vault does
not have it, or has less of it. Reads headers; whole containers only where the vault's own is not complete.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host_tools.cli.targets import CONTAINER_NAME
from host_tools.container import report
from host_tools.container.collection import Collection, Member
from host_tools.container.header import Header, NotAContainer, parse
from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.card import CardFile
    from host_tools.card.wiping import WipeCard
    from host_tools.vault import Recording, Vault

LEFT_BY_COMPUTERS = re.compile(
    r"system volume information|\$recycle\.bin|\.trashes|\.trash-\d+|\.fseventsd|\.spotlight-v100"
    r"|\.temporaryitems|lost\.dir|\.ds_store|\.apdisk|thumbs\.db|desktop\.ini|\._.*",
    re.IGNORECASE,
)
LEFT_BY_WIPES = re.compile(r"wipe\d{4}\.tmp|\d{8}\.tmp", re.IGNORECASE)


@dataclass
class OnCard:
    """`ids`: the vault's recordings whose containers are on it, by file name. `lost`: files that it has not.

    `strange` says why it is no recorder's card; empty if it is one.
    """

    ids: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    strange: str = ""

    def ids_of(self, names: Iterable[str] | None) -> list[int]:
        """The recordings of these files, or of all."""
        wanted = None if names is None else {name.casefold() for name in names}
        return sorted({i for name, i in self.ids.items() if wanted is None or name.casefold() in wanted})

    def lost_of(self, names: Iterable[str] | None) -> list[str]:
        """Those of these files, or of all, that the vault has not."""
        wanted = None if names is None else {name.casefold() for name in names}
        return [name for name in self.lost if wanted is None or name.casefold() in wanted]


def judge(vault: "Vault", card: "WipeCard") -> OnCard:
    """Look at a card. One whose file system cannot be read is strange."""
    found = OnCard()
    try:
        files, names = card.files(), card.top_names()
    except CloisterError as error:
        found.strange = f"it is no recorder's card: {error.message}"
        return found
    left_over = {entry.short for entry in names if _is_left_over(entry.name)}
    strange = [entry.name for entry in names if entry.is_folder and entry.short not in left_over]
    known = _Known(vault)
    for file in files:
        if file.name not in left_over:
            header = _header(file)
            strange += known.strange_words(file, header)
            known.place(file, header, found)
    if strange:
        more = f", and {len(strange) - 1} more" if len(strange) > 1 else ""
        found.strange = f"it is no recorder's card: {strange[0]} is on it{more}"
    return found


class _Known:
    """What one vault says of containers."""

    def __init__(self, vault: "Vault"):
        self._vault = vault
        self._view = vault.knowledge()
        self._recordings = {(entry.recorder, entry.number): entry for entry in vault.recordings()}

    def strange_words(self, file: "CardFile", header: Header | None) -> list[str]:
        """What about this file does not belong on a card of this vault's recorders."""
        if header is None:
            return [] if CONTAINER_NAME.fullmatch(file.name) else [file.name]
        if self._view.recorder_secret(header.recorder_id) is not None:
            return []
        return [f"{file.name} of recorder {header.recorder_id.hex()}, which this vault does not know,"]

    def place(self, file: "CardFile", header: Header | None, found: OnCard) -> None:
        """Note which recording a file is, or that it would be lost."""
        if header is None and not CONTAINER_NAME.fullmatch(file.name):
            return
        known = self._known(file, header)
        if known is not None:
            found.ids[file.name] = known.id
        is_worthless = file.size_bytes == 0 or (
            header is not None and (header.recipient_count == 0 or _is_unused(file))
        )
        if not is_worthless and not (known and self._has_all(known, file, header)):
            found.lost.append(file.name)

    def _known(self, file: "CardFile", header: Header | None) -> "Recording | None":
        """The vault's entry, by the header; if none can be read, by the number in the name."""
        if header is not None:
            known = self._recordings.get((header.recorder_id.hex(), header.number))
            return known if known is not None and known.seal == header.seal.hex() else None
        number = int(file.name[1:8])
        alike = [entry for (_, other), entry in self._recordings.items() if other == number]
        return alike[0] if len(alike) == 1 else None

    def _has_all(self, known: "Recording", file: "CardFile", header: Header | None) -> bool:
        """Whether the vault has all that there is of it here, or has destroyed it."""
        if self._vault.state(known.id).gone is not None:
            return True
        if not self._vault.has_file(known):
            return False
        if header is None or known.finding == report.COMPLETE:
            return True
        member = Member(file.name, file)
        finding = Collection([member], self._view).examine(member)
        return (finding.segments or 0) <= known.segments


def _header(file: "CardFile") -> Header | None:
    """A file's header; None if it has none that can be read."""
    try:
        return parse(file.read_at(0, BLOCK_BYTES))
    except (NotAContainer, CloisterError):
        return None


def _is_unused(file: "CardFile") -> bool:
    """Whether nothing was ever recorded into it: zeros where the first segment would be."""
    try:
        first = file.read_at(BLOCK_BYTES, BLOCK_BYTES)
    except CloisterError:
        return False
    return not any(first)


def _is_left_over(name: str) -> bool:
    return bool(LEFT_BY_COMPUTERS.fullmatch(name) or LEFT_BY_WIPES.fullmatch(name))
