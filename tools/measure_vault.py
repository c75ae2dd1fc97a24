"""How long a vault with ten thousand recordings takes to be listed, and to destroy a hundred of them.

    .venv/bin/python tools/measure_vault.py [--recordings 10000] [--expire 100] [--megabytes 2]

Each command runs as a user starts it, in a process of its own, and the whole of it is timed; only Argon2id is
made cheap, as its half second would hide the rest. The recordings have entries, keys and states; those to be
destroyed have files of random bytes, too, overwritten and read back like any other. Not for Windows.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from host_tools.vault import Argon2Cost, Recording, Vault, create_vault, open_vault
from host_tools.vault.keys import key_id
from host_tools.vault.state import State

CHEAP = Argon2Cost(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "measure"  # noqa: S105 - of a vault that is made for this
RECORDER_ID = b"measured"
MEGABYTE = 1_000_000
ENTRY = Recording(
    id=0, recorder=RECORDER_ID.hex(), number=1, seal="", key="", file="", finding="complete",
    message="50:12 recorded, nothing lost", rate_hz=16_000, channels=1, started="2026-01-02T10:00:00Z",
    part=0, previous={"number": 1, "seal": "ab" * 16, "samples": 48_192_000}, start=0, samples=48_192_000,
    lost=0, segments=24_097, imported="2026-01-02T12:00:00+00:00", ended="stop",
)  # fmt: skip


def main() -> None:
    """Makes the vault in a temporary folder, measures, and prints a line for each command."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--recordings", type=int, default=10_000)
    options.add_argument("--expire", type=int, default=100)
    options.add_argument("--megabytes", type=int, default=2, help="size of each file that is destroyed")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="cloister-measure-") as folder:
        fill(Path(folder), chosen.recordings, chosen.expire, chosen.megabytes)
        size = (Path(folder) / "vault" / "vault.sqlite").stat().st_size / MEGABYTE
        print(f"{chosen.recordings} recordings, a database of {size:.1f} MB")
        measure(Path(folder), "--version")
        measure(Path(folder), "list")
        measure(Path(folder), "due", expected=(0, 3))
        ids = [str(number) for number in range(1, chosen.expire + 1)]
        measure(Path(folder), "expire", *ids, "--early", "measured", "--yes")
        measure(Path(folder), "audit", "--verify")


def fill(folder: Path, count: int, with_files: int, megabytes: int) -> None:
    """A vault of so many recordings; every second one has been decided about."""
    create_vault(folder / "vault", PASSPHRASE, CHEAP)
    (folder / "passphrase").write_text(PASSPHRASE)
    with open_vault(folder / "vault", PASSPHRASE) as vault:
        vault.add_recorder(RECORDER_ID, os.urandom(32))
        publics = vault.one_time_keys(RECORDER_ID, 1, 0, count)
        with vault.importing():
            for number, public in enumerate(publics, start=1):
                enter(vault, number, public)
        for recording in vault.recordings()[:with_files]:
            path = folder / "vault" / "recordings" / recording.file
            path.write_bytes(os.urandom(megabytes * MEGABYTE))


def enter(vault: Vault, number: int, public: bytes) -> None:
    """One recording, without a file."""
    seal, name = os.urandom(32).hex(), os.urandom(16).hex()
    vault.add_recording(replace(ENTRY, number=number, seal=seal, key=key_id(public).hex(), file=name))
    if number % 2:
        vault.set_state(number, State(days=3650, consents=[number]))


def measure(folder: Path, *words: str, expected: tuple[int, ...] = (0,)) -> None:
    """Run one command, and print how long all of it took: by the clock, and of the processor."""
    given = ["--vault", str(folder / "vault"), "--passphrase-file", str(folder / "passphrase")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    since = time.perf_counter()
    done = subprocess.run(
        [Path(sys.executable).with_name("cloister"), *given, *words], capture_output=True, text=True
    )
    seconds = time.perf_counter() - since
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode not in expected:
        sys.exit(
            f"cloister {words[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    shown = f"{words[0]} of {len(words) - 4}" if words[0] == "expire" else " ".join(words)
    print(f"cloister {shown:<16} {seconds:7.2f} s, {busy:.2f} s of the processor")


if __name__ == "__main__":
    main()
