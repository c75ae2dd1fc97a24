"""What is inside a backup: a tar of the vault's files, with the SHA-256 of each in a list at its end.

Written from a generator and taken in as it comes, so that no backup is ever in memory, or on the disk in
clear. Nothing is taken on trust: names are the few that a vault has, everything is a plain file, sizes and
counts are bounded, nothing comes twice, and it is whole only when the list agrees with all of it.
"""

import hashlib
import json
import re
import tarfile
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from host_tools.errors import CloisterError

FORMAT = 1
HEAD_NAME, LIST_NAME = "cloister-backup.json", "SHA256SUMS"
DATABASE_NAME = "vault.sqlite"
FILE_NAMES = re.compile(r"vault\.sqlite|(?:recordings|attachments)/[0-9a-f]{32}", re.ASCII)
BLOCK_BYTES = 512
PIECE_BYTES = 256 * 1024
MOST_FILES = 100_000
MOST_FILE_BYTES = 1 << 36
MOST_LIST_BYTES = 128 * MOST_FILES
MOST_HEAD_BYTES = 64 * 1024

Steps = Generator[int, bytes, bytes]  # asks for so many bytes, is sent them


class ArchiveRefused(Exception):
    """What was opened is no backup, or not a whole one."""


class Sink(Protocol):
    """Where the bytes of one file go."""

    def write(self, data: bytes, /) -> object:
        """All of them."""

    def close(self) -> None:
        """There are no more."""


@dataclass
class Contents:
    """What is in an archive: what it says of itself, and each file's SHA-256 in hex."""

    head: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def listing(self) -> bytes:
        """The list at the end, in the form that `sha256sum --check` reads."""
        return "".join(f"{digest}  {name}\n" for name, digest in self.files.items()).encode()


def archive(
    head: dict[str, Any], paths: Iterable[tuple[str, Path]], contents: Contents
) -> Generator[bytes, None, None]:
    """The bytes of an archive of these files (name inside, path); `contents` gets what is in it.

    Raises OSError; CloisterError if a file becomes shorter while it is read.
    """
    contents.head = {"format": FORMAT, **head}
    yield from _small_member(HEAD_NAME, json.dumps(contents.head).encode())
    for name, path in paths:
        yield from _file(name, path, contents)
    yield from _small_member(LIST_NAME, contents.listing())
    yield bytes(2 * BLOCK_BYTES)


def _file(name: str, path: Path, contents: Contents) -> Iterator[bytes]:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        size = left = file.seek(0, 2)
        file.seek(0)
        yield _header(name, size)
        while left and (piece := file.read(min(PIECE_BYTES, left))):
            digest.update(piece)
            left -= len(piece)
            yield piece
    if left:
        raise CloisterError(f"{path} became shorter while it was read", "do it again")
    yield bytes(-size % BLOCK_BYTES)
    contents.files[name] = digest.hexdigest()


def _small_member(name: str, data: bytes) -> Iterator[bytes]:
    yield _header(name, len(data))
    yield data + bytes(-len(data) % BLOCK_BYTES)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


class Pull:
    """The pieces of a generator as a file to read from; `advance` is told how many bytes were read."""

    def __init__(self, pieces: Iterator[bytes], advance: Callable[[int], None]):
        self._pieces = pieces
        self._advance = advance
        self._left = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """Bytes, fewer than `size` only at the end."""
        gathered = bytearray()
        while len(gathered) < size:
            if not self._left:
                following = next(self._pieces, None)
                if following is None:
                    break
                self._left = memoryview(following)
            piece = self._left[: size - len(gathered)]
            self._left = self._left[len(piece) :]
            gathered += piece
        self._advance(len(gathered))
        return bytes(gathered)


class Unpacker:
    """Takes the bytes of an archive as they come; `make_sink` is asked for each file in it, by name and size.

    `write` raises ArchiveRefused, and `close` unless everything was there.
    """

    def __init__(self, make_sink: Callable[[str, int], Sink], advance: Callable[[int], None]):
        self._make_sink = make_sink
        self._advance = advance
        self._contents = Contents()
        self._whole = False
        self._steps = self._read()
        self._wanted = next(self._steps)
        self._gathered = bytearray()

    def write(self, data: bytes, /) -> int:
        """The next bytes."""
        left = memoryview(data)
        while left:
            piece = left[: self._wanted - len(self._gathered)]
            left = left[len(piece) :]
            self._gathered += piece
            if len(self._gathered) == self._wanted:
                block, self._gathered = bytes(self._gathered), bytearray()
                self._wanted = self._steps.send(block)
        self._advance(len(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> Contents:
        """What was in it. Raises ArchiveRefused."""
        self._steps.close()
        if not self._whole:
            raise ArchiveRefused("it ends too early")
        return self._contents

    def _read(self) -> Steps:
        self._contents.head = _checked_head((yield from _document(HEAD_NAME, MOST_HEAD_BYTES)))
        while (info := _parsed((yield BLOCK_BYTES))).name != LIST_NAME:
            yield from self._take(self._checked(info))
        if (yield from _body(info, MOST_LIST_BYTES)) != self._contents.listing():
            raise ArchiveRefused("its files are not those of its own list")
        if any((yield 2 * BLOCK_BYTES)):
            raise ArchiveRefused("it does not end where it should")
        self._whole = True
        yield 1
        raise ArchiveRefused("it goes on behind its end")

    def _checked(self, info: tarfile.TarInfo) -> tarfile.TarInfo:
        """The file, if a vault may have one like it."""
        if not FILE_NAMES.fullmatch(info.name) or len(self._contents.files) >= MOST_FILES:
            raise ArchiveRefused(f"there is no place in a vault for its file {info.name!r}")
        if info.name in self._contents.files:
            raise ArchiveRefused(f"it has the file {info.name} twice")
        if not 0 <= info.size <= MOST_FILE_BYTES:
            raise ArchiveRefused(f"its file {info.name} is larger than a vault's can be")
        return info

    def _take(self, info: tarfile.TarInfo) -> Steps:
        digest, left = hashlib.sha256(), info.size
        sink = self._make_sink(info.name, info.size)
        try:
            while left:
                piece = yield min(left, PIECE_BYTES)
                digest.update(piece)
                sink.write(piece)
                left -= len(piece)
        finally:
            sink.close()
        if info.size % BLOCK_BYTES:
            yield -info.size % BLOCK_BYTES
        self._contents.files[info.name] = digest.hexdigest()
        return b""


def _document(name: str, most_bytes: int) -> Steps:
    """The next file, which must have this name."""
    info = _parsed((yield BLOCK_BYTES))
    if info.name != name:
        raise ArchiveRefused("it is no backup of a vault")
    return (yield from _body(info, most_bytes))


def _body(info: tarfile.TarInfo, most_bytes: int) -> Steps:
    """The bytes of a small file."""
    if not 0 < info.size <= most_bytes:
        raise ArchiveRefused(f"its {info.name} has a size that makes no sense")
    return (yield info.size + -info.size % BLOCK_BYTES)[: info.size]


def _parsed(block: bytes) -> tarfile.TarInfo:
    """A tar header; only a plain file's is accepted."""
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise ArchiveRefused("it is no backup of a vault") from None
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise ArchiveRefused(f"its {info.name!r} is no plain file")
    return info


def _checked_head(data: bytes) -> dict[str, Any]:
    """What the archive says of itself, if it is of a form that this program knows."""
    try:
        head = json.loads(data)
    except (ValueError, RecursionError):
        head = None
    version = head.get("format") if isinstance(head, dict) else None
    if type(version) is int and version > FORMAT:
        raise ArchiveRefused(f"it was made by a newer cloister (format {version})")
    if version != FORMAT or not isinstance(head, dict):
        raise ArchiveRefused("it is no backup of a vault")
    return head
