"""`cloister rekey`: a recorder goes on to the newest suite, so that its recordings outlast quantum computers.

What was recorded before stays as it is, and readable: its keys are in the vault.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context
from host_tools.cli.loaded import keys_option, moved_lines, say_what_is_missing
from host_tools.cli.progress import KeyProgress
from host_tools.cli.talking import Decider, Teller, leave, port_option, settled_fields, talk
from host_tools.cli.text import print_json

if TYPE_CHECKING:
    from host_tools.recorder.rekey import Rekeyed


@click.command()
@port_option
@keys_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def rekey(context: Context, /, port: str, wanted_keys: int, as_json: bool) -> None:
    """Move a recorder from suite 1 to suite 2: X25519 and ML-KEM-768 together.

    Its recordings are sealed against quantum computers from then on; it never goes back. Those made before
    stay as they are: they open with their own keys, which stay in the vault. Interrupted, run it again.
    """
    from host_tools.cli.retiring import retire_last_resort_keys
    from host_tools.recorder.rekey import rekey as run

    with talk(context, port, "rekey") as here:
        vault = here.vault
        with KeyProgress(as_json) as progress:
            teller, decider = Teller(vault), Decider(vault)
            done = run(here.client, vault, here.recorder_id, wanted_keys, progress.show, teller, decider)
        vault.account.detail |= {"keys": done.keys_added, "suite": done.suite}
        retire_last_resort_keys(vault)
        say_what_is_missing(vault, done.suite, done.is_full)
    _print_json(here.recorder_id, done) if as_json else _print_summary(here.name, done)
    leave(done.settlements)


def _print_json(recorder_id: bytes, done: "Rekeyed") -> None:
    fields = asdict(done)
    settlements = done.settlements
    del fields["settlements"]
    print_json({"recorder": recorder_id.hex()} | fields | settled_fields(settlements))


def _print_summary(name: str, done: "Rekeyed") -> None:
    from host_tools.container.suites import suite_words
    from host_tools.recorder.loading import stock

    words, left = suite_words(done.suite), stock(done.status, done.suite)["left"]
    if done.was_done:
        was_done = "its recovery key was set anew" if done.recovery_changed else "nothing was done"
        click.echo(f"{name} uses {words} already: {was_done}")
        click.echo(f"one-time keys: {left} unused; cloister provision loads more")
        return
    click.echo(f"{name} uses {words} from now on")
    click.echo(f"one-time keys: {done.keys_added} added, {left} unused")
    for line in moved_lines(done.suite_before, done.suite, done.status):
        click.echo(line)
