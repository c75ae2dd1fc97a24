"""Runs one target over many inputs in a process of its own: python -m tests.fuzz.bounded TARGET [EXAMPLES].

With a file in place of EXAMPLES, that one input again. The inputs are hypothesis's, the same every time. Each
has CPU_S seconds, and the process MOST_MORE_BYTES: whoever does not come back is ended by the system, and the
input that did it is in the file that the first line of the output names.
"""

import resource
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Fuzz, Target, run_bounded

CPU_S = 30
MOST_MORE_BYTES = 1 << 30
STATM = Path("/proc/self/statm")


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Short and long ones; hypothesis alone would make mostly short ones."""
    longest = target.most_input_bytes
    fixed = [st.binary(min_size=size, max_size=size) for size in (longest // 8, longest // 2, longest)]
    return st.one_of(st.binary(max_size=longest // 4), *fixed)


def watched(fuzz: Fuzz, note: Path, data: bytes) -> None:
    """Try one input that the note will name if nobody else can."""
    note.write_bytes(data)
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit_s = int(used.ru_utime + used.ru_stime) + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, resource.RLIM_INFINITY))
    run_bounded(fuzz, data)


def limit_memory() -> None:
    """Let the process grow by so much and no more, where the system can say how large it is."""
    if STATM.exists():
        most = int(STATM.read_text().split()[0]) * resource.getpagesize() + MOST_MORE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def main() -> int:
    target = TARGETS[sys.argv[1]]
    fuzz = target.load()
    what = sys.argv[2] if len(sys.argv) > 2 else str(target.examples)
    note = Path(tempfile.mkdtemp(prefix=f"cloister-fuzz-{target.name}-")) / "input"
    print(f"{target.name}: the input under way is in {note}", flush=True)
    limit_memory()
    if not what.isdecimal():
        watched(fuzz, note, Path(what).read_bytes())
        shutil.rmtree(note.parent)
        return 0

    @settings(
        max_examples=int(what),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target))
    def every_input(data: bytes) -> None:
        watched(fuzz, note, data)

    every_input()
    shutil.rmtree(note.parent)
    print(f"{target.name}: {what} inputs, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
