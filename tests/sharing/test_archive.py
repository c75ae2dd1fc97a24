"""The zip inside a share: sizes and checksums stand where every unpacker looks, and no date is told."""

import io
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from host_tools.sharing.archive import Entry, zipped

DATA = bytes(range(256)) * 1000
FILES = {"README.txt": b"read me\n", "sound.flac": DATA, "empty": b""}


def pieces(data: bytes, size: int = 10_000) -> list[bytes]:
    return [data[first : first + size] for first in range(0, len(data), size)]


def made(**changes: int) -> bytes:
    entries = [
        Entry(
            name,
            pieces(data),
            changes.get("size_bytes", len(data)),
            changes.get("crc32", zlib.crc32(data)),
        )
        for name, data in FILES.items()
    ]
    return b"".join(zipped(entries))


def test_it_holds_the_files_in_their_order() -> None:
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert archive.namelist() == list(FILES)
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_each_file_has_its_size_and_checksum_before_it() -> None:
    data, at = made(), 0
    for name, content in FILES.items():
        signature, _, flags, method, _, _, crc, packed, size, name_bytes, more = struct.unpack_from(
            "<4s5H3I2H", data, at
        )
        assert (signature, flags, method) == (b"PK\3\4", 0, 0)
        assert (crc, packed, size) == (zlib.crc32(content), len(content), len(content))
        at += 30 + name_bytes
        assert data[at - name_bytes : at] == name.encode()
        at += more + size
    assert data[at:].startswith(b"PK\1\2")


def test_a_file_beyond_what_an_old_zip_can_hold_is_written_in_the_newer_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    data = made()
    assert struct.unpack_from("<H", data, data.index(b"sound.flac") - 26 + 0)[0] == 45  # version needed
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


def test_the_bytes_come_as_the_files_do() -> None:
    parts = list(zipped([Entry("sound.flac", pieces(DATA), len(DATA), zlib.crc32(DATA))]))
    assert max(map(len, parts)) < 11_000


def test_python_itself_unpacks_it(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(made())
    command = [sys.executable, "-m", "zipfile", "-e", str(tmp_path / "a.zip"), str(tmp_path / "out")]
    subprocess.run(command, check=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == FILES


@pytest.mark.parametrize("changes", [{"crc32": 1}, {"size_bytes": 7}])
def test_a_file_that_is_not_what_was_said_ends_it(changes: dict[str, int]) -> None:
    with pytest.raises(AssertionError, match="not what its entry said"):
        made(**changes)
