"""`make bench`: measures what the firmware costs, prints it and writes it to docs/benchmarks.md."""

import sys

import bench.heap
import bench.seal
import bench.sizes
import bench.viper
from bench.row import grouped, table

from host_tools.simulator.interpreter import CHECKOUT_DIR

OUTPUT = CHECKOUT_DIR / "docs" / "benchmarks.md"
HEAD = """# What the firmware costs

Written by `make bench` and not by hand. The figures are the same on every run of the same sources.
"""
GROUPS = {
    "Sealing on the 32-bit interpreter": bench.seal,
    "Heap": bench.heap,
    "Sizes on the board": bench.sizes,
    "Viper functions on the board": bench.viper,
}


def main() -> int:
    """Exit status 0, or 1 with the interpreter's own words."""
    parts = [HEAD]
    for title, group in GROUPS.items():
        rows = []
        try:
            for row in group.rows():
                print(f"{grouped(row.figure):>12} {row.unit:20} {row.name}", flush=True)
                rows.append(row)
        except bench.seal.MeasuringFailed as failed:
            print(f"bench: {failed}", file=sys.stderr)
            return 1
        parts.append(f"## {title}\n\n{' '.join((group.__doc__ or '').split())}\n\n{table(rows)}")
    OUTPUT.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
