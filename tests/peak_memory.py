"""How much memory a command needs at most, in a process of its own."""

import subprocess
import sys

from host_tools.simulator.interpreter import CHECKOUT_DIR
from tests.typed_command import Cloister

MEASURE = """
import sys
from pathlib import Path
from host_tools.cli import main
status = main(sys.argv[1:])
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]))
sys.exit(status)
"""


def most_memory_kb(cloister: Cloister, *arguments: object) -> int:
    """The most that the command, which has to succeed, had in use at once."""
    vault = ("--vault", cloister.made.folder, "--passphrase-file", cloister.made.passphrase_file)
    command = [sys.executable, "-c", MEASURE, *vault, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=CHECKOUT_DIR)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])
