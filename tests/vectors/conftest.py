"""Runs lists of vectors on CPython and each MicroPython; reads the files of `cryptography_vectors`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cryptography_vectors
import pytest

from host_tools.simulator.interpreter import CHECKOUT_DIR, FIRMWARE_DIR

RUNNER = Path(__file__).with_name("run_vectors.py")
SHIMS_DIR = CHECKOUT_DIR / "tests" / "shims"
TIMEOUT_S = 240

Case = dict[str, str | int]


def _said_by_cpython(cases_file: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(RUNNER), str(cases_file)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SHIMS_DIR), str(FIRMWARE_DIR)])},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    return done.stdout + done.stderr


@pytest.fixture
def check_vectors(micropython, tmp_path) -> Callable[[Iterable[Case]], None]:
    """A function that runs cases (see run_vectors.py) on CPython and on the MicroPython in turn."""

    def check(cases: Iterable[Case]) -> None:
        lines = [json.dumps(case) for case in cases]
        assert lines, "no vectors were found: that proves nothing"
        cases_file = tmp_path / "cases.jsonl"
        cases_file.write_text("".join(line + "\n" for line in lines))
        expected = f"{len(lines)} vectors, 0 failed\n"
        assert _said_by_cpython(cases_file) == expected
        done = micropython.run(RUNNER, cases_file, timeout_s=TIMEOUT_S)
        assert done.stdout + done.stderr == expected

    return check


@pytest.fixture(scope="session")
def read_vectors() -> Callable[..., Iterator[dict[str, str]]]:
    """A function that yields the vectors of a text file of `cryptography_vectors` as name → value.

    A vector starts at each line that sets `first`. Lines in brackets (the section's parameters) become
    part of every vector after them.
    """

    def read(name: str, first: str) -> Iterator[dict[str, str]]:
        section: dict[str, str] = {}
        vector: dict[str, str] = {}
        with cryptography_vectors.open_vector_file(name, "r") as file:
            for line in file:
                inside = line.strip()
                if inside.startswith("#") or not inside:
                    continue
                key, _, value = (part.strip() for part in inside.strip("[]").partition("="))
                if inside.startswith("["):
                    if vector:
                        yield section | vector
                        vector = {}
                    section[key] = value
                    continue
                if key == first and vector:
                    yield section | vector
                    vector = {}
                vector[key] = value
        if vector:
            yield section | vector

    return read
