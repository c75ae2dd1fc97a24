"""A backup of any size is made and restored within 150 MB of memory, the passphrase's own 64 included."""

import os
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from host_tools.simulator.interpreter import CHECKOUT_DIR
from tests.typed_command import Cloister

LARGE_BYTES = 200_000_000  # of nothing: the file takes no room on the disk
MOST_KB = 150_000
MEASURE = """
import sys
from pathlib import Path
from host_tools.cli import main
status = main(sys.argv[1:])
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]))
sys.exit(status)
"""


def most_memory_kb(cloister: Cloister, *arguments: object) -> int:
    """What the command needs at most, in a process of its own."""
    vault = ("--vault", cloister.made.folder, "--passphrase-file", cloister.made.passphrase_file)
    command = [sys.executable, "-c", MEASURE, *vault, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=CHECKOUT_DIR)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


@pytest.mark.parametrize("by_key", [True, False])
def test_memory_does_not_grow_with_the_vault(
    filled: Cloister, tmp_path: Path, word: list, by_key: bool
) -> None:
    with filled.made.open() as vault:
        os.truncate(vault.folder / "recordings" / vault.recording(1).file, LARGE_BYTES)
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(str(identity))
    made_with = ("--to", identity.to_public()) if by_key else word
    opened_with = ("--identity", tmp_path / "identity") if by_key else word
    assert most_memory_kb(filled, "backup", "-o", tmp_path / "b.age", *made_with) < MOST_KB
    assert (tmp_path / "b.age").stat().st_size > LARGE_BYTES
    assert most_memory_kb(filled, "restore", tmp_path / "b.age", tmp_path / "again", *opened_with) < MOST_KB
