"""How fast cards are wiped, held against what the disk under the image does, and what the random bytes cost.

Makes an image of a card with one recording of 50 minutes on it, and measures, each in a process of its own:
writing and reading the image's size plainly, making the random bytes, and `cloister card wipe` of the
recording, of the free space and of the whole card, in one pass and in two. Prints seconds, MB/s of what was
written and read, and the most memory in use. The image is made in a temporary folder (TMPDIR) and removed.
Not for Windows.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host_tools import cli
from host_tools.card.device import RawDevice
from host_tools.card.pattern import LONGEST_BYTES, Pattern
from tests.quick_vault import QuickVault, make_quick_vault
from tests.recovery.cards import CardImage

RECORDING_BYTES = 100_663_296  # 50 minutes at 16 kHz mono, as the recorder preallocates it
NAME = "R0000001.DAT"
MEGABYTE = 1_000_000


def measured(do: Callable[[], object]) -> tuple[float, float]:
    """Seconds and MB of memory that something takes in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        import resource

        started = time.perf_counter()
        do()
        taken_s = time.perf_counter() - started
        most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(writing, f"{taken_s} {most_mb}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        words = told.read().split()
    if os.waitpid(child, 0)[1] != 0 or len(words) != 2:
        raise SystemExit("a measurement failed")
    return float(words[0]), float(words[1])


def report(label: str, moved_bytes: int, do: Callable[[], object]) -> None:
    """Print a line of the table."""
    taken_s, most_mb = measured(do)
    print(f"{label:34} {taken_s:8.2f} s {moved_bytes / taken_s / MEGABYTE:8.1f} MB/s {most_mb:6.0f} MB")


def plainly(path: Path, size_bytes: int) -> None:
    """Write and read all of it, as a wipe does, with nothing to think about."""
    data = os.urandom(LONGEST_BYTES)
    pieces = [(at, min(LONGEST_BYTES, size_bytes - at)) for at in range(0, size_bytes, LONGEST_BYTES)]
    with RawDevice(str(path), size_bytes) as device:
        for offset, length in pieces:
            device.write_at(offset, data[:length])
        device.sync()
        for offset, length in pieces:
            device.read_at(offset, length)


def wipe(made: QuickVault, image: Path, *arguments: str) -> None:
    """The command; whatever it prints is thrown away unless it fails."""
    said = StringIO()
    options = ["--vault", made.folder, "--passphrase-file", made.passphrase_file]
    command = [*options, "card", "wipe", "--yes", image, *arguments]
    with redirect_stdout(said), redirect_stderr(said):
        status = cli.main([str(word) for word in command])
    if status != 0:
        raise SystemExit(f"the command failed:\n{said.getvalue()}")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=int, default=2000, help="size of the image in MB (2000)")
    size_bytes = parser.parse_args().mb * MEGABYTE // 512 * 512
    with tempfile.TemporaryDirectory() as folder:
        made = make_quick_vault(Path(folder))
        card = CardImage(Path(folder) / "card.img", size_bytes)
        card.add(NAME, made.writer.prepared(1, RECORDING_BYTES // 4096))
        free_bytes = size_bytes - RECORDING_BYTES - 4 * 1024 * 1024
        print(f"an image of {size_bytes / MEGABYTE:.0f} MB; what was written and read counts\n")
        report("plain writing and reading", 2 * size_bytes, lambda: plainly(card.path, size_bytes))
        pattern = Pattern()
        pieces = range(0, size_bytes, LONGEST_BYTES)
        report(
            "random bytes alone", size_bytes, lambda: sum(len(pattern.at(at, LONGEST_BYTES)) for at in pieces)
        )
        card.path.unlink()
        card = CardImage(card.path, size_bytes)
        card.add(NAME, made.writer.prepared(1, RECORDING_BYTES // 4096))
        report(f"card wipe {NAME}", 3 * RECORDING_BYTES, lambda: wipe(made, card.path, NAME))
        for passes in (1, 2):
            words = f"--passes {passes}"
            free, whole = (
                partial(wipe, made, card.path, f"--passes={passes}", *more) for more in (["--free"], [])
            )
            report(f"card wipe --free {words}", (passes + 1) * free_bytes, free)
            report(f"card wipe {words}", (passes + 1) * size_bytes, whole)


if __name__ == "__main__":
    main()
