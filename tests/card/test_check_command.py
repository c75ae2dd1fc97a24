"""`cloister card check` as a user types it, on images: what it asks, refuses, writes and says."""

import json
import os
import struct
from pathlib import Path

import pytest

from host_tools.card import open_card
from host_tools.card.target import is_card_image
from tests.quick_vault import make_quick_vault
from tests.typed_command import Cloister, errors

CHECK = ("card", "check")
FIGURES = {"median", "p99", "longest"}


def put_recordings(image: Path, names: list[bytes]) -> None:
    """Empty files of these names in the top folder."""
    with image.open("r+b") as file:
        file.seek(4 * 1024 * 1024)
        file.write(b"".join(name + bytes(21) for name in names))


def result(cloister: Cloister) -> dict:
    return json.loads(cloister.out)


def test_a_whole_image_is_checked_and_formatted(cloister: Cloister, image, fsck_vfat):
    before = image.read_bytes()
    assert cloister(*CHECK, "--yes", image) == 0
    assert cloister.out.startswith("This image will do.")
    assert "68.0 MB were written and read back" in cloister.out
    assert "say nothing about a card" in cloister.out and "fresh FAT32" in cloister.out
    assert errors(cloister.err) == []
    fsck_vfat(image)
    after = image.read_bytes()
    assert len(after) == len(before)
    with open_card(image) as card:
        assert card.files() == []
    free = after[5 * 1024 * 1024 :]
    assert all(any(free[at : at + 512]) for at in range(0, len(free), 512))  # random to the last sector
    blocks = {free[at : at + 16] for at in range(0, len(free), 4096)}
    assert len(blocks) == -(-len(free) // 4096)


def test_it_is_told_as_json(cloister: Cloister, image):
    assert cloister(*CHECK, "--yes", "--json", image) == 0
    told = result(cloister)
    assert told.keys() >= {"device", "size_bytes", "real_bytes", "verdict", "fake", "busy_ms", "errors"}
    assert told["device"] == str(image) and told["size_bytes"] == told["real_bytes"] == image.stat().st_size
    assert (told["verdict"], told["fake"], told["errors"], told["formatted"]) == ("good", False, [], True)
    assert told["busy_ms"].keys() == FIGURES
    assert told["write_mb_s"] > 0 and told["read_mb_s"] > 0


def test_without_formatting_all_of_it_stays_random(cloister: Cloister, image):
    assert cloister(*CHECK, "--yes", "--no-format", image) == 0
    assert "format it as FAT32" in cloister.out
    content = image.read_bytes()
    assert len({content[at : at + 16] for at in range(0, len(content), 512)}) == len(content) // 512
    assert cloister("import", image) == 1


def test_recordings_on_it_are_named_before(cloister: Cloister, image, typing):
    put_recordings(image, [b"R0000001DAT", b"R0000002DAT", b"R0000003DAT", b"NOTES   TXT"])
    before = image.read_bytes()
    typing["types"] = "no"
    assert cloister(*CHECK, image) == 1
    assert "3 RECORDINGS that are still on it would be lost: R0000001.DAT, R0000002.DAT" in cloister.err
    assert "3 recordings and 1 other file" in cloister.err
    assert image.read_bytes() == before


@pytest.mark.parametrize("typed", ["", "y", "yes", "card", "CARD.IMG", "card.img2"])
def test_only_its_name_is_a_consent(cloister: Cloister, image, typing, typed):
    before = image.read_bytes()
    typing["types"] = typed
    assert "nothing was done" in refusal(cloister, image)
    assert typing["asked"] == ["Type card.img to overwrite it"]
    assert image.read_bytes() == before


def test_its_name_is_a_consent(cloister: Cloister, image, typing):
    typing["types"] = "card.img"
    assert cloister(*CHECK, image) == 0


def test_without_a_terminal_nothing_is_written(cloister: Cloister, image, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    before = image.read_bytes()
    assert "no terminal" in refusal(cloister, image)
    assert image.read_bytes() == before


def refusal(cloister: Cloister, *arguments: object) -> str:
    """The error line of a check that is refused, with nothing on stdout."""
    assert cloister(*CHECK, *arguments) == 1
    assert cloister.out == ""
    (line,) = errors(cloister.err)
    return line


def test_a_link_is_followed_and_shown(cloister: Cloister, image, tmp_path, typing):
    link = tmp_path / "sdcard"
    link.symlink_to(image)
    typing["types"] = "sdcard"
    assert "that is not card.img" in refusal(cloister, link)
    assert f"{link} is {image}" in cloister.err


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "is a folder: name the card's device"),
        (lambda path: path.symlink_to(path), "a link that leads to itself"),
        (lambda path: path.symlink_to("/dev/null"), "/dev/null is neither a card's device nor an image"),
        (os.mkfifo, "is neither a card's device nor an image"),
        (lambda path: path.write_bytes(b""), "too small for FAT32"),
        (lambda path: path.write_bytes(bytes(63_999_488)), "too small for FAT32"),
        (lambda path: path.write_bytes(bytes(64_000_001)), "in the middle of a sector"),
        (lambda path: os.truncate(sparse(path), 2 * 1024**4), "larger than 2 TB"),
    ],
)
def test_what_is_no_card_is_refused(cloister: Cloister, tmp_path, make, reason):
    path = tmp_path / "thing"
    make(path)
    assert reason in refusal(cloister, "--yes", path)


def sparse(path: Path) -> Path:
    path.touch()
    return path


def test_a_recording_is_no_card(cloister: Cloister, tmp_path, image):
    renamed = image.rename(tmp_path / "R0000001.DAT")
    assert "is a recording" in refusal(cloister, "--yes", renamed)
    other = renamed.rename(tmp_path / "copied")
    with other.open("r+b") as file:
        file.write(cloister.container(1)[:4096])
    assert "is a recording" in refusal(cloister, "--yes", other)


def scattered(path: Path, *places: int) -> None:
    """A sparse file with something at each place and zeros between."""
    with path.open("wb") as file:
        file.truncate(70_000_128)  # a multiple of 512
        for place in places:
            file.seek(place)
            file.write(b"data")


@pytest.mark.parametrize("place", [0, 512, 1024, 32769, 65600, 35_000_064, 70_000_000])
def test_no_other_file_is_taken_for_an_image(cloister: Cloister, tmp_path, place):
    """Archives, databases and other file systems: some begin with zeros, some have them nearly throughout."""
    path = tmp_path / "backup.tar"
    scattered(path, place)
    before = path.read_bytes()
    assert "has no FAT32 file system, and is not empty" in refusal(cloister, "--yes", path)
    assert "an empty one of zeros" in cloister.err
    assert path.read_bytes() == before


def test_an_image_of_another_file_system_is_left_alone(cloister: Cloister, image):
    with image.open("r+b") as file:
        file.seek(3)
        file.write(b"EXFAT   ")
    before = image.read_bytes()
    assert "is no image of a card" in refusal(cloister, "--yes", image)
    assert image.read_bytes() == before


@pytest.mark.parametrize("readable", [0, 4096])
def test_an_image_that_cannot_be_read_is_left_alone(image, readable):
    class Unreadable:
        size_bytes = image.stat().st_size

        def read_at(self, offset: int, length: int) -> bytes:
            if offset >= readable:
                raise OSError(5, "Input/output error")
            return bytes(length)

    assert not is_card_image(Unreadable())


def test_an_empty_image_and_one_that_was_cut_short_are_checked(cloister: Cloister, image, tmp_path):
    os.truncate(image, 66_000_384)
    assert cloister(*CHECK, "--yes", "--no-format", image) == 0
    scattered(tmp_path / "empty")
    assert cloister(*CHECK, "--yes", tmp_path / "empty") == 0


def test_folders_and_partitions_are_told(cloister: Cloister, image, tmp_path, typing):
    names = [b"DCIM       \x10", b"MUSIC      \x10", b"CARD       \x08", b"\xe5LD        \x10"]
    with image.open("r+b") as file:
        file.seek(4 * 1024 * 1024)
        file.write(b"".join(name + bytes(20) for name in names))
    assert "nothing was done" in refusal(cloister, image)
    assert "0 recordings and 0 other files in its top folder, and 2 folders." in cloister.err
    assert "is looked at" not in cloister.err
    entries = [bytes([0, 0, 0, 0, kind]) + bytes(3) + struct.pack("<II", 8, 9) for kind in (0x0C, 0, 0x83)]
    table = (bytes(446) + b"".join(entries)).ljust(510, b"\0") + b"\x55\xaa"
    (tmp_path / "whole.img").write_bytes(table.ljust(4096, b"\0") + image.read_bytes())
    assert "nothing was done" in refusal(cloister, tmp_path / "whole.img")
    assert "It has 2 partitions; only the first is looked at." in cloister.err
    assert "and 2 folders." in cloister.err


def test_a_vaults_files_are_refused(cloister: Cloister, image, tmp_path):
    inside = cloister.made.folder / "recordings" / "large"
    inside.parent.mkdir(exist_ok=True)
    before = image.read_bytes()
    image.rename(inside)
    assert "is in the vault" in refusal(cloister, "--yes", inside)
    other = make_other_vault(tmp_path / "other")
    inside.rename(other / "large")
    assert "is in a vault" in refusal(cloister, "--yes", other / "large")
    assert (other / "large").read_bytes() == before


def make_other_vault(folder: Path) -> Path:
    folder.mkdir()
    return make_quick_vault(folder).folder


def test_an_image_that_cannot_be_written_is_refused(cloister: Cloister, image, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != image)  # a superuser may write everything
    assert "cannot be written" in refusal(cloister, "--yes", image)


def test_a_missing_name_is_a_usage_error(cloister: Cloister):
    assert cloister(*CHECK) == 2
