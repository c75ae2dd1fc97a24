"""Fetches the programs that the project runs and Python packages do not bring: MicroPython, fsck.vfat, age.

They are unpacked under build/, from this machine's own package sources, without root; MicroPython in
both word sizes where the distribution has them, since the 32-bit build has the board's. Each program
is started once before it counts. Where nothing can be unpacked, programs already on PATH are used,
and what is missing is named with what to install. Run again, it only looks.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from private_apt import AptError, PrivateApt, Release, this_release

from host_tools.simulator.interpreter import CHECKOUT_DIR, UNPACKED_DIR, word_bits

BUILD_DIR = CHECKOUT_DIR / "build"
APT_DIR = BUILD_DIR / "apt"
MICROPYTHON_DIR = UNPACKED_DIR.parent
TOOLS_DIR = BUILD_DIR / "tools"
NO_32_BIT_NOTE = MICROPYTHON_DIR / "no-32-bit"

WORD_BITS = {"i386": 32, "amd64": 64}

# The unpacked program is started by the C library it was built with, whatever this system's own is.
_WRAPPER = """#!/bin/sh
root=${{0%/*}}/../{root}
exec "$root/{loader}" --library-path "$root/{libraries}" "$root/{program}" "$@"
"""


@dataclass(frozen=True)
class Program:
    """A program to unpack: its package and architecture, its path in it, where it and its starter go."""

    package: str
    architecture: str
    path: str
    root: Path
    wrapper: Path

    @property
    def works(self) -> bool:
        """Whether the starter is there and the program runs."""
        if self.package == "micropython":
            return word_bits(str(self.wrapper)) == WORD_BITS[self.architecture]
        return _answers([str(self.wrapper), "--help"])


def programs_of(release: Release) -> list[Program]:
    """What to unpack on a machine of this release."""
    wanted = []
    for name in release.architectures:
        wrapper = UNPACKED_DIR / f"micropython{WORD_BITS[name]}"
        root = MICROPYTHON_DIR / name
        wanted.append(Program("micropython", name, "usr/bin/micropython", root, wrapper))
    fsck, age = (TOOLS_DIR / "bin" / name for name in ("fsck.vfat", "age"))
    wanted.append(Program("dosfstools", "amd64", "usr/sbin/fsck.vfat", TOOLS_DIR / "amd64", fsck))
    return [*wanted, Program("age", "amd64", "usr/bin/age", TOOLS_DIR / "age", age)]


def _answers(command: list[str]) -> bool:
    """Whether the program starts at all; what it thinks of its arguments does not matter."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode not in (126, 127) and bool(done.stdout + done.stderr)


def unpack(program: Program, release: Release) -> None:
    """Unpacks a program, writes its starter and tries it. Raises AptError."""
    print(f"unpacking {program.package} ({program.architecture}, {release.suite})", flush=True)
    PrivateApt(APT_DIR, release, program.architecture).unpack([program.package], program.root)
    loader = next(path for path in sorted(program.root.glob("**/ld-linux*.so.2")) if not path.is_dir())
    libraries = next(program.root.glob("**/libc.so.6")).parent
    text = _WRAPPER.format(
        root=program.root.name,
        loader=loader.relative_to(program.root),
        libraries=libraries.relative_to(program.root),
        program=program.path,
    )
    program.wrapper.parent.mkdir(parents=True, exist_ok=True)
    program.wrapper.write_text(text, encoding="utf-8")
    program.wrapper.chmod(0o755)
    if not program.works:
        raise AptError(f"{program.wrapper} was unpacked but does not run as it should")


def note_word_sizes(found: set[int]) -> None:
    """Leaves a note for the tests where there is no 32-bit interpreter to run them on."""
    NO_32_BIT_NOTE.unlink(missing_ok=True)
    if 32 not in found:
        NO_32_BIT_NOTE.parent.mkdir(parents=True, exist_ok=True)
        NO_32_BIT_NOTE.write_text("not to be had on this system: only the 64-bit one is tested\n")


def use_what_is_installed() -> list[str]:
    """Without apt: looks at $MICROPYTHON and on PATH; returns what is missing, and what to do about it."""
    missing = []
    program = shutil.which(os.environ.get("MICROPYTHON") or "micropython")
    bits = word_bits(program) if program else None
    if bits is None:
        missing.append(
            "MicroPython 1.23 or later: install the unix port as `micropython`, or set MICROPYTHON"
        )
    else:
        note_word_sizes({bits})
    if not shutil.which("fsck.vfat", path="/usr/sbin:/sbin") and not shutil.which("fsck.vfat"):
        missing.append("fsck.vfat: install the package dosfstools")
    if not shutil.which("age"):
        missing.append("age: install the package age, 1.1 or later")
    return missing


def do_without() -> int:
    """What could not be fetched: go on with what `$MICROPYTHON` names, or say that this is the way out."""
    missing = use_what_is_installed()
    if os.environ.get("MICROPYTHON") and not missing:
        print("fetch_tools: going on with $MICROPYTHON", file=sys.stderr)
        return 0
    print(
        "fetch_tools: is the network there? Without it: install MicroPython 1.23 or later, dosfstools "
        "and age, and set MICROPYTHON",
        file=sys.stderr,
    )
    return 1


def main() -> int:
    """Exit status 0 if everything is there at the end."""
    release = this_release()
    if release is None:
        missing = use_what_is_installed()
        for line in missing:
            print(f"fetch_tools: missing {line}", file=sys.stderr)
        return 1 if missing else 0
    try:
        for program in programs_of(release):
            if not program.works:
                unpack(program, release)
    except AptError as failed:
        print(f"fetch_tools: {failed}", file=sys.stderr)
        return do_without()
    note_word_sizes({WORD_BITS[name] for name in release.architectures})
    shutil.rmtree(APT_DIR, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
