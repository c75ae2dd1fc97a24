"""Whatever was done to a file system, the containers under it are found, byte for byte."""

import random

import numpy as np
import pytest

from host_tools.card import open_card
from host_tools.recovery import search
from host_tools.recovery.image import CHUNK_BYTES
from tests.recovery.cards import LARGER_BYTES, MIB, SMALL_BYTES, CardImage, pcm, scattered
from tests.recovery.conftest import Known
from tests.reference_writer import BLOCK

LENGTHS = (3_000, 61_000, 9_500, 30_000)


@pytest.fixture
def containers(known: Known) -> dict[int, bytes]:
    """Four containers with room behind their ends, as a recorder makes them."""
    return {
        number: known.container(number, pcm=pcm(length, number), capacity=length // 2000 + 9)
        for number, length in enumerate(LENGTHS, 1)
    }


@pytest.fixture
def card(tmp_path, containers, fsck_vfat) -> CardImage:
    """A card with these and a letter; clusters of 512 bytes, so that the blocks lie at any sector."""
    made = CardImage(tmp_path / "card.img")
    for number, data in containers.items():
        made.add(f"R{number:07}.DAT", data, made.clusters(len(data), skip=number))
    made.add("LETTER.TXT", b"Dear all, " * 5000)
    fsck_vfat(made.path)
    with open_card(made.path) as opened:
        files = {file.name: file.read_at(0, file.size_bytes) for file in opened.files()}
    assert all(files[f"R{number:07}.DAT"] == data for number, data in containers.items())
    return made


def check_all(known: Known, card: CardImage, containers: dict[int, bytes]) -> None:
    """Everything is found whole, up to the last authentic block, and nothing else."""
    recovered = known.recover(card.path)
    assert recovered.words == dict.fromkeys(containers, "complete")
    for number, data in containers.items():
        content = recovered.content(number)
        assert content == data[: len(content)]
        assert len(content) >= BLOCK * 2


def test_files_that_are_still_there_are_found(known, card, containers):
    check_all(known, card, containers)


def test_deleted_files_are_found(known, card, containers):
    card.delete_all(range(3, card.next_cluster))
    with open_card(card.path) as opened:
        assert not opened.files()
    check_all(known, card, containers)


def test_without_tables_and_root_folder_everything_is_found(known, card, containers):
    card.destroy_tables()
    check_all(known, card, containers)


@pytest.mark.parametrize("size_bytes", [SMALL_BYTES, 63 * MIB + MIB // 2])
def test_a_card_that_was_formatted_again_is_searched_under_its_new_file_system(
    known, card, containers, size_bytes
):
    before = card.geometry
    card.format_anew(size_bytes)
    with open_card(card.path) as opened:
        assert not opened.files()
    if size_bytes != SMALL_BYTES:
        assert card.geometry != before
    check_all(known, card, containers)


@pytest.mark.parametrize("first_sector", [63, 2048, 8192 + 5])
@pytest.mark.parametrize("destroyed", [False, True])
def test_a_partition_table_makes_no_difference(known, card, containers, first_sector, destroyed):
    card.put_behind_partition_table(first_sector)
    with open_card(card.path) as opened:
        assert len(opened.files()) == len(containers) + 1
    if destroyed:
        card.write_at(0, np.random.default_rng(1).bytes(512 * first_sector))
    check_all(known, card, containers)


@pytest.mark.parametrize("seed", range(4))
def test_containers_in_clusters_of_any_order_are_put_together(tmp_path, known, containers, fsck_vfat, seed):
    card = CardImage(tmp_path / "card.img", LARGER_BYTES)
    assert card.geometry.cluster_bytes == BLOCK
    clusters = card.clusters(sum(map(len, containers.values())))
    random.Random(seed).shuffle(clusters)
    for number, data in containers.items():
        count = len(data) // BLOCK
        card.add(f"R{number:07}.DAT", data, clusters[:count])
        del clusters[:count]
    fsck_vfat(card.path)
    card.destroy_tables()
    check_all(known, card, containers)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cluster_bytes", [8 * 1024, 32 * 1024, 128 * 1024])
def test_long_containers_in_larger_clusters_are_put_together(tmp_path, known, cluster_bytes, seed):
    containers = {number: known.container(number, pcm=pcm(1_400_000, number)) for number in (1, 2)}
    pieces = [piece for data in containers.values() for piece in scattered(data, cluster_bytes, seed)]
    random.Random(seed).shuffle(pieces)
    path = tmp_path / "image"
    path.write_bytes(bytes(512 * 3) + b"".join(pieces))
    recovered = known.recover(path)
    assert recovered.words == {1: "complete", 2: "complete"}
    assert [recovered.content(number) for number in (1, 2)] == list(containers.values())
    assert recovered.readings <= 3


def test_a_small_table_reaches_as_far_in_more_readings(tmp_path, known, monkeypatch):
    monkeypatch.setattr(search, "ENTRIES_AT_MOST", 400)  # 20 segments without gaps, a sample of 800
    data = known.container(1, pcm=pcm(5_000_000))
    assert len(data) > 2400 * BLOCK
    (tmp_path / "image").write_bytes(b"".join(scattered(data, 32 * 1024, 5)))
    recovered = known.recover(tmp_path / "image")
    assert recovered.content(1) == data
    assert recovered.readings < 8


def test_what_is_missing_before_a_known_end_is_looked_for(tmp_path, known):
    data = known.container(1, pcm=pcm(2_000_000))
    assert len(data) > 900 * BLOCK
    pieces = [*scattered(data[: -16 * BLOCK], BLOCK, 5), data[-16 * BLOCK :]]
    (tmp_path / "image").write_bytes(b"".join(pieces))
    assert known.recover(tmp_path / "image").content(1) == data


def test_a_card_without_damage_is_read_once(known, card):
    assert known.recover(card.path).readings == 1


def test_a_long_container_in_one_piece_is_read_once(known, tmp_path):
    data = known.container(1, pcm=pcm(2_600_000))
    assert len(data) > CHUNK_BYTES
    (tmp_path / "image").write_bytes(bytes(512 * 7) + data)
    recovered = known.recover(tmp_path / "image")
    assert (recovered.content(1), recovered.readings) == (data, 1)


def test_leftovers_of_several_cards_lives_are_found_together(known, card, containers):
    old = known.container(40, pcm=pcm(100_000, 40))
    card.add("OLD.DAT", old)
    card.delete_all(range(3, card.next_cluster))
    card.format_anew(SMALL_BYTES)
    new = known.container(41, pcm=pcm(1000, 41))
    card.add("R0000041.DAT", new, list(range(3, 3 + len(new) // 512)))  # over the first container's header
    recovered = known.recover(card.path)
    assert recovered.words == {2: "complete", 3: "complete", 4: "complete", 40: "complete", 41: "complete"}
