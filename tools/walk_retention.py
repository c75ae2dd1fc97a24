"""Writes docs/retention.md by running it: the whole life of a recording, with the commands' real output.

    .venv/bin/python tools/walk_retention.py [--output FILE]

tools/retention.template.md is the page without the output. Each line `$ …` in it is run in a folder with two
sessions on card images, recorded by the real firmware in the simulator; a line `> …` is typed by somebody at
a terminal; `# exit status N` is what the command must end with. Ids, keys and times differ from run to run:
`neutral` makes them alike, for comparing. Not for Windows.
"""

import argparse
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CHECKOUT_DIR = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).with_name("retention.template.md")
PAGE = CHECKOUT_DIR / "docs" / "retention.md"
SPEECH = CHECKOUT_DIR / "tests" / "data" / "reading-16k.flac"
CLOISTER = Path(sys.executable).with_name("cloister")

SESSIONS = "3 press both 0.2\n24 press p1 2.6\n40 press both 0.2\n70 press p2 2.6\n"
LONGEST_S = 120
STATUS = re.compile(r"\s+# exit status (\d+)$")
PROMPT = re.compile(r"(\[y/N\]:|destroyed:) +")
NEUTRAL = [
    (re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?([+-]00:00|Z)?"), "DATE"),
    (re.compile(r"\b[0-9a-f]{8,128}\b"), "HEX"),
    (re.compile(r"\b(in \d+ days|today)\b"), "SOON"),
    (re.compile(r"(this computer's disk: the vault's own copies of recording \d+), .*"), r"\1"),
    (re.compile(r" +"), " "),
]


def main() -> None:
    """Runs the walk, and writes the page."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--output", type=Path, default=PAGE)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="cloister-walk-") as folder:
        prepare(Path(folder))
        page = walk(Path(folder), TEMPLATE.read_text(encoding="utf-8"))
    chosen.output.write_text(page, encoding="utf-8")


def neutral(page: str) -> str:
    """The page with everything that differs from run to run made alike."""
    for form, word in NEUTRAL:
        page = form.sub(word, page)
    return page


def prepare(folder: Path) -> None:
    """A vault, a recorder that is provisioned, two sessions recorded, and two copies of the card."""
    for name in ("passphrase", "backup.passphrase"):
        (folder / name).write_text(f"walking through the {name}\n")
    run(folder, ["cloister", "init"])
    provision(folder)
    (folder / "sessions").write_text(SESSIONS)
    recorder = [*simulator(), "--mic", str(SPEECH), "--scenario", "sessions", "--for", str(LONGEST_S)]
    subprocess.run(recorder, cwd=folder, check=True, capture_output=True)
    for name in ("second-card.img", "forgotten-card.img"):
        shutil.copyfile(folder / "card.img", folder / name)


def simulator() -> list[str]:
    """The simulated recorder's command; its clock goes on between two runs."""
    images = ["--flash", "flash.img", "--card", "card.img", "--clock-chip", "clock"]
    return [str(CLOISTER), "simulate", *images, "--seed", "1", "--json"]


def provision(folder: Path) -> None:
    """Provision the recorder over a serial line, in real time."""
    from host_tools.card import format_fat32

    format_fat32(folder / "card.img", 256 * 1024 * 1024)
    running = subprocess.Popen(
        [*simulator(), "--console", "pty"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    try:
        port = running.stdout.readline().strip()
        settings = ["--gain-db", "0", "--container-minutes", "10", "--keys", "10"]
        run(folder, ["cloister", "provision", "--port", port, *settings])
        for line in running.stdout:
            if json.loads(line).get("state") == "ready":
                break
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(10)


def walk(folder: Path, template: str) -> str:
    """The page: every command run in turn, its output below it."""
    lines = iter(template.splitlines())
    return "\n".join(line for part in lines for line in walk_line(folder, part, lines)) + "\n"


def walk_line(folder: Path, line: str, following: Iterator[str]) -> Iterator[str]:
    """One line of the template, and what it prints if it is the beginning of commands."""
    yield line
    if line != "```console":
        return
    block = list(iter(lambda: next(following), "```"))
    for at, command in enumerate(block):
        if command.startswith("$ "):
            typed = block[at + 1][2:] if block[at + 1 : at + 2] and block[at + 1].startswith("> ") else None
            yield command
            yield from run_shown(folder, command[2:], typed)
    yield "```"


def run_shown(folder: Path, command: str, typed: str | None) -> list[str]:
    """Run a line of the page, and give what it printed."""
    expected = STATUS.search(command)
    words = shlex.split(STATUS.sub("", command))
    to = words[-1] if ">" in words else None
    if to is not None:
        words = words[: words.index(">")]
    printed = run(folder, words, int(expected[1]) if expected else 0, typed)
    if to is not None:
        (folder / to).write_text(printed)
        return []
    if typed is not None:
        printed = PROMPT.sub(lambda prompt: f"{prompt[1]} {typed}\n", printed)
    return printed.replace(f"{folder}/", "").rstrip("\n").split("\n") if printed else []


def run(folder: Path, words: list[str], expected: int = 0, typed: str | None = None) -> str:
    """Run a command in the folder; its output, both streams in order. Ends the walk if it goes otherwise."""
    program = str(CLOISTER) if words[0] == "cloister" else words[0]
    environment = os.environ | {"CLOISTER_VAULT": "vault", "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    options = ["--passphrase-file", "passphrase"] if words[0] == "cloister" else []
    ours, theirs = pty.openpty()
    try:
        if typed is not None:
            os.write(ours, typed.encode() + b"\n")
        done = subprocess.run(
            [program, *options, *words[1:]],
            cwd=folder,
            env=environment,
            stdin=theirs if typed is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    if done.returncode != expected:
        sys.exit(f"walk: {shlex.join(words)} ended with {done.returncode}, not {expected}:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main()
