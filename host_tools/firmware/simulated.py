"""The firmware compiled for an interpreter on this computer, in all else as for the board.

Bytecode from source would need memory that the board does not have; so what the simulator runs is what
`make firmware` makes, with native code for this computer's processor. Kept in build/ by a hash of the
sources and the compiler, so it is compiled once after each change. A folder's time is when it was used last.
"""

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from host_tools.errors import CloisterError
from host_tools.firmware.build import build, packaged_compiler, sources_for

# `sys.implementation._mpy >> 10` counts these: py/persistentcode.h of MicroPython.
_PROCESSORS = (None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")
_PROBE = "import sys; print(sys.implementation._mpy >> 10 & 0xf)"


def processor_of(interpreter: list[str]) -> str:
    """The processor whose native code this interpreter runs, as mpy-cross names it; CloisterError if none."""
    done = subprocess.run([*interpreter, "-c", _PROBE], capture_output=True, text=True)
    number = int(done.stdout) if done.stdout.strip().isdigit() else 0
    processor = _PROCESSORS[number] if number < len(_PROCESSORS) else None
    if processor is None:
        raise CloisterError("this MicroPython runs no native code, which the firmware needs")
    return processor


def compiled_firmware(firmware_dir: Path, board: str, interpreter: list[str], cache_dir: Path) -> Path:
    """The folder with the firmware compiled for `interpreter`; made in `cache_dir` unless it is there.

    Raises BuildError, which is a CloisterError.
    """
    compiler = packaged_compiler()
    processor = processor_of(interpreter)
    target = cache_dir / f"{board}-{processor}-{_fingerprint(firmware_dir, board, compiler)}"
    if not target.exists():
        made = target.with_name(f"{target.name}.{os.getpid()}")
        build(firmware_dir, board, made, compiler, processor)
        try:
            made.rename(target)
        except OSError:
            if not target.exists():  # another run may have been first, with the same bytes
                raise
            shutil.rmtree(made, ignore_errors=True)
    with suppress(FileNotFoundError):  # removed as an old one by another run, this very moment
        os.utime(target)
    return target


def _fingerprint(firmware_dir: Path, board: str, compiler: Path) -> str:
    whole = hashlib.sha256(compiler.read_bytes())
    for step in ("build.py", "condense.py", "shorten.py", "viper_rules.py"):
        whole.update(Path(__file__).with_name(step).read_bytes())
    for name in sources_for(firmware_dir, board):
        whole.update(name.as_posix().encode() + b"\0")
        whole.update(hashlib.sha256((firmware_dir / name).read_bytes()).digest())
    return whole.hexdigest()[:16]
