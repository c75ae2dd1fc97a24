"""Runs one target under atheris, guided by coverage: guided.py TARGET, then what libFuzzer takes.

Started by tools/fuzz.py, with atheris found through PYTHONPATH. Only the parsers are watched for coverage:
the laptop's tools, and the recorder's files.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import atheris

from tests.fuzz.targets import TARGETS, run_bounded

WATCHED = ["host_tools", "recorder"]


def main() -> None:
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=WATCHED):
        fuzz = TARGETS[name].load()
    atheris.Setup([sys.argv[0], *options], lambda data: run_bounded(fuzz, data))
    atheris.Fuzz()


main()
