"""`make faults`: tries every kind of fault many times and writes docs/faults.md from what was seen.

Exit status 1 if a finished second was lost, a change went unnoticed, a sample was wrong, one of the
recorder's own files was torn or a card could not be used any more.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from tests.faults.campaign import campaign
from tests.faults.row import Row

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- the table of make faults -->", "<!-- end of the table -->"


def main() -> int:
    """Run it, print the table, put it into the document if nothing was left out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=int, default=1, help="try one in so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    arguments = parser.parse_args()
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)

    rows = campaign(arguments.share, arguments.jobs, say)
    table = "\n".join(_lines(rows))
    print(table)
    failed = [failure for row in rows for failure in row.failed]
    for failure in failed:
        print(failure, file=sys.stderr)
    if arguments.share > 1:
        table = f"One in {arguments.share} of what `make faults` tries:\n\n{table}"
    _write(table)
    return 1 if failed else 0


def _lines(rows: list[Row]) -> list[str]:
    lines = ["| fault | tried | survived | worst loss |", "| --- | ---: | ---: | --- |"]
    lines += [f"| {row.fault} | {row.tried} | {row.survived} | {row.worst} |" for row in rows]
    return [*lines, f"| in all | {sum(r.tried for r in rows)} | {sum(r.survived for r in rows)} | |"]


def _write(table: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
