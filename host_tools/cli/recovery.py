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

NOT_REACHED = "that file is not reached"


@click.group()
def recovery() -> None:
    """A second key that opens every recording sealed while it is in force."""


@recovery.command()
@yes_option
@click.pass_obj
def new(context: Context, /, yes: bool) -> None:
    """Make a recovery key: one for each suite. Recorders seal to it from their next provisioning on.

    If there is one already, the new one takes its place; what was sealed to the old one stays so. In a vault
    whose recovery key is for one suite only, the key for the other is made and the first stays in force.
    """
    from host_tools.container.suites import suite_words
    from host_tools.vault.recovery import keys_in_force, make_recovery_keys

    with context.open_vault("recovery", what="new") as vault:
        before = keys_in_force(vault)
        if not yes:
            click.echo(WHAT_IT_MEANS, err=True)
        confirm("Make a recovery key?", yes)
        made = make_recovery_keys(vault)
        vault.account.detail |= _account(made)
    for key in made:
        click.echo(f"Made recovery key {key.key_id} for {suite_words(key.suite)}")
    replaced = {key.suite for key in made}
    for key in before:
        if key.suite in replaced:
            note(f"recovery key {key.key_id} is no longer in force; it still opens what was sealed to it")
        else:
            note(f"recovery key {key.key_id} for {suite_words(key.suite)} stays in force")
    note("provision each recorder to give it the key; cloister recovery export writes it to a file")


@recovery.command()
@click.option("--json", "as_json", is_flag=True, help="Print the keys as JSON.")
@click.pass_obj
def show(context: Context, /, as_json: bool) -> None:
    """Show the recovery keys: which is in force, and where each of them is."""
    from dataclasses import asdict

    from host_tools.vault.recovery import exports, keys_in_force, recovery_keys

    with context.open_vault() as vault:
        keys = recovery_keys(vault)
        in_force = {key.key_id for key in keys_in_force(vault)}
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
            ("Key", "Suite", "Made", "In force", "In this vault", "Exported"),
            [
                (
                    key.key_id,
                    str(key.suite),
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

    KEY is what is in force, of each suite, unless you name one; a key whose copy here was destroyed is left
    out. The file is an age file: age -d opens it, too. The vault remembers where it went, and certificates
    name it.
    """
    from host_tools.cli.passphrases import ask
    from host_tools.files import destination
    from host_tools.vault.recovery import export

    with context.open_vault("recovery", what="export") as vault:
        keys = _keys(vault, key_name)
        gone = [key for key in keys if key.destroyed]
        if len(gone) < len(keys):
            keys = [key for key in keys if not key.destroyed]
        path = destination(wanted, f"cloister-recovery-{keys[-1].key_id}.age", force)
        passphrase = ask("the exported key", file_passphrase_file, "--file-passphrase-file", new=True)
        vault.account.detail |= {**_account(keys), "to": str(path)}
        with writing(str(path)):
            export(vault, keys, path, passphrase)
    click.echo(f"Wrote {_names(keys)} to {path}")
    for key in gone:
        note(f"without recovery key {key.key_id}: the vault's own copy of it was destroyed")
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
    from host_tools.container.suites import suite_words
    from host_tools.vault.recovery import take_back

    with context.open_vault("recovery", what="restore") as vault:
        passphrase = ask(str(file), file_passphrase_file, "--file-passphrase-file")
        keys = take_back(vault, file, passphrase)
        vault.account.detail |= _account(keys)
    for key in keys:
        click.echo(f"Recovery key {key.key_id} for {suite_words(key.suite)} is in the vault again")


@recovery.command()
@yes_option
@click.pass_obj
def stop(context: Context, /, yes: bool) -> None:
    """Seal no more recordings to the recovery key of any suite, from each recorder's next provisioning on."""
    from host_tools.vault.recovery import stop as stop_keys

    with context.open_vault("recovery", what="stop") as vault:
        keys = _keys(vault, None)
        confirm(f"Seal no more recordings to {_names(keys)}?", yes)
        stop_keys(vault, *keys)
        vault.account.detail |= _account(keys)
    for key in keys:
        click.echo(f"Recovery key {key.key_id} is no longer in force; it still opens what was sealed to it")
    note("provision each recorder, so that it forgets the key")


@recovery.command()
@click.argument("key_name", metavar="[KEY]", required=False)
@yes_option
@click.pass_obj
def destroy(context: Context, /, key_name: str | None, yes: bool) -> None:
    """Destroy the vault's own copy of the recovery key, for good.

    KEY is what is in force, of each suite, unless you name one. A file that it was exported to is not
    reached: that one opens the recordings as before, and the key stays in force. Without such a file the key
    is gone, and is no longer used.
    """
    from host_tools.vault.recovery import destroy as destroy_keys
    from host_tools.vault.recovery import exports

    with context.open_vault("recovery", what="destroy") as vault:
        chosen = _keys(vault, key_name)
        keys = [key for key in chosen if not key.destroyed]
        if not keys:
            is_are = "are" if len(chosen) > 1 else "is"
            raise CloisterError(f"the vault's copy of {_names(chosen)} {is_are} destroyed already")
        copies = {key.key_id: exports(vault, key) for key in keys}
        for key in keys:
            for entry in copies[key.key_id]:
                note(f"key {key.key_id} was exported on {entry['at'][:10]} to {entry['to']}: {NOT_REACHED}")
        confirm(f"Destroy the vault's copy of {_names(keys)} for good?", yes)
        keys = destroy_keys(vault, *keys)
        vault.account.detail |= _account(keys)
    for key in keys:
        click.echo(f"Destroyed the vault's copy of recovery key {key.key_id}")
        if copies[key.key_id]:
            note("recordings that are sealed to it can still be opened with the exported file")
        elif key.stopped:
            note("it was never exported: nothing can be opened with it any more; provision each recorder")


def _account(keys: "list[RecoveryKey]") -> dict[str, str]:
    """What the audit says of them."""
    return {"key": ", ".join(key.key_id for key in keys)}


def _names(keys: "list[RecoveryKey]") -> str:
    """One or several, in a sentence."""
    return f"recovery key{'s' if len(keys) > 1 else ''} " + " and ".join(key.key_id for key in keys)


def _keys(vault: "Vault", name: str | None) -> "list[RecoveryKey]":
    """The key of that id, or those in force, the newest suite last. Raises CloisterError."""
    from host_tools.vault.recovery import keys_in_force, recovery_keys

    if name is None:
        keys = keys_in_force(vault)
        if not keys:
            raise CloisterError("no recovery key is in force", "cloister recovery show lists all of them")
        return keys
    found = [key for key in recovery_keys(vault) if key.key_id == name.lower()]
    if not found:
        raise CloisterError(f"there is no recovery key {name}", "cloister recovery show lists all of them")
    return found
