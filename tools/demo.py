"""`make demo`: a recording all the way through, with nothing but the commands that a user has.

A vault is made; a simulated recorder, which runs the real firmware on the real MicroPython interpreter, is
provisioned over a serial port (a pty); somebody reads aloud in front of it; its card is imported, verified
and exported; and somebody with another vault tries to read the same card. All of it lands in build/demo.
"""

import json
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table

CHECKOUT_DIR = Path(__file__).resolve().parents[1]
DEMO_DIR = CHECKOUT_DIR / "build" / "demo"
SPEECH = CHECKOUT_DIR / "tests" / "data" / "reading-16k.flac"
SCENARIO = CHECKOUT_DIR / "tools" / "demo.scenario"
CLOISTER = Path(sys.executable).with_name("cloister")

CARD = DEMO_DIR / "card.img"
FLASH = DEMO_DIR / "flash.img"
SOUND = DEMO_DIR / "recording.flac"
PICTURE = DEMO_DIR / "recording.png"

LONGEST_S = 60  # of the recorder's time: by then it has recorded, or something is wrong

console = Console(highlight=False)


def fail(reason: str) -> NoReturn:
    """End the demo with one line."""
    print(f"demo: {reason}", file=sys.stderr)
    sys.exit(1)


def cloister(vault: str, *arguments: str | Path, expected: int = 0) -> str:
    """Run one `cloister` command on the vault of that name; return its standard output.

    The command and what it says are shown, unless it is asked for JSON.
    """
    shown = "--json" not in arguments
    if shown:
        console.print(f"[bold]$ cloister {' '.join(map(_relative, arguments))}[/]")
    command: list[str | Path] = [
        CLOISTER,
        "--vault",
        DEMO_DIR / vault,
        "--passphrase-file",
        DEMO_DIR / f"{vault}.passphrase",
    ]
    done = subprocess.run(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=None if shown else subprocess.PIPE, text=True
    )
    if shown:
        console.print(done.stdout, markup=False, soft_wrap=True, end="\n" if done.stdout else "")
    if done.returncode != expected:
        fail(f"cloister ended with {done.returncode} instead of {expected}")
    return done.stdout


def _relative(argument: str | Path) -> str:
    return str(argument.relative_to(CHECKOUT_DIR)) if isinstance(argument, Path) else argument


def make_vault(name: str) -> None:
    """A vault under a passphrase of its own."""
    (DEMO_DIR / f"{name}.passphrase").write_text(secrets.token_urlsafe(16) + "\n")
    cloister(name, "init")


@contextmanager
def recorder() -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """A simulated recorder in real time: the path of its serial port, and what happens to it."""
    command: list[str | Path] = [
        CLOISTER,
        "simulate",
        "--flash",
        FLASH,
        "--card",
        CARD,
        "--mic",
        SPEECH,
        "--scenario",
        SCENARIO,
    ]
    running = subprocess.Popen([*command, "--console", "pty", "--json"], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        port = running.stdout.readline().strip()
        if not port:
            fail("the simulated recorder did not start")
        yield port, map(json.loads, running.stdout)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(10)


def watch(happenings: Iterator[dict[str, Any]]) -> None:
    """Tell what happens at the recorder until it has recorded and is ready for the next session."""
    recorded = False
    for happening in happenings:
        for kind in ("state", "event", "fault"):
            if kind in happening:
                word = happening["event"]["event"] if kind == "event" else happening[kind]
                console.print(f"  {happening['time']:6.1f} s  {kind}  {word}")
        if "fault" in happening:
            fail("the recorder shows a fault")
        if happening["time"] > LONGEST_S:
            break
        recorded = recorded or happening.get("state") == "recording"
        if recorded and happening.get("state") == "ready":
            return
    fail("the recorder recorded nothing")


def record() -> None:
    """Provision the recorder and let it record what is read aloud."""
    with recorder() as (port, happenings):
        make_recorder_ours = (
            "provision",
            "--port",
            port,
            "--gain-db",
            "0",
            "--container-minutes",
            "10",
            "--keys",
            "12",
        )
        cloister("vault", *make_recorder_ours)
        console.print("At the recorder, in real time:")
        watch(happenings)
        console.print()
        cloister("vault", "status", "--port", port)


def show(finding: dict[str, Any]) -> None:
    """The table at the end."""
    table = Table(title="What was recorded", title_justify="left", show_header=False)
    table.add_row("speech", f"{_relative(SPEECH)}, through I2S, filter and gain of the firmware")
    table.add_row("finding", finding["finding"])
    table.add_row("says", finding["message"])
    table.add_row("seconds", f"{finding['seconds']:.2f}")
    table.add_row("samples", f"{finding['samples']}, lost {finding['lost']}")
    table.add_row("on the card, sealed", f"{_relative(CARD)}: {Path(finding['file']).name}")
    table.add_row("exported, in clear", _relative(SOUND))
    table.add_row("picture", _relative(PICTURE))
    console.print(table)


def main() -> None:
    """Runs the demo; ends with status 1 if anything is not as it should be."""
    shutil.rmtree(DEMO_DIR, ignore_errors=True)
    DEMO_DIR.mkdir(parents=True)
    make_vault("vault")
    record()
    cloister("vault", "import", CARD)
    cloister("vault", "verify", CARD)
    findings = json.loads(cloister("vault", "verify", CARD, "--json"))["containers"]
    recorded = [finding for finding in findings if finding["finding"] == "complete" and not finding["lost"]]
    if len(recorded) != 1:
        fail(f"one complete recording was expected, not {findings}")
    cloister("vault", "export", "1", "-o", SOUND)
    cloister("vault", "waveform", "1", "-o", PICTURE)
    console.print("The same card, in the hands of somebody with another vault:")
    make_vault("another-vault")
    cloister("another-vault", "verify", CARD, expected=3)
    strangers = json.loads(cloister("another-vault", "verify", CARD, "--json", expected=3))["containers"]
    if {finding["finding"] for finding in strangers} != {"unreadable"}:
        fail("another vault could read something")
    show(recorded[0])


if __name__ == "__main__":
    main()
