"""`cloister simulate`: the recorder's own firmware on this computer (docs/protocol.md has the contract).

With `--json` each line on stdout is an object with `time` (seconds of virtual time, three decimals) and one
of: `light` (`{"red": bool, "green": bool}`, as seen), `state` (its name), `event` (an object), `reset`
(why), and at the end `end` (why). Without it the same is said in words. With `--console pty` the path of
the pty is the first line in either form.
"""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from host_tools.simulator.run import Report

PATIENCE_S = 1.0
SHOWN = ("light", "state", "event", "fault", "reset", "end")


def _to_ms(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Option callback: seconds as whole milliseconds, more than none."""
    from host_tools.simulator.scenario import milliseconds

    if text is None:
        return None
    try:
        time_ms = milliseconds(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if time_ms == 0:
        raise click.BadParameter("it must be longer than 0 seconds")
    return time_ms


@click.command(short_help="Run the recorder's own firmware on this computer, without a recorder.")
@click.option(
    "--flash",
    required=True,
    type=click.Path(path_type=Path),
    metavar="IMAGE",
    help="The recorder's internal flash, kept between runs; made if missing.",
)
@click.option(
    "--card",
    required=True,
    type=click.Path(path_type=Path),
    metavar="IMAGE",
    help="The card; made if missing: FAT32, 4 GiB, sparse.",
)
@click.option(
    "--mic",
    type=click.Path(path_type=Path),
    metavar="AUDIO",
    help="What the microphone hears: any audio file.",
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What happens: one event a line, as '0.5 press both 0.2'.",
)
@click.option(
    "--console",
    type=click.Choice(["pty"]),
    help="Attach the serial console to a pty; time is real then, whatever --speed says.",
)
@click.option(
    "--speed", type=click.Choice(["max", "real"]), help="As fast as can be (the default), or real time."
)
@click.option("--for", "for_ms", callback=_to_ms, metavar="SECONDS", help="End after so much virtual time.")
@click.option("--seed", type=int, metavar="N", help="Make the random numbers repeatable. For tests only.")
@click.option("--board", metavar="NAME", help="The board to simulate; esp32_wroom by default.")
@click.option(
    "--clock-chip",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A DS3231 with a cell, kept between runs; made if missing. Without it there is none.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def simulate(
    flash: Path,
    card: Path,
    mic: Path | None,
    scenario: Path | None,
    console: str | None,
    speed: str | None,
    for_ms: int | None,
    seed: int | None,
    board: str | None,
    clock_chip: Path | None,
    as_json: bool,
) -> None:
    """Run the recorder's own firmware on this computer, on an image of its flash and one of its card."""
    if not (scenario or console or for_ms):
        raise click.UsageError(
            "nothing would happen, and nothing end it: give --scenario, --console or --for"
        )
    from host_tools.simulator import run
    from host_tools.simulator.scenario import Scenario, read_scenario
    from host_tools.simulator.world import DEFAULT_BOARD

    script = read_scenario(scenario) if scenario else Scenario()
    end_ms = run.planned_end_ms(script, for_ms, console is not None)
    with _stopped_by_signals(), _progress(None if as_json or console else end_ms) as advance:

        def show(report: "Report") -> None:
            advance(report.time_ms)
            if report.kind in SHOWN:
                click.echo(_as_json(report) if as_json else _in_words(report))

        run.simulate(
            flash,
            card,
            mic,
            script,
            console is not None,
            speed or "max",
            for_ms,
            seed,
            show,
            click.echo,
            board or DEFAULT_BOARD,
            clock_chip=clock_chip,
        )


def _as_json(report: "Report") -> str:
    return json.dumps({"time": report.time_ms / 1000, report.kind: report.value}, ensure_ascii=False)


def _in_words(report: "Report") -> str:
    return f"{report.time_ms / 1000:10.3f}  {report.kind:5}  {_value_in_words(report.kind, report.value)}"


def _value_in_words(kind: str, value: Any) -> str:
    if kind == "light":
        return " and ".join(colour for colour in ("red", "green") if value[colour]) or "dark"
    if kind == "event":
        details = " ".join(f"{name}={detail}" for name, detail in value.items() if name != "event")
        return f"{value.get('event', '')} {details}".strip()
    if (kind, value) == ("end", "repl"):
        return "repl: main.py has returned, and on a board the REPL would be open now"
    return str(value)


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does, and Ctrl-C does where a shell has it ignored in the background."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _progress(end_ms: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr over the virtual time, after a second; none where the lines themselves are seen."""
    if end_ms is None or sys.stdout.isatty() or not sys.stderr.isatty():
        yield lambda time_ms: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("simulating"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=end_ms)
    started_s = time.monotonic()

    def show(time_ms: int) -> None:
        bar.update(task, completed=time_ms)
        if not bar.live.is_started and time.monotonic() - started_s > PATIENCE_S:
            bar.start()

    try:
        yield show
    finally:
        bar.stop()
