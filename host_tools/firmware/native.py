"""What the firmware's native code takes of a board's memory.

An ESP32 has one pool of memory for the heap and for native code, which stays for good once its module is
imported. The interpreters of this computer keep theirs outside the heap, so that a simulated board has less
free by what is told here: the code's size as compiled for the board, each function an allocation of its own.
"""

import json
import os
import tempfile
from pathlib import Path

from host_tools.firmware.build import BOARD_PROCESSOR, compile_source, packaged_compiler, sources_for
from host_tools.firmware.condense import survey
from host_tools.firmware.mpy import parse

WORD_BYTES = 4
ALLOCATION_BYTES = 16  # the list's node and the pool's own header, rounded up
_KEPT_IN = "native-code.json"  # in the compiled firmware, since it is of the same sources


def memory_bytes(code_bytes: list[int]) -> int:
    """What functions of these sizes take of the pool."""
    return sum((size + WORD_BYTES - 1) // WORD_BYTES * WORD_BYTES + ALLOCATION_BYTES for size in code_bytes)


def native_memory_bytes(firmware_dir: Path, board: str, compiled: Path) -> int:
    """What the board's native code takes of its memory, all modules imported.

    `compiled` is the folder with the same firmware compiled for whatever processor; the sizes found are
    kept there. Raises BuildError where the firmware has native code that does not compile for the board.
    """
    kept = compiled / _KEPT_IN
    if kept.exists():
        return memory_bytes(json.loads(kept.read_text(encoding="utf-8")))
    modules = [path for path in sorted(compiled.rglob("*.mpy")) if parse(path.read_bytes()).native()]
    names = [path.relative_to(compiled).with_suffix(".py") for path in modules]
    sizes = [size for name in names for size in function_bytes(firmware_dir, board, name)]
    partial = kept.with_name(f"{kept.name}.{os.getpid()}")  # another run may be at it, too
    partial.write_text(json.dumps(sizes), encoding="utf-8")
    partial.replace(kept)
    return memory_bytes(sizes)


def function_bytes(firmware_dir: Path, board: str, name: Path) -> list[int]:
    """Sizes of the native functions of one module on the board; `name` is its path in the firmware."""
    return [len(code.data) for code in parse(compiled_for_board(firmware_dir, board, name)).native()]


def compiled_for_board(firmware_dir: Path, board: str, name: Path) -> bytes:
    """One module as `make firmware` compiles it; `name` is its path in the firmware. Raises BuildError."""
    firmware = survey(firmware_dir, sources_for(firmware_dir, board))
    with tempfile.TemporaryDirectory(prefix="cloister-mpy-") as folder:
        target = Path(folder) / "module.mpy"
        compile_source(packaged_compiler(), BOARD_PROCESSOR, firmware_dir / name, name, target, firmware)
        return target.read_bytes()
