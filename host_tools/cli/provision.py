"""`cloister provision`: a new recorder becomes ours, or one of ours gets keys, time and settings.

The ranges are those of docs/protocol.md, so that a slip of the hand is told before a recorder is touched;
the recorder checks again, and its word counts. Only options that were given change a setting.
"""

import time
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context
from host_tools.cli.progress import PATIENCE_S
from host_tools.cli.talking import Decider, Teller, leave, port_option, settled_fields
from host_tools.cli.text import print_json

if TYPE_CHECKING:
    from host_tools.recorder.provision import Provisioned

_RATES = ("8000", "16000", "24000", "32000", "48000")


@click.command()
@port_option
@click.option(
    "--keys",
    "wanted_keys",
    type=click.IntRange(0, 10_000),
    default=100,
    show_default=True,
    help="One-time keys to fill the recorder up to; each serves one recording.",
)
@click.option("--rate", type=click.Choice(_RATES), help="Samples a second.")
@click.option("--channels", type=click.Choice(["1", "2"]), help="Microphones.")
@click.option("--gain-db", type=click.IntRange(0, 42), help="Fixed gain.")
@click.option("--parties", type=click.IntRange(1, 8), help="People who must each give consent.")
@click.option(
    "--consent-window",
    "consent_window_s",
    type=click.IntRange(5, 600),
    help="Seconds within which all of them must have given it.",
)
@click.option("--container-minutes", type=click.IntRange(10, 240), help="Length of one file on the card.")
@click.option(
    "--retention-days",
    type=click.IntRange(0, 36_525),
    help="Days until a recording expires; 0: the laptop decides.",
)
@click.option(
    "--erase-expired/--keep-expired",
    default=None,
    help="Whether the recorder itself erases what has expired, when it starts and its clock can be trusted.",
)
@click.option("--indicator", type=click.IntRange(1, 100), help="Brightness of the lights, in percent.")
@click.option("--max-minutes", type=click.IntRange(0, 1440), help="Longest recording; 0: no limit.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def provision(context: Context, /, port: str, wanted_keys: int, as_json: bool, **options: Any) -> None:
    """Give a recorder its id, secret, keys, time and settings; fill up one that has them.

    A setting that is not given stays as it is.
    """
    from host_tools.cli.retiring import retire_last_resort_keys
    from host_tools.recorder.client import RecorderClient
    from host_tools.recorder.port import SerialPort
    from host_tools.recorder.provision import provision as run

    config = _config(options)
    with context.open_vault("provision") as vault, SerialPort(port) as serial_port:
        with _KeyProgress(as_json) as progress:
            client = RecorderClient(serial_port)
            result = run(client, vault, wanted_keys, config, progress.show, Teller(vault), Decider(vault))
        vault.account.detail |= {"recorder": result.recorder_id.hex(), "keys": result.keys_added}
        retire_last_resort_keys(vault)
    _print_json(result) if as_json else _print_summary(result)
    leave(result.settlements)


def _config(options: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, in docs/protocol.md's names and types."""
    given = {name: value for name, value in options.items() if value is not None}
    return {name: int(value) if isinstance(value, str) else value for name, value in given.items()}


class _KeyProgress:
    """A bar on stderr once loading keys takes long; none with --json, nor where nobody watches."""

    def __init__(self, is_quiet: bool):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._is_wanted = console.is_terminal and not is_quiet
        self._bar = Progress(
            TextColumn("loading keys"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
        )
        self._task = self._bar.add_task("keys", total=None)
        self._started_s = time.monotonic()

    def show(self, done: int, total: int) -> None:
        """So many keys of so many are stored on the recorder."""
        self._bar.update(self._task, completed=done, total=total)
        if self._is_wanted and time.monotonic() - self._started_s > PATIENCE_S:
            self._bar.start()

    def __enter__(self) -> "_KeyProgress":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar.live.is_started:
            self._bar.stop()


def _print_json(result: "Provisioned") -> None:
    print_json(
        {
            "recorder": result.recorder_id.hex(),
            "new": result.is_new,
            "keys_added": result.keys_added,
            "drift_ms": result.drift_ms,
            "settings": result.settings,
            "status": result.status,
            **settled_fields(result.settlements),
        }
    )


def _print_summary(result: "Provisioned") -> None:
    from host_tools.recorder.provision import stock

    done = "provisioned" if result.is_new else "was ours already"
    click.echo(f"recorder {result.recorder_id.hex()} {done}")
    click.echo(f"one-time keys: {result.keys_added} added, {stock(result.status)['left']} unused")
    if result.drift_ms is not None and not result.is_new:
        click.echo(f"clock: set; it was {result.drift_ms / 1000:+.1f} s off")
    settings = sorted(result.settings.items())
    click.echo("settings: " + ", ".join(f"{name} {_shown(value)}" for name, value in settings))


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
