"""Sizes of the cryptographic modules as the board gets them, and of the native code in all modules."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.row import Row
from host_tools.firmware.build import build, packaged_compiler
from host_tools.firmware.mpy import parse
from host_tools.firmware.native import memory_bytes
from host_tools.simulator.interpreter import FIRMWARE_DIR
from host_tools.simulator.world import DEFAULT_BOARD

_COMMAND = "make firmware"


def rows() -> Iterator[Row]:
    """Two rows for a module with native code, one for any other of crypto/; then sums."""
    with TemporaryDirectory(prefix="cloister-bench-") as name:
        folder = Path(name) / "firmware"
        build(FIRMWARE_DIR, DEFAULT_BOARD, folder, packaged_compiler())
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.mpy")}
    codes = {name: [len(code.data) for code in parse(content).native()] for name, content in files.items()}
    for name in sorted(files):
        if name.startswith("crypto/") and not name.endswith("__init__.mpy"):
            yield Row(name, len(files[name]), "bytes", _COMMAND)
        if codes[name]:
            yield Row(f"{name}, its native code", sum(codes[name]), "bytes", _COMMAND)
    crypto = sum(len(content) for name, content in files.items() if name.startswith("crypto/"))
    yield Row("all of crypto/", crypto, "bytes", _COMMAND)
    native = memory_bytes([size for sizes in codes.values() for size in sizes])
    yield Row("memory for native code, all modules", native, "bytes", _COMMAND)
