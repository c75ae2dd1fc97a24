"""What of a FAT32 card belongs to no file, as places to overwrite.

Free clusters, clusters that belong to nothing, and the end of the file system that makes no whole cluster
come in the order of the card; what is behind the ends of files, in their own clusters, comes by itself.
"""

from collections.abc import Iterator

from host_tools.card.fat32_tree import Item, Tree
from host_tools.card.geometry import SECTOR_BYTES
from host_tools.card.overwrite import Extent


def free_extents(tree: Tree) -> Iterator[Extent]:
    """Everything that belongs to no file, in the order of the card."""
    geometry = tree.geometry
    for first, until in tree.unclaimed():
        yield geometry.cluster_offset(first), (until - first) * geometry.cluster_bytes
    end = geometry.cluster_offset(2 + geometry.clusters)
    if end < geometry.end_offset:
        yield end, geometry.end_offset - end


def free_bytes(tree: Tree) -> int:
    """How many bytes that are."""
    return sum(length for _, length in free_extents(tree))


def slack_extents(tree: Tree) -> list[Extent]:
    """The whole sectors behind the ends of files."""
    slack = (extent for item in tree.items if _has_slack(item) for extent in _behind(tree, item))
    return [_sectors(*extent) for extent in slack if _sectors(*extent)[1]]


def slack_in_sectors(tree: Tree) -> list[Extent]:
    """The bytes behind the ends of files within the sectors in which these end."""
    slack = (extent for item in tree.items if _has_slack(item) for extent in _behind(tree, item))
    found = [(offset, min(length, -offset % SECTOR_BYTES)) for offset, length in slack]
    return [extent for extent in found if extent[1]]


def unreached(tree: Tree, card_bytes: int) -> list[str]:
    """What is left as it was, in sentences."""
    sentences = []
    damaged = next((item for item in tree.items if item.fault), None)
    if damaged is not None:
        sentences.append(
            f"The file system is damaged ({damaged.path} {damaged.fault}): what is behind the ends of such "
            "files, and clusters that belong to no file but are not free, were left alone."
        )
    if bad := tree.bad_clusters():
        size = bad * tree.geometry.cluster_bytes
        sentences.append(f"{size} bytes that the file system calls bad were not overwritten.")
    outside = card_bytes - tree.geometry.end_offset + tree.geometry.start_offset
    if outside:
        sentences.append(
            f"{outside} bytes of the card are outside of its file system, and were left alone; "
            "only wiping the whole card reaches them."
        )
    return sentences


def _has_slack(item: Item) -> bool:
    return not item.fault and not item.is_folder


def _behind(tree: Tree, item: Item) -> Iterator[Extent]:
    """What of a file's clusters is behind its size."""
    position = 0
    for first, until in item.runs:
        length = (until - first) * tree.geometry.cluster_bytes
        begin = max(0, item.size_bytes - position)
        if begin < length:
            yield tree.geometry.cluster_offset(first) + begin, length - begin
        position += length


def _sectors(offset: int, length: int) -> Extent:
    """The whole sectors of it."""
    first = -(-offset // SECTOR_BYTES) * SECTOR_BYTES
    return first, max(0, offset + length - first)
