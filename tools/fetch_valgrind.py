"""Fetches valgrind for `make bench`, which counts the instructions of the 32-bit interpreter with it.

Unpacked under build/ as fetch_tools.py does it: from this machine's own package sources, with apt's check of
their signatures, and nothing is installed. It has to be 3.24, of the release that the interpreter is from, or
later: 3.19 dies on that release's loader. Run again, it only looks.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from private_apt import AptError, PrivateApt, this_release

from host_tools.simulator.interpreter import CHECKOUT_DIR, UNPACKED_DIR

BUILD_DIR = CHECKOUT_DIR / "build"
ROOT = BUILD_DIR / "valgrind" / "amd64"
APT_DIR = BUILD_DIR / "apt"
OLDEST_VERSION = (3, 24)
# Its tools for 32-bit programs are linked whole and come in the same package.
PACKAGE, ARCHITECTURE = "valgrind", "amd64"


def environment(root: Path = ROOT) -> dict[str, str]:
    """What valgrind has to find in its environment to run from where it was unpacked."""
    return os.environ | {"VALGRIND_LIB": str(root / "usr" / "libexec" / "valgrind")}


def valgrind(name: str, root: Path = ROOT) -> list[str]:
    """The command of one of valgrind's tools, started by the C library that it was built with."""
    loader = next(path for path in sorted(root.glob("**/ld-linux*.so.2")) if not path.is_dir())
    libraries = next(root.glob("**/libc.so.6")).parent
    program = root / "usr" / "bin" / "valgrind.bin"
    return [str(loader), "--library-path", str(libraries), str(program), f"--tool={name}"]


def interpreter_command() -> list[str]:
    """How the 32-bit interpreter is started without its wrapper, which is a shell script: 64 bits."""
    folder = UNPACKED_DIR.parent / "i386"
    loader = next(path for path in sorted(folder.glob("**/ld-linux*.so.2")) if not path.is_dir())
    libraries = next(folder.glob("**/libc.so.6")).parent
    return [str(loader), "--library-path", str(libraries), str(folder / "usr" / "bin" / "micropython")]


def version() -> tuple[int, ...] | None:
    """The version of what was unpacked; None if it does not run the 32-bit interpreter."""
    try:
        command = valgrind("none")
        said = _run([*command, "--version"]).removeprefix("valgrind-")
        answer = _run([*command, "-q", *interpreter_command(), "-c", "print(6 * 7)"])
    except (OSError, subprocess.SubprocessError, StopIteration):
        return None
    if answer != "42":
        return None
    return tuple(int(part) for part in said.split(".") if part.isdigit())


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(), check=True)
    return done.stdout.strip()


def main() -> int:
    """Exit status 0 if it is there at the end."""
    release = this_release()
    found = version()
    if found is None:
        if release is None or "i386" not in release.architectures:
            print("fetch_valgrind: this system has no 32-bit interpreter to count with", file=sys.stderr)
            return 1
        print(f"unpacking {PACKAGE} ({release.suite})", flush=True)
        try:
            PrivateApt(APT_DIR, release, ARCHITECTURE).unpack([PACKAGE], ROOT)
        except AptError as failed:
            print(f"fetch_valgrind: {failed}", file=sys.stderr)
            return 1
        shutil.rmtree(APT_DIR, ignore_errors=True)
        found = version()
    if found is None or found < OLDEST_VERSION:
        print("fetch_valgrind: what was unpacked does not run the 32-bit interpreter", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
