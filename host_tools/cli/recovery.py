"""`cloister recovery`: a second key for every recording, for the day on which the first is lost.

What it means is said before one is made: whoever has it opens every recording that was sealed meanwhile, and
destroying a recording's own key does not make such a recording unreadable.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context, writing
from host_tools.cli.talking import confirm, yes_option
from host_tools.cli.text import note, print_json, print_table
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.recovery import RecoveryKey

WHAT_IT_MEANS = (
    "From its next cloister provision on, a recorder seals every recording to this key as well.\n"
    "Whoever has it opens all of them, whatever becomes of their own keys. Destroying such a recording's\n"
    "own key does not make it unreadable: cloister expire and the certificates will say so."
)


@click.group()
def recovery() -> None:
    """A second key that opens every recording sealed while it is in force."""


@recovery.command()
@yes_option
@click.pass_obj
def new(context: Context, /, yes: bool) -> None:
    """Make a recovery key. Recorders seal to it from their next provisioning on.

    If there is one already, the new one takes its place; what was sealed to the old one stays so.
    """
    from host_tools.recorder.provision import SUITE
    from host_tools.vault.recovery import key_in_force, make_recovery_key

    with context.open_vault("recovery", what="new") as vault:
        before = key_in_force(vault, SUITE)
        if not yes:
            click.echo(WHAT_IT_MEANS, err=True)
        confirm("Make a recovery key?", yes)
        key = make_recovery_key(vault, SUITE)
        vault.account.detail["key"] = key.key_id
    click.echo(f"Made recovery key {key.key_id}")
    if before is not None:
        note(f"recovery key {before.key_id} is no longer in force; it still opens what was sealed to it")
    note("provision each recorder to give it the key; cloister recovery export writes it to a file")


@recovery.command()
@click.option("--json", "as_json", is_flag=True, help="Print the keys as JSON.")
@click.pass_obj
def show(context: Context, /, as_json: bool) -> None:
    """Show the recovery keys: which is in force, and where each of them is."""
    from dataclasses import asdict

    from host_tools.vault.recovery import exports, key_in_force, recovery_keys

    with context.open_vault() as vault:
        keys = recovery_keys(vault)
        in_force = {
            key.key_id for suite in {key.suite for key in keys} if (key := key_in_force(vault, suite))
        }
        notes = {key.key_id: exports(vault, key) for key in keys}
    if as_json:
        shown = [
            {
                **asdict(key),
                "in_force": key.key_id in in_force,
                "exports": [{"at": entry["at"], "to": entry["to"]} for entry in notes[key.key_id]],
            }
            for key in keys
        ]
        print_json({"keys": shown})
    elif not keys:
        click.echo("There is no recovery key.", err=True)
    else:
        print_table(
            ("Key", "Made", "In force", "In this vault", "Exported"),
            [
                (
                    key.key_id,
                    key.made[:10],
                    "yes" if key.key_id in in_force else "no",
                    f"destroyed on {key.destroyed[:10]}" if key.destroyed else "yes",
                    "; ".join(f"{entry['at'][:10]} {entry['to']}" for entry in notes[key.key_id]) or "never",
                )
                for key in keys
            ],
        )


@recovery.command("export")
@click.argument("key_name", metavar="[KEY]", required=False)
@click.option(
    "--output", "-o", "wanted", type=click.Path(path_type=Path), help="The file or folder to write."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--file-passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the new file's passphrase from this file's first line.",
)
@click.pass_obj
def export_key(
    context: Context,
    /,
    key_name: str | None,
    wanted: Path | None,
    force: bool,
    file_passphrase_file: Path | None,
) -> None:
    """Write the recovery key to a file under a passphrase of its own, to be kept elsewhere.

    KEY is the one in force, unless you name another. The file is an age file: age -d opens it, too. The vault
    remembers where it went, and certificates name it.
    """
    from host_tools.cli.passphrases import ask
    from host_tools.files import destination
    from host_tools.vault.recovery import export

    with context.open_vault("recovery", what="export") as vault:
        key = _key(vault, key_name)
        path = destination(wanted, f"cloister-recovery-{key.key_id}.age", force)
        passphrase = ask("the exported key", file_passphrase_file, "--file-passphrase-file", new=True)
        vault.account.detail |= {"key": key.key_id, "to": str(path)}
        with writing(str(path)):
            export(vault, key, path, passphrase)
    click.echo(f"Wrote recovery key {key.key_id} to {path}")
    note("whoever has this file and its passphrase opens every recording that was sealed to the key")


@recovery.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--file-passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the file's passphrase from this file's first line.",
)
@click.pass_obj
def restore(context: Context, /, file: Path, file_passphrase_file: Path | None) -> None:
    """Take an exported recovery key back into the vault that made it."""
    from host_tools.cli.passphrases import ask
    from host_tools.vault.recovery import take_back

    with context.open_vault("recovery", what="restore") as vault:
        passphrase = ask(str(file), file_passphrase_file, "--file-passphrase-file")
        key = take_back(vault, file, passphrase)
        vault.account.detail["key"] = key.key_id
    click.echo(f"Recovery key {key.key_id} is in the vault again")


@recovery.command()
@yes_option
@click.pass_obj
def stop(context: Context, /, yes: bool) -> None:
    """Seal no more recordings to the recovery key, from each recorder's next provisioning on."""
    from host_tools.vault.recovery import stop as stop_key

    with context.open_vault("recovery", what="stop") as vault:
        key = _key(vault, None)
        confirm(f"Seal no more recordings to recovery key {key.key_id}?", yes)
        stop_key(vault, key)
        vault.account.detail["key"] = key.key_id
    click.echo(f"Recovery key {key.key_id} is no longer in force; it still opens what was sealed to it")
    note("provision each recorder, so that it forgets the key")


@recovery.command()
@click.argument("key_name", metavar="[KEY]", required=False)
@yes_option
@click.pass_obj
def destroy(context: Context, /, key_name: str | None, yes: bool) -> None:
    """Destroy the vault's own copy of the recovery key, for good.

    KEY is the one in force, unless you name another. A file that it was exported to is not reached: that one
    opens the recordings as before, and the key stays in force. Without such a file the key is gone, and is no
    longer used.
    """
    from host_tools.vault.recovery import destroy as destroy_key
    from host_tools.vault.recovery import exports

    with context.open_vault("recovery", what="destroy") as vault:
        key = _key(vault, key_name)
        if key.destroyed:
            raise CloisterError(f"the vault's copy of recovery key {key.key_id} is destroyed already")
        copies = exports(vault, key)
        for entry in copies:
            note(f"it was exported on {entry['at'][:10]} to {entry['to']}: that file is not reached")
        confirm(f"Destroy the vault's copy of recovery key {key.key_id} for good?", yes)
        key = destroy_key(vault, key)
        vault.account.detail["key"] = key.key_id
    click.echo(f"Destroyed the vault's copy of recovery key {key.key_id}")
    if copies:
        note("recordings that are sealed to it can still be opened with the exported file")
    elif key.stopped:
        note("it was never exported: nothing can be opened with it any more; provision each recorder")


def _key(vault: "Vault", name: str | None) -> "RecoveryKey":
    """The key of that id, or the one in force. Raises CloisterError."""
    from host_tools.recorder.provision import SUITE
    from host_tools.vault.recovery import key_in_force, recovery_keys

    if name is None:
        key = key_in_force(vault, SUITE)
        if key is None:
            raise CloisterError("no recovery key is in force", "cloister recovery show lists all of them")
        return key
    found = [key for key in recovery_keys(vault) if key.key_id == name.lower()]
    if not found:
        raise CloisterError(f"there is no recovery key {name}", "cloister recovery show lists all of them")
    return found[0]
