"""`cloister provision`: a new recorder becomes ours, or one of ours gets keys, time and settings.

The ranges are those of docs/protocol.md, so that a slip of the hand is told before a recorder is touched;
the recorder checks again, and its word counts. Only options that were given change a setting.
"""

from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context
from host_tools.cli.loaded import keys_option, moved_lines, say_what_is_missing
from host_tools.cli.progress import KeyProgress
from host_tools.cli.talking import Decider, Teller, leave, port_option, settled_fields
from host_tools.cli.text import print_json

if TYPE_CHECKING:
    from host_tools.recorder.provision import Provisioned

_RATES = ("8000", "16000", "24000", "32000", "48000")


@click.command()
@port_option
@keys_option
@click.option(
    "--suite",
    type=click.Choice(["1", "2"]),
    help="What recordings are sealed with. 2: X25519 and ML-KEM-768 together, against quantum computers; "
    "1: X25519 alone.  [default: 2, or 1 where the firmware knows no other; with --keys 0 the one in use]",
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
def provision(
    context: Context, /, port: str, wanted_keys: int, suite: str | None, as_json: bool, **options: Any
) -> None:
    """Give a recorder its id, secret, keys, time and settings; fill up one that has them.

    A setting that is not given stays as it is. A recorder that is given keys of suite 2 uses that suite from
    then on, and never goes back once all are loaded.
    """
    from host_tools.cli.retiring import retire_last_resort_keys
    from host_tools.recorder.client import RecorderClient
    from host_tools.recorder.loading import newest_suite
    from host_tools.recorder.port import SerialPort
    from host_tools.recorder.provision import provision as run

    config = _config(options)
    with context.open_vault("provision") as vault, SerialPort(port) as serial_port:
        with KeyProgress(as_json) as progress:
            client = RecorderClient(serial_port)
            teller, decider, wanted = Teller(vault), Decider(vault), int(suite) if suite else None
            result = run(client, vault, wanted_keys, config, progress.show, teller, decider, wanted)
        vault.account.detail |= {
            "recorder": result.recorder_id.hex(),
            "keys": result.keys_added,
            "suite": result.suite,
        }
        retire_last_resort_keys(vault)
        is_chosen = suite is not None or result.suite < newest_suite(result.status)
        say_what_is_missing(vault, result.suite, result.is_full, is_chosen)
    _print_json(result) if as_json else _print_summary(result)
    leave(result.settlements)


def _config(options: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, in docs/protocol.md's names and types."""
    given = {name: value for name, value in options.items() if value is not None}
    return {name: int(value) if isinstance(value, str) else value for name, value in given.items()}


def _print_json(result: "Provisioned") -> None:
    print_json(
        {
            "recorder": result.recorder_id.hex(),
            "new": result.is_new,
            "suite_before": result.suite_before,
            "suite": result.suite,
            "keys_added": result.keys_added,
            "full": result.is_full,
            "drift_ms": result.drift_ms,
            "settings": result.settings,
            "status": result.status,
            **settled_fields(result.settlements),
        }
    )


def _print_summary(result: "Provisioned") -> None:
    from host_tools.container.suites import suite_words
    from host_tools.recorder.loading import stock

    done = "provisioned" if result.is_new else "was ours already"
    click.echo(f"recorder {result.recorder_id.hex()} {done}")
    left = stock(result.status, result.suite)["left"]
    click.echo(f"one-time keys: {result.keys_added} added, {left} unused ({suite_words(result.suite)})")
    if 0 < result.suite_before < result.suite:
        click.echo(f"the recorder uses {suite_words(result.suite)} from now on")
        for line in moved_lines(result.suite_before, result.suite, result.status):
            click.echo(line)
    if result.drift_ms is not None and not result.is_new:
        click.echo(f"clock: set; it was {result.drift_ms / 1000:+.1f} s off")
    settings = sorted(result.settings.items())
    click.echo("settings: " + ", ".join(f"{name} {_shown(value)}" for name, value in settings))


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
