"""Traces of how long a card was busy: a text file of the user's, and the form that the stand-in reads.

`MILLISECONDS [TIMES] # comment` a line, to the microsecond: so many writes in a row were busy for so long.
The stand-in applies one after the other to the writes of a run, and begins anew at the end.
"""

import re
import struct
from pathlib import Path

from host_tools.errors import CloisterError

LARGEST_TRACE_BYTES = 1024 * 1024
MOST_WRITES = 1_000_000
LONGEST_US = 60_000_000
_LINE = re.compile(r"(\d{1,5})(?:\.(\d{1,3}))?(?:\s+(\d{1,7}))?", re.ASCII)


def read_trace(path: Path) -> list[tuple[int, int]]:
    """Pairs of microseconds and how many writes. Raises CloisterError if the file is something else."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_TRACE_BYTES + 1)
        lines = content.decode().splitlines()
    except OSError as error:
        raise CloisterError(f"busy times {path} cannot be read: {(error.strerror or '').lower()}") from None
    except ValueError:
        raise CloisterError(f"busy times {path} are not UTF-8 text") from None
    if len(content) > LARGEST_TRACE_BYTES:
        raise CloisterError(f"busy times {path} are larger than {LARGEST_TRACE_BYTES} bytes")
    trace: list[tuple[int, int]] = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if text:
            trace.append(_entry(text, f"busy times {path}, line {number}"))
    writes = sum(times for _, times in trace)
    if not 1 <= writes <= MOST_WRITES:
        raise CloisterError(f"busy times {path} are for {writes} writes, not for 1 to {MOST_WRITES}")
    return trace


def _entry(text: str, where: str) -> tuple[int, int]:
    found = _LINE.fullmatch(text)
    if found is None:
        raise CloisterError(f"{where}: not a time in milliseconds, and perhaps for how many writes")
    whole, thousandths, times = found.groups()
    busy_us = int(whole) * 1000 + int((thousandths or "0").ljust(3, "0"))
    if busy_us > LONGEST_US:
        raise CloisterError(f"{where}: longer than {LONGEST_US // 1000} milliseconds")
    return busy_us, int(times or 1)


def write_traces(paths: list[Path], folder: Path) -> list[str]:
    """Each as the stand-in reads it, in a file in `folder`; returns their paths. Raises CloisterError."""
    made = []
    for number, path in enumerate(paths):
        to = folder / f"busy{number}"
        to.write_bytes(b"".join(struct.pack("<I", busy_us) * times for busy_us, times in read_trace(path)))
        made.append(str(to))
    return made
