"""What SQLite does to its files, call by call, and what a disk may hold if the power fails in between.

SQLite reaches files through a table of functions (sqlite3_vfs, sqlite.org/c3ref/vfs.html); those that change
something are replaced by ones that note the call first. A disk may have lost everything since the last sync,
or have taken any part of it, a write only in some of its sectors.
"""

import _sqlite3
import ctypes
import random
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path

SECTOR_BYTES = 512
OPEN_CREATE = 4

Files = dict[str, bytes]

# Paths go on as addresses: SQLite keeps them, with what lies behind them.
OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
CLOSE = CFUNCTYPE(c_int, c_void_p)
WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class Vfs(Structure):
    """The beginning of sqlite3_vfs."""

    _fields_ = [
        ("version", c_int), ("file_bytes", c_int), ("longest_path", c_int), ("next", c_void_p),
        ("name", c_char_p), ("data", c_void_p), ("open", OPEN), ("delete", DELETE),
    ]  # fmt: skip


class Methods(Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = [
        ("version", c_int), ("close", CLOSE), ("read", c_void_p), ("write", WRITE), ("truncate", TRUNCATE),
        ("sync", SYNC), *((f"other_{number}", c_void_p) for number in range(12)),
    ]  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One change: `what` is create, write, truncate, sync or delete."""

    what: str
    name: str
    offset: int = 0
    data: bytes = b""


@dataclass
class DiskLog:
    """The files of a folder as they were, and every change since."""

    folder: Path
    before: Files
    calls: list[Call] = field(default_factory=list)

    def states(self, draws: int = 1) -> Iterator[tuple[str, Files]]:
        """Everything that may be on the disk after a power cut, each once: what it is, and the files.

        Which of the calls that were not synced are there is drawn so many times for each place.
        """
        seen: set[int] = set()
        draw = random.Random(5)
        for count in range(len(self.calls) + 1):
            done = self.calls[:count]
            kept = {"all": done, "what was synced": _synced(done)}
            kept |= {f"draw {number}": _some(done, draw) for number in range(draws)}
            for kind, calls in kept.items():
                files = _applied(self.before, calls)
                mark = hash(tuple(sorted(files.items())))
                if mark not in seen:
                    seen.add(mark)
                    yield f"{kind} of the first {count} of {len(self.calls)} calls", files


def _applied(before: Files, calls: list[Call]) -> Files:
    files = {name: bytearray(data) for name, data in before.items()}
    for call in calls:
        if call.what == "create":
            files.setdefault(call.name, bytearray())
        elif call.what == "delete":
            files.pop(call.name, None)
        elif call.what == "truncate" and call.name in files:
            del files[call.name][call.offset :]
        elif call.what == "write":
            file = files.setdefault(call.name, bytearray())
            file.extend(bytes(max(0, call.offset - len(file))))
            file[call.offset : call.offset + len(call.data)] = call.data
    return {name: bytes(data) for name, data in files.items()}


def _unsynced(calls: list[Call]) -> list[int]:
    """The places of the writes and truncations that no sync of their file followed."""
    last = {call.name: place for place, call in enumerate(calls) if call.what == "sync"}
    return [
        place
        for place, call in enumerate(calls)
        if call.what in ("write", "truncate") and place > last.get(call.name, -1)
    ]


def _synced(calls: list[Call]) -> list[Call]:
    lost = set(_unsynced(calls))
    return [call for place, call in enumerate(calls) if place not in lost]


def _some(calls: list[Call], draw: random.Random) -> list[Call]:
    """What was synced, and any of the rest, perhaps in part."""
    open_places = set(_unsynced(calls))
    kept = []
    for place, call in enumerate(calls):
        if place not in open_places or draw.random() < 0.4:
            kept.append(call)
        elif call.what == "write" and draw.random() < 0.5:
            for at in range(0, len(call.data), SECTOR_BYTES):
                if draw.random() < 0.5:
                    piece = call.data[at : at + SECTOR_BYTES]
                    kept.append(Call("write", call.name, call.offset + at, piece))
    return kept


@contextmanager
def logged(folder: Path, syncs: bool = True) -> Iterator[DiskLog]:
    """Note what SQLite does in this folder meanwhile, on connections that are opened meanwhile.

    Without `syncs` it need not wait for the disk: for looking at what a power cut left.
    """
    log = DiskLog(folder, {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    library.sqlite3_vfs_find.restype = POINTER(Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    # A field that is read is the field itself, and would follow what is put there: copies of the addresses.
    open_before = OPEN(ctypes.cast(vfs.open, c_void_p).value)
    delete_before = DELETE(ctypes.cast(vfs.delete, c_void_p).value)
    logger = _Logger(log, open_before, delete_before, syncs)
    vfs.open, vfs.delete = logger.open, logger.delete
    try:
        yield log
    finally:
        vfs.open, vfs.delete = open_before, delete_before
        if not syncs:  # the functions live on, with what they know
            log.before.clear()
            log.calls.clear()


class _Logger:
    """SQLite's functions with a note before each; they must live as long as any file is open."""

    _alive: list["_Logger"] = []

    def __init__(self, log: DiskLog, open_before: OPEN, delete_before: DELETE, syncs: bool):
        self._log, self._open_before, self._delete_before = log, open_before, delete_before
        self._syncs = syncs
        self._names: dict[int, str] = {}
        self._methods: dict[int, Methods] = {}
        self.open, self.delete = OPEN(self._open), DELETE(self._delete)
        self._alive.append(self)

    def _open(self, vfs: int, path: int | None, file: int, flags: int, out: int) -> int:
        name = self._name(path)
        known = name and (self._log.folder / name).exists()
        status = self._open_before(vfs, path, file, flags, out)
        if status or not name:
            return status
        if flags & OPEN_CREATE and not known:
            self._log.calls.append(Call("create", name))
        slot = c_void_p.from_address(file)
        self._names[file] = name
        slot.value = ctypes.addressof(self._noting(slot.value))
        return status

    def _delete(self, vfs: int, path: int, sync: int) -> int:
        name = self._name(path)
        if name and (self._log.folder / name).exists():
            self._log.calls.append(Call("delete", name))
        return self._delete_before(vfs, path, sync if self._syncs else 0)

    def _name(self, path: int | None) -> str:
        """The file's name, if it is in the folder that is watched."""
        found = Path(ctypes.string_at(path).decode()) if path else Path()
        return found.name if found.parent == self._log.folder else ""

    def _noting(self, address: int) -> Methods:
        """A table like the one at this address, with notes."""
        if address not in self._methods:
            real = Methods.from_address(address)
            table = Methods.from_buffer_copy(real)
            table.write = WRITE(lambda *call: self._write(real, *call))
            table.truncate = TRUNCATE(lambda *call: self._truncate(real, *call))
            table.sync = SYNC(lambda *call: self._sync(real, *call))
            self._methods[address] = table
        return self._methods[address]

    def _write(self, real: Methods, file: int, data: int, count: int, offset: int) -> int:
        self._log.calls.append(Call("write", self._names[file], offset, ctypes.string_at(data, count)))
        return real.write(file, data, count, offset)

    def _truncate(self, real: Methods, file: int, size: int) -> int:
        self._log.calls.append(Call("truncate", self._names[file], size))
        return real.truncate(file, size)

    def _sync(self, real: Methods, file: int, flags: int) -> int:
        status = real.sync(file, flags) if self._syncs else 0
        self._log.calls.append(Call("sync", self._names[file]))
        return status
