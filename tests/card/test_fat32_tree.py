"""Which cluster belongs to what is told right, or not at all, whatever a card's file system says."""

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.card.fat32 import Fat32
from host_tools.card.fat32_tree import Tree
from host_tools.errors import CloisterError
from tests.card.test_wipe_files import VFS_SCRIPT
from tests.recovery.cards import MIB, CardImage

SECTOR = 512


@pytest.fixture(scope="module")
def content(micropython, tmp_path_factory) -> bytes:
    """The start of a card that the recorder's own driver has written; its boot sector says so."""
    path = tmp_path_factory.mktemp("tree") / "card.img"
    CardImage(path)
    micropython.output(VFS_SCRIPT, path)
    data = bytearray(path.read_bytes()[: 40 * MIB])
    struct.pack_into("<I", data, 32, 40 * MIB // SECTOR)
    return bytes(data)


def tree_of(data: bytes, damage: dict[int, int] | None = None) -> Tree:
    """The tree of an image of which some bytes are replaced."""

    def read_at(offset: int, length: int) -> bytes:
        assert offset >= 0 and 0 <= length <= 4 * MIB
        found = bytearray(data[offset : offset + length])
        if len(found) < length:
            raise CloisterError("cut short")
        for place, value in (damage or {}).items():
            if offset <= place < offset + length:
                found[place - offset] = value
        return bytes(found)

    return Tree(read_at, Fat32(read_at, len(data)).geometry)


def clusters_of(runs) -> set[int]:
    return {cluster for first, until in runs for cluster in range(first, until)}


def test_every_cluster_is_a_files_or_free(content):
    tree = tree_of(content)
    assert tree.is_sound and tree.lost_clusters() == tree.bad_clusters() == 0
    files = [clusters_of(item.runs) for item in tree.items]
    root = {2, *clusters_of(tree._runs_of({1}))} - set().union(*files)
    free = clusters_of(tree.unclaimed())
    assert sum(map(len, files)) == len(set().union(*files))  # none is two files'
    assert free.isdisjoint(set().union(*files)) and len(free) == tree.free_clusters()
    assert len(free) + sum(map(len, files)) + len(root) == tree.geometry.clusters


def test_names_are_told_as_computers_and_as_the_recorder_see_them(content):
    items = {item.name: item for item in tree_of(content).items}
    assert items["A.DAT"].long_name == "" and items["A.DAT"].long_offsets == ()
    long_names = [item for item in items.values() if item.long_name]
    assert len(long_names) == 120
    assert all(len(item.long_offsets) == 3 for item in long_names)
    assert items["FOLDER"].is_folder and len(items["FOLDER"].runs) == 1


def places(content: bytes) -> st.SearchStrategy[int]:
    """Bytes of the boot sector, of the tables' beginnings, and of the top folder."""
    table = struct.unpack_from("<H", content, 14)[0] * SECTOR
    data = table + 2 * struct.unpack_from("<I", content, 36)[0] * SECTOR
    return st.one_of(
        st.integers(0, 90),
        st.integers(440, 511),
        st.integers(table, table + 4000),
        st.integers(data, data + 8000),
    )


@settings(max_examples=200)
@given(data=st.data())
def test_on_a_damaged_card_nothing_of_a_sound_file_is_ever_called_free(content, data):
    damage = data.draw(st.dictionaries(places(content), st.integers(0, 255), min_size=1, max_size=12))
    with contextlib.suppress(CloisterError):
        tree = tree_of(content, damage)
        seen: set[int] = set()
        for item in tree.items:
            own = clusters_of(item.runs)
            assert all(tree.geometry.holds(cluster) for cluster in own)
            assert own.isdisjoint(seen)
            seen |= own
            if not item.fault:
                assert len(own) * tree.geometry.cluster_bytes >= item.size_bytes
        unclaimed = clusters_of(tree.unclaimed())
        assert unclaimed.isdisjoint(seen) and tree.geometry.root_cluster not in unclaimed
        assert all(tree.geometry.holds(cluster) for cluster in unclaimed)


@pytest.mark.parametrize("seed", range(3))
def test_runs_across_blocks_of_the_table_are_put_together(tmp_path, seed):
    """A file that goes on from one block of the table into the next, and free space that does."""
    card = CardImage(tmp_path / "card.img")
    first = 16_384 - 3 + seed
    clusters = list(range(first, first + 9))
    card.add("A.DAT", bytes(9 * SECTOR), clusters)
    data = Path(card.path).read_bytes()
    tree = tree_of(data)
    (item,) = tree.items
    assert list(item.runs) == [(first, first + 9)] and not item.fault
    assert list(tree.unclaimed()) == [(3, first), (first + 9, 2 + tree.geometry.clusters)]
