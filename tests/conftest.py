"""What every test may use: both interpreters, fsck.vfat, a provisioned recorder, and hypothesis's settings.

A tool that is missing fails the test that needs it; it never skips. The one exception is a system
whose archive has no 32-bit MicroPython: then `make setup` leaves a note, the 32-bit variants are not
collected, and the head of the report says so.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from host_tools.errors import CloisterError
from host_tools.simulator.interpreter import CHECKOUT_DIR, FIRMWARE_DIR, find_interpreter
from tests.simulated_recorder import Recorder, make_recorder

NO_32_BIT_NOTE = CHECKOUT_DIR / "build" / "micropython" / "no-32-bit"
WORD_SIZES = ["64-bit"] if NO_32_BIT_NOTE.exists() else ["32-bit", "64-bit"]

settings.register_profile("cloister", deadline=None, derandomize=True, max_examples=100, database=None)
settings.load_profile("cloister")


def pytest_report_header() -> str | None:
    """Says in every report when half of the firmware tests could not be collected."""
    return f"32-bit MicroPython: {NO_32_BIT_NOTE.read_text().strip()}" if "32-bit" not in WORD_SIZES else None


@dataclass(frozen=True)
class MicroPython:
    """One interpreter, `bits` wide, started by `command`."""

    command: tuple[str, ...]
    bits: int

    def run(
        self,
        script: Path | str,
        *args: str | Path,
        heap: str | int | None = None,
        path: tuple[Path | str, ...] | list[Path | str] = (),
        stdin: str | None = None,
        timeout_s: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a file (Path) or code (str) with firmware/ importable, after the folders of `path`.

        `heap` is what `-X heapsize=` takes. Raises TimeoutExpired; a failed run is not an exception.
        """
        folders = [str(folder) for folder in (*path, FIRMWARE_DIR, ".frozen")]
        options = [] if heap is None else ["-X", f"heapsize={heap}"]
        program = ["-c", script] if isinstance(script, str) else [str(script)]
        return subprocess.run(
            [*self.command, *options, *program, *map(str, args)],
            env=os.environ | {"MICROPYPATH": ":".join(folders)},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )

    def output(self, script: Path | str, *args: str | Path, **options) -> str:
        """What a run prints on stdout; a run that fails fails the test, with what it said."""
        done = self.run(script, *args, **options)
        assert done.returncode == 0, f"MicroPython failed ({done.returncode}):\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session", params=WORD_SIZES)
def micropython(request: pytest.FixtureRequest) -> MicroPython:
    """Each word size in turn; the 32-bit one has the board's."""
    bits = int(request.param.removesuffix("-bit"))
    try:
        return MicroPython(tuple(find_interpreter(bits)), bits)
    except CloisterError as missing:
        pytest.fail(f"{missing}: run `make setup`")


@pytest.fixture(scope="session")
def fsck_vfat():
    """A function that fails the test unless fsck.vfat finds the card image (a path) without fault."""
    places = os.pathsep.join(
        [str(CHECKOUT_DIR / "build/tools/bin"), os.environ["PATH"], "/usr/sbin", "/sbin"]
    )
    program = shutil.which("fsck.vfat", path=places)
    assert program, "fsck.vfat is missing: run `make setup`"

    def check(image: Path | str) -> None:
        done = subprocess.run([program, "-n", str(image)], capture_output=True, text=True)
        assert done.returncode == 0, f"fsck.vfat found faults in {image}:\n{done.stdout}{done.stderr}"

    return check


@pytest.fixture(scope="session")
def provisioned(micropython, tmp_path_factory, fsck_vfat) -> Recorder:
    """A recorder with 20 one-time keys, made once for each word size; used only to be copied."""
    folder = tmp_path_factory.mktemp(f"recorder{micropython.bits}")
    return make_recorder(folder, list(micropython.command), fsck_vfat)


@pytest.fixture
def recorder(provisioned, tmp_path) -> Recorder:
    """A provisioned recorder of the test's own, with its vault."""
    folder = tmp_path / "recorder"
    shutil.copytree(provisioned.folder, folder)
    return Recorder(folder, provisioned.interpreter, provisioned.fsck)
