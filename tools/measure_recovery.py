"""How fast `cloister card recover` finds what is on an image, held against reading and hashing it once.

Makes an image of random bytes with containers in it, one of them in pieces, and measures three things, each
in a process of its own: reading the image and hashing it (SHA-256), the search, and the whole command with
--dry-run, which also verifies all that was found. Prints seconds by the clock and of the processor, the most
memory in use, and the ratios. The image is made in a temporary folder (TMPDIR) and removed. Not for Windows.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host_tools import cli
from host_tools.recovery import Search, open_image
from tests.quick_vault import QuickVault, make_quick_vault
from tests.recovery.cards import scattered
from tests.reference_writer import BLOCK, END, SESSION, audio_record, record

CLUSTER_BYTES = 32 * 1024
MEGABYTE = 1024 * 1024


def make_image(path: Path, made: QuickVault, size_bytes: int, recorded: float, containers: int) -> None:
    """Random bytes; `recorded` of them are containers, of which the last is in pieces."""
    generator = np.random.default_rng(5)
    with path.open("wb") as file:
        for _ in range(size_bytes // MEGABYTE):
            file.write(generator.bytes(MEGABYTE))
    each = int(size_bytes * recorded / containers)
    with path.open("r+b") as file:
        for number in range(1, containers + 1):
            made.next_key()
            data = made.writer.container(number, records=records_of(made, generator, each // BLOCK))
            first = (number - 1) * size_bytes // containers // CLUSTER_BYTES * CLUSTER_BYTES
            pieces = scattered(data, CLUSTER_BYTES, seed=number) if number == containers else [data]
            file.seek(first)
            file.writelines(pieces)


def records_of(made: QuickVault, generator: np.random.Generator, segments: int) -> list[bytes]:
    """A recording as a recorder writes it: 2000 samples in each segment."""
    sound = [audio_record(2000 * index, generator.bytes(4000)) for index in range(segments - 2)]
    end = {"samples": 2000 * len(sound), "lost": 0, "reason": "stop"}
    return [record(SESSION, made.writer.session()), *sound, record(END, end)]


def hash_once(path: Path) -> None:
    """Read the image and hash it."""
    with path.open("rb", buffering=0) as file:
        digest = hashlib.sha256()
        while piece := file.read(4 * MEGABYTE):
            digest.update(piece)


def search_once(path: Path, made: QuickVault) -> None:
    """Search the image, without judging what is found; prints nothing."""
    with made.open() as vault, open_image(str(path)) as image:
        search = Search(image, vault.knowledge())
        search.run(lambda label, size: nullcontext(lambda count: None))
        found = sum(one.segments.count for one in search.found)
    sys.stderr.write(f"{found} segments found in {search.readings} readings\n")


def command_once(path: Path, made: QuickVault) -> None:
    """The whole command with --dry-run."""
    options = ["--vault", str(made.folder), "--passphrase-file", str(made.passphrase_file)]
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        status = cli.main([*options, "card", "recover", "--dry-run", "--json", str(path)])
    if status not in (0, 3):
        raise SystemExit("the command failed")


def measured(task: Callable[..., None], *arguments: object) -> dict[str, float]:
    """Do it in a process of its own: seconds by the clock and of the processor, and MB of memory at most."""
    began = time.perf_counter()
    process = os.fork()
    if process == 0:
        task(*arguments)
        os._exit(0)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit("the measurement failed")
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
        "most_memory_mb": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--recorded", type=float, default=0.3, help="how much of it is recordings, 0 to 1")
    parser.add_argument("--containers", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = make_quick_vault(folder)
        image = folder / "card.img"
        size_bytes = arguments.megabytes * MEGABYTE
        measured(make_image, image, made, size_bytes, arguments.recorded, arguments.containers)
        hashing = min((measured(hash_once, image) for _ in range(2)), key=lambda one: one["seconds"])
        searching = measured(search_once, image, made)
        command = measured(command_once, image, made)
    print(json.dumps({"hash": hashing, "search": searching, "command": command}, indent=2))
    for name, one in (("search", searching), ("command", command)):
        for unit in ("seconds", "processor_seconds"):
            print(f"{name}: {hashing[unit] / one[unit]:.2f} of the speed of hashing, by {unit}")


if __name__ == "__main__":
    main()
