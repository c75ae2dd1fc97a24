"""What is inside a backup is taken only if it is exactly what a vault may have."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.backup import archive as module
from host_tools.backup.archive import ArchiveRefused, Contents, Pull, Unpacker, archive
from host_tools.errors import CloisterError

NAME = "recordings/" + "5a" * 16


class Taken(dict):
    """The files that an unpacker hands out."""

    def sink(self, name: str, size: int) -> "io.BytesIO":
        taken = self

        class Sink(io.BytesIO):
            def close(self) -> None:
                taken[name] = self.getvalue()

        return Sink()


def unpacked(data: bytes, piece: int = 999_999) -> tuple[Contents, Taken]:
    taken = Taken()
    unpacker = Unpacker(taken.sink, lambda count: None)
    for at in range(0, len(data), piece):
        unpacker.write(data[at : at + piece])
    return unpacker.close(), taken


def made(folder: Path, files: dict[str, bytes]) -> tuple[bytes, Contents]:
    contents, paths = Contents(), []
    for number, (name, data) in enumerate(files.items()):
        (folder / str(number)).write_bytes(data)
        paths.append((name, folder / str(number)))
    reader = Pull(archive({"backup": 1}, paths, contents), lambda count: None)
    return b"".join(iter(lambda: reader.read(1000), b"")), contents


def tar(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    """A tar as anybody can make one."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as file:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                file.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                file.addfile(info, io.BytesIO(member[1]))
    whole = out.getvalue()
    end = len(whole.rstrip(b"\0"))
    return whole[: end + -end % 512] + bytes(1024)


HEAD = (module.HEAD_NAME, b'{"format": 1}')


def listing(**files: bytes) -> tuple[str, bytes]:
    lines = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    return module.LIST_NAME, "".join(lines).encode()


@pytest.mark.parametrize("piece", [1, 511, 512, 513, 65536])
def test_what_was_put_in_comes_out(tmp_path: Path, piece: int) -> None:
    files = {"vault.sqlite": b"v" * 1024, NAME: b"r" * 700_001, "attachments/" + "0f" * 16: b""}
    data, contents = made(tmp_path, files)
    again, taken = unpacked(data, piece)
    assert taken == files
    assert again == contents
    assert again.head == {"format": 1, "backup": 1}


def test_it_is_an_ordinary_tar_with_an_ordinary_list(tmp_path: Path) -> None:
    data, _ = made(tmp_path, {"vault.sqlite": b"v" * 5000})
    with tarfile.open(fileobj=io.BytesIO(data)) as file:
        assert file.getnames() == ["cloister-backup.json", "vault.sqlite", "SHA256SUMS"]
        assert file.extractfile("vault.sqlite").read() == b"v" * 5000
        digest = hashlib.sha256(b"v" * 5000).hexdigest()
        assert file.extractfile("SHA256SUMS").read().decode() == f"{digest}  vault.sqlite\n"


def test_the_same_tar_made_by_hand_is_accepted() -> None:
    _, taken = unpacked(tar(HEAD, ("vault.sqlite", b"v"), listing(**{"vault.sqlite": b"v"})))
    assert taken == {"vault.sqlite": b"v"}


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../vault.sqlite", "recordings/../../x", "recordings/..", "recordings/x",
        "other.sqlite", "recordings/" + "5A" * 16, NAME + "/x", NAME + ".part", "vault.sqlite-journal",
        "recordings\\" + "5a" * 16, "C:vault.sqlite", "vault.sqlite\n", "./vault.sqlite", "unlocked.json",
        "cloister-backup.json",
    ],
)  # fmt: skip
def test_a_name_that_no_vault_has_is_refused_before_anything_is_written(name: str) -> None:
    taken = Taken()
    unpacker = Unpacker(taken.sink, lambda count: None)
    with pytest.raises(ArchiveRefused, match="no place in a vault"):
        unpacker.write(tar(HEAD, (name, b"v"), listing(**{name: b"v"})))
    assert taken == {}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_folders_and_devices_are_refused(kind: bytes) -> None:
    info = tarfile.TarInfo("vault.sqlite")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(ArchiveRefused, match="no plain file"):
        unpacked(tar(HEAD, info, listing()))


def test_sizes_and_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    info = tarfile.TarInfo("vault.sqlite")
    info.size = module.MOST_FILE_BYTES + 1
    with pytest.raises(ArchiveRefused, match="larger than a vault's"):
        unpacked(tar(HEAD)[:-1024] + info.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(ArchiveRefused, match="size that makes no sense"):
        unpacked(tar((module.HEAD_NAME, b" " * (module.MOST_HEAD_BYTES + 1))))
    monkeypatch.setattr(module, "MOST_FILES", 1)
    files = {"vault.sqlite": b"v", NAME: b"r"}
    with pytest.raises(ArchiveRefused, match="no place"):
        unpacked(tar(HEAD, *files.items(), listing(**files)))


def test_a_file_that_comes_twice_is_refused() -> None:
    with pytest.raises(ArchiveRefused, match="twice"):
        unpacked(tar(HEAD, ("vault.sqlite", b"v"), ("vault.sqlite", b"w"), listing()))


def test_a_list_that_disagrees_is_refused() -> None:
    for files in ({"vault.sqlite": b"w"}, {}, {"vault.sqlite": b"v", NAME: b"r"}):
        with pytest.raises(ArchiveRefused, match=r"not those of its own list|makes no sense"):
            unpacked(tar(HEAD, ("vault.sqlite", b"v"), listing(**files)))


def test_every_place_where_it_may_end_too_early(tmp_path: Path) -> None:
    data, _ = made(tmp_path, {"vault.sqlite": b"v" * 700, NAME: b"r" * 600})
    for end in (*range(0, len(data), 100), len(data) - 1):
        with pytest.raises(ArchiveRefused):
            unpacked(data[:end])
    with pytest.raises(ArchiveRefused, match="behind its end"):
        unpacked(data + b"\0")
    with pytest.raises(ArchiveRefused, match="does not end where it should"):
        unpacked(data[:-1] + b"x")


@pytest.mark.parametrize(
    "head",
    [b"{}", b"[]", b"nothing", b'{"format": true}', b'{"format": "1"}', b'{"format": 0}', b"[" * 5000],
)
def test_what_does_not_say_that_it_is_a_backup_is_refused(head: bytes) -> None:
    with pytest.raises(ArchiveRefused, match="no backup of a vault"):
        unpacked(tar((module.HEAD_NAME, head), ("vault.sqlite", b"v")))
    with pytest.raises(ArchiveRefused, match="no backup of a vault"):
        unpacked(tar(("vault.sqlite", b"v"), listing()))
    with pytest.raises(ArchiveRefused, match="no backup of a vault"):
        unpacked(b"%PDF" + bytes(9999))


def test_a_newer_format_is_said() -> None:
    with pytest.raises(ArchiveRefused, match="newer cloister"):
        unpacked(tar((module.HEAD_NAME, json.dumps({"format": 2}).encode())))


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 9)
)
def test_an_altered_archive_is_refused_or_gives_the_same(changes: list[tuple[int, int]], cut: int) -> None:
    files = {"vault.sqlite": b"v" * 700, NAME: b"r" * 600}
    data = bytearray(tar(HEAD, *files.items(), listing(**files)))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        contents, taken = unpacked(bytes(data[: len(data) - 512 * cut]))
    except ArchiveRefused:
        return
    assert taken == files and contents.head == {"format": 1}


def test_a_file_that_becomes_shorter_is_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(600_000))
    pieces = archive({}, [(NAME, path)], Contents())
    with pytest.raises(CloisterError, match="became shorter"):
        for piece in pieces:
            if len(piece) == module.PIECE_BYTES:
                path.write_bytes(b"")
