"""Images and devices: read to the end in pieces, whatever sectors fail, and refused if they are none."""

import errno
import io
import os

import numpy as np
import pytest

from host_tools.errors import CloisterError
from host_tools.recovery import image as image_module
from host_tools.recovery.image import CHUNK_BYTES, OVERLAP_BYTES, Image, open_image
from tests.reference_writer import BLOCK

SECTOR = 512


class Device(io.BytesIO):
    """A device with sectors that cannot be read, which gives at most `most` bytes at once."""

    def __init__(self, data: bytes, bad: tuple[int, ...] = (), most: int = 1 << 30, code: int = errno.EIO):
        super().__init__(data)
        self.bad, self.most, self.code = bad, most, code

    def read(self, size: int = -1) -> bytes:
        first = self.tell() // SECTOR
        if any(first <= sector < first + -(-size // SECTOR) for sector in self.bad):
            raise OSError(self.code, os.strerror(self.code))
        return super().read(min(size, self.most))


def starts_of(image: Image) -> np.ndarray:
    """The first 8 bytes of every place where a block may start, in order."""
    chunks = list(image.chunks())
    assert all(chunk.end == chunk.first + len(chunk.starts) for chunk in chunks)
    return np.concatenate([chunk.starts for chunk in chunks])


@pytest.mark.parametrize("more", [-9, -8, -7, -1, 0, 1, 7, 8, 9, 15, 16, 17])
def test_every_sector_that_a_whole_block_can_start_at_is_given_once(more):
    data = np.random.default_rng(1).bytes(CHUNK_BYTES + more * SECTOR)
    image = Image(Device(data, most=700_000), len(data))
    sectors = np.frombuffer(data, "<u8").reshape(-1, SECTOR // 8)[:, 0]
    assert np.array_equal(starts_of(image), sectors[: len(sectors) - 7])
    assert image.read_at(SECTOR, 2_000_000) == data[SECTOR : SECTOR + 2_000_000]
    for chunk in image.chunks():
        for sector in (chunk.first, chunk.end - 1):
            if chunk.first <= sector < chunk.end:
                assert chunk.block(sector) == data[sector * SECTOR : sector * SECTOR + BLOCK]


@pytest.mark.parametrize("sectors", [1, 7, 8])
def test_small_images_have_the_blocks_that_fit(sectors):
    image = Image(Device(bytes(range(256)) * 2 * sectors), sectors * SECTOR)
    assert len(starts_of(image)) == max(0, sectors - 7)
    assert (image.block(0) is None) == (sectors < 8)


def test_sectors_that_cannot_be_read_are_left_out_counted_and_not_tried_again():
    data = np.random.default_rng(1).bytes(3 * CHUNK_BYTES)
    bad = (5, 6, CHUNK_BYTES // SECTOR + 3)
    device = Device(data, bad)
    image = Image(device, len(data))
    sectors = np.frombuffer(data, "<u8").reshape(-1, SECTOR // 8)[:-7, 0].copy()
    sectors[0:8] = sectors[CHUNK_BYTES // SECTOR : CHUNK_BYTES // SECTOR + 8] = (1 << 64) - 1
    assert np.array_equal(starts_of(image), sectors)
    assert image.unreadable_sectors == 16
    device.bad = ()
    assert np.array_equal(starts_of(image), sectors)
    assert image.unreadable_sectors == 16
    assert image.block(5) == data[5 * SECTOR : 5 * SECTOR + BLOCK]


def test_what_ends_early_counts_as_unreadable():
    image = Image(Device(bytes(BLOCK * 10)), BLOCK * 12)
    assert (starts_of(image) == (1 << 64) - 1).sum() == 16 - 7
    assert image.unreadable_sectors == 16


def test_a_device_that_goes_away_ends_the_search():
    image = Image(Device(bytes(BLOCK * 10), (3,), code=errno.ENODEV), BLOCK * 10, "/dev/sdx")
    with pytest.raises(CloisterError, match="/dev/sdx went away while it was read"):
        list(image.chunks())


def test_the_size_of_a_device_that_does_not_tell_it_is_found_by_reading(monkeypatch, tmp_path):
    path = tmp_path / "device"
    path.write_bytes(bytes(1234 * SECTOR + 77))
    assert image_module._probed_size(path.open("rb", buffering=0)) == 1234 * SECTOR
    monkeypatch.setattr(image_module.os, "SEEK_END", 99)
    with open_image(str(path)) as image:
        assert image.sectors == 1234


def test_a_chunk_goes_on_behind_its_last_start_for_a_header_and_a_block():
    assert OVERLAP_BYTES >= 2 * BLOCK - SECTOR


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("folder", "is a folder"),
        ("nothing", "cannot be read: no such file or directory"),
        ("empty", "is empty"),
        ("tiny", "has only 77 bytes"),
        ("pipe", "is a pipe"),
        ("huge", "has more than 2 TiB"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, kind, words):
    path = tmp_path / "thing"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind != "nothing":
        path.write_bytes(bytes(77 if kind == "tiny" else 0))
    if kind == "huge":
        os.truncate(path, 2 * 1024**4)
    with pytest.raises(CloisterError, match=words), open_image(str(path)):
        pass


def test_half_a_sector_at_the_end_is_left_out_and_said(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(bytes(3 * SECTOR + 100))
    with open_image(str(path)) as image:
        assert (image.sectors, image.spare_bytes) == (3, 100)
