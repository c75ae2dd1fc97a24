"""docs/retention.md is what the commands really say: it is made again and compared."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from host_tools.simulator.interpreter import CHECKOUT_DIR

TOOL = CHECKOUT_DIR / "tools" / "walk_retention.py"
PAGE = CHECKOUT_DIR / "docs" / "retention.md"


def neutral(text: str) -> list[str]:
    spec = importlib.util.spec_from_file_location("walk_retention", TOOL)
    walk = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(walk)
    return walk.neutral(text).splitlines()


def test_the_page_says_what_the_commands_print(tmp_path: Path) -> None:
    made = tmp_path / "retention.md"
    done = subprocess.run(
        [sys.executable, TOOL, "--output", made], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert neutral(made.read_text()) == neutral(PAGE.read_text()), "make it anew with tools/walk_retention.py"


def test_only_what_differs_from_run_to_run_is_made_alike() -> None:
    assert neutral("on 2026-01-02, at 2026-01-02T10:00:00Z by ab12cd34ef") == ["on DATE, at DATE by HEX"]
    assert neutral("Recording 1 is destroyed") != neutral("Recording 2 is destroyed")
