"""The request `wipe_card`: nothing of what was on the card is on it, and what cannot be done is said."""

import zlib
from pathlib import Path

import pytest

from host_tools.card import format_fat32, open_card
from host_tools.card.fat32 import Fat32

BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "wipe_cases.py"
SECRET = b"what was said in the room stays in the room. "
SECTORS = 140_003  # no whole number of blocks, and two sizes of runs between samples


@pytest.fixture
def image(tmp_path) -> Path:
    path = tmp_path / "card.img"
    format_fat32(path, SECTORS * 512)
    return path


@pytest.fixture
def wipe(micropython, tmp_path, image):
    """A function that runs one case, and gives what is in the image afterwards."""

    def run(case: str) -> bytes:
        micropython.output(SCRIPT, case, tmp_path / "data", image, path=[BENCH])
        return image.read_bytes()

    return run


def clusters_of_files(image: Path) -> list[tuple[int, int]]:
    """Where the clusters of the files in the root folder begin and end."""
    content = image.read_bytes()
    fat = Fat32(lambda offset, length: content[offset : offset + length], len(content))
    geometry = fat.geometry
    places = []
    for entry in fat.entries():
        clusters = -(-entry.size_bytes // geometry.cluster_bytes)
        for first, count in fat._runs(entry.first_cluster, clusters, entry.name) if clusters else []:
            places.append((geometry.cluster_offset(first), geometry.cluster_offset(first + count)))
    return places


def test_files_are_overwritten_to_the_end_of_their_clusters_and_removed(wipe, image, fsck_vfat):
    with image.open("r+b") as file:
        file.seek((4 << 20) + 1024)  # behind the tables and the root folder
        file.write(SECRET * 100_000)
    wipe("fill_only")
    places = clusters_of_files(image)
    content = wipe("whole_files")
    assert len(places) > 5 and not any(SECRET[:16] in content[first:end] for first, end in places)
    fsck_vfat(image)
    with open_card(str(image)) as card:
        assert card.files() == []


def test_files_in_folders_are_overwritten_too(wipe):
    assert SECRET in wipe("fill_only")
    assert SECRET not in wipe("whole_files")


def test_a_card_without_files_is_wiped_at_once(wipe, image, fsck_vfat):
    wipe("files_of_a_card_without_any")
    fsck_vfat(image)


@pytest.mark.parametrize("how", ["fails", "lies"])
def test_files_on_a_card_that_cannot_be_written_are_told(wipe, how):
    wipe("files_of_a_card_that_" + how)


def test_all_of_a_card_is_noise_and_a_fresh_file_system(wipe, image, fsck_vfat):
    with image.open("r+b") as file:
        file.seek(1 << 20)
        file.write(SECRET * 1_500_000)
        file.truncate(SECTORS * 512)
    content = wipe("whole_card")
    assert len(content) == SECTORS * 512
    assert SECRET not in content
    fsck_vfat(image)
    with open_card(str(image)) as card:
        assert card.files() == []
    noise = content[8 << 20 : 16 << 20]
    assert len(zlib.compress(noise, 1)) > len(noise)
    pieces = {noise[at : at + 16] for at in range(0, len(noise), 16)}
    assert len(pieces) == len(noise) // 16


@pytest.mark.parametrize("how", ["fails", "lies"])
def test_a_card_that_does_not_take_all_is_told(wipe, how):
    wipe("all_of_a_card_that_" + how)


def test_no_card_is_told(wipe):
    wipe("no_card")


def test_what_is_not_allowed_changes_nothing(wipe, image):
    before = image.read_bytes()
    assert wipe("refused") == before
