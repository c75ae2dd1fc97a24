"""Looks for inputs that break a parser: each target of tests/fuzz for its share of the time, under atheris.

What was tried stays in build/fuzz/corpus, so that the next run goes on from there. A finding (an exception
that is not foreseen, more memory or time than an input may take) is kept in build/fuzz/findings, with the
command that tries it again. Exit status 1 if there is one.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT_DIR = Path(__file__).resolve().parents[1]
FUZZ_DIR = CHECKOUT_DIR / "build" / "fuzz"
PACKAGES_DIR = FUZZ_DIR / "packages"
SCRATCH_DIR = FUZZ_DIR / "scratch"
sys.path.insert(0, str(CHECKOUT_DIR))

from tests.fuzz.targets import TARGETS, Target  # noqa: E402 - found through the line before

INPUT_TIMEOUT_S = 25
MOST_MEMORY_MB = (
    1500  # of the whole process, the fuzzer's own included; one input's share is held by the target
)
SEEDS = 40
STATISTIC = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
COVERAGE = re.compile(r"\bcov: (\d+)")
RUNS = re.compile(r"^#(\d+)\s", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What came of one target: inputs tried, branches seen, inputs that broke it, what the fuzzer said."""

    target: str
    runs: int
    coverage: int
    findings: list[Path]
    log: Path
    failed: bool


def main() -> int:
    """Run the targets one after the other and print the table."""
    arguments = _arguments()
    if not (PACKAGES_DIR / "atheris").is_dir():
        print(f"fuzz: atheris is not in {PACKAGES_DIR}: run make fuzz", file=sys.stderr)
        return 1
    chosen = [TARGETS[arguments.target]] if arguments.target else list(TARGETS.values())
    seconds = max(1, round(60 * arguments.minutes / len(chosen)))
    outcomes = []
    for target in chosen:
        print(f"fuzz: {target.name} for {seconds} s", file=sys.stderr)
        outcomes.append(run(target, seconds))
    print_table(outcomes)
    return 1 if any(outcome.findings or outcome.failed for outcome in outcomes) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="look for inputs that break a parser")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all targets together")
    parser.add_argument("target", nargs="?", choices=sorted(TARGETS), help="only this one")
    return parser.parse_args()


def run(target: Target, seconds: int) -> Outcome:
    """Fuzz one target for so long, or until something is found."""
    corpus, findings = FUZZ_DIR / "corpus" / target.name, FUZZ_DIR / "findings" / target.name
    log = FUZZ_DIR / f"{target.name}.log"
    for folder in (corpus, findings, SCRATCH_DIR):
        folder.mkdir(parents=True, exist_ok=True)
    _sow(target, corpus)
    before = set(findings.iterdir())
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={INPUT_TIMEOUT_S}",
        f"-rss_limit_mb={MOST_MEMORY_MB}",
        f"-max_len={2 * target.most_input_bytes}",
        f"-artifact_prefix={findings}{os.sep}",
        "-print_final_stats=1",
    ]
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "tests/fuzz/guided.py", target.name, str(corpus), *options],
            cwd=CHECKOUT_DIR,
            env=os.environ | {"PYTHONPATH": str(PACKAGES_DIR), "TMPDIR": str(SCRATCH_DIR)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    shutil.rmtree(SCRATCH_DIR)  # the fuzzer ends without a word to Python
    text = log.read_text(encoding="utf-8", errors="replace")
    found = sorted(set(findings.iterdir()) - before)
    return Outcome(target.name, _runs(text), _coverage(text), found, log, done.returncode != 0)


def _sow(target: Target, corpus: Path) -> None:
    """Give an empty corpus something to begin with, the same every time."""
    if any(corpus.iterdir()):
        return
    rng = random.Random(target.name)  # noqa: S311 - not for secrets
    for number in range(SEEDS):
        (corpus / f"seed-{number}").write_bytes(rng.randbytes(rng.randrange(4, target.most_input_bytes)))


def _runs(text: str) -> int:
    """How many inputs were tried: the last count there is."""
    counts = STATISTIC.findall(text) or RUNS.findall(text)
    return int(counts[-1]) if counts else 0


def _coverage(text: str) -> int:
    """How many branches were seen by the end."""
    seen = COVERAGE.findall(text)
    return int(seen[-1]) if seen else 0


def print_table(outcomes: list[Outcome]) -> None:
    """What was done and found, and how a finding is tried again."""
    print(f"{'target':<16}{'runs':>10}{'coverage':>10}{'findings':>10}")
    for outcome in outcomes:
        print(f"{outcome.target:<16}{outcome.runs:>10}{outcome.coverage:>10}{len(outcome.findings):>10}")
    for outcome in outcomes:
        for path in outcome.findings:
            shown = path.relative_to(CHECKOUT_DIR)
            print(f"try it again: .venv/bin/python -m tests.fuzz.bounded {outcome.target} {shown}")
        if outcome.failed:
            print(f"what was said: {outcome.log.relative_to(CHECKOUT_DIR)}")


if __name__ == "__main__":
    sys.exit(main())
