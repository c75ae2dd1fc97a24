"""Whether the vault's disk has room for what an import will copy, found out before it begins.

How much of a container is authentic is looked up by its tags, a dozen blocks of each; a container that is
damaged may take more. So this foresees a full disk; it does not rule one out.
"""

import shutil
from collections.abc import Iterable

from host_tools.container import layout
from host_tools.container.collection import CardView, Member
from host_tools.container.findings import file_key_of, read_header
from host_tools.container.header import Header, KeyDoesNotOpen, NotAContainer, seal_is_right
from host_tools.container.source import BlockReader, SourceUnreadable
from host_tools.container.stream import Stream
from host_tools.errors import CloisterError
from host_tools.vault.recordings import Recording
from host_tools.vault.vault import Vault

# For the database, and its copy while it is changed.
SPARE_BYTES = 16 * 1024 * 1024


def check_room(vault: Vault, members: Iterable[Member], view: CardView) -> None:
    """Raises CloisterError if what is to be copied into the vault is more than its disk has room for."""
    known = {recording.seal: recording for recording in vault.recordings()}
    wanted_bytes = sum(_to_copy_bytes(vault, member, view, known) for member in members)
    if not wanted_bytes:
        return
    free_bytes = shutil.disk_usage(vault.folder).free
    if wanted_bytes + SPARE_BYTES > free_bytes:
        from host_tools.card.verdict import size_words

        raise CloisterError(
            f"{size_words(wanted_bytes)} are to be copied, and the vault's disk has "
            f"{size_words(free_bytes)} free: nothing was imported",
            "make room on it, then import again",
        )


def _to_copy_bytes(vault: Vault, member: Member, view: CardView, known: dict[str, Recording]) -> int:
    """How much of a container the vault will take, as far as that can be told beforehand."""
    try:
        header = read_header(member.source)
        secret = view.recorder_secret(header.recorder_id)
        if secret is None or not seal_is_right(header, secret) or _is_settled(header, view):
            return 0
        segments = _authentic_segments(member, header, view)
    except (NotAContainer, SourceUnreadable, KeyDoesNotOpen):
        return 0
    here = known.get(header.seal.hex())
    if here is not None and here.segments >= segments and vault.has_file(here):
        return 0
    return (1 + segments) * layout.BLOCK_BYTES if segments else 0


def _is_settled(header: Header, view: CardView) -> bool:
    """Whether it was destroyed, so that it will not be taken in."""
    number = header.number
    is_gone = view.gone_since(header.recorder_id, number) is not None
    return is_gone or header.recipient_count == 0 or view.was_struck(header.recorder_id, number)


def _authentic_segments(member: Member, header: Header, view: CardView) -> int:
    """How many segments from the first on are authentic, if they are so in order, by halving."""
    blocks = BlockReader(member.source)
    stream = Stream(blocks, file_key_of(header, view), header.block)
    low, high = 0, stream.segment_count if stream.intact else 0
    while low < high:
        middle = (low + high) // 2
        block = memoryview(blocks.read(middle + 1, 1))
        if stream.flag_of(block, middle) is None:
            high = middle
        else:
            low = middle + 1
    return low
