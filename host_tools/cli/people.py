"""`cloister people`: who has a passphrase of the vault, letting somebody in, taking somebody's away.

Every change asks for the passphrase of whoever makes it, even while the vault is unlocked.
"""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.context import Context
from host_tools.cli.talking import confirm, yes_option
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.people import Person

FILE_OPTION = "--new-passphrase-file"
new_passphrase_option = click.option(
    FILE_OPTION,
    "new_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the new passphrase from this file's first line.",
)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the people as JSON.")
@click.pass_context
def people(ctx: click.Context, as_json: bool) -> None:
    """Who can open the vault; without a command, a list of them.

    Everybody has a passphrase of their own, and can do everything. The audit tells people apart by their
    numbers; their names are encrypted.
    """
    if ctx.invoked_subcommand is not None:
        return
    from host_tools.cli.text import print_json, print_table

    with ctx.obj.open_vault() as vault:
        known, me = vault.people(), vault.person_id
    if as_json:
        print_json({"people": [vars(person) | {"you": person.id == me} for person in known]})
        return
    print_table(
        ("No.", "Name", "Since (UTC)", ""),
        [
            (
                str(person.id),
                person.name,
                person.added[:16].replace("T", " "),
                "you" if person.id == me else "",
            )
            for person in known
        ],
        right=("No.",),
    )


@people.command()
@click.argument("name")
@new_passphrase_option
@click.pass_obj
def add(context: Context, /, name: str, new_file: Path | None) -> None:
    """Let somebody in, with a passphrase of their own.

    The vault's passphrase that is asked for first is yours; the second one, asked for twice, is theirs.
    """
    with _changing(context) as vault:
        theirs = _new_passphrase(f"the new person, {name}", new_file)
        with vault.accounted("people", did="added", name=name):
            added = vault.add_person(name, theirs)
            vault.account.detail |= {"person": added.id, "name": added.name}
    click.echo(f"Added person {added.id}, {added.name}.")


@people.command()
@click.argument("who", metavar="N|NAME")
@yes_option
@click.pass_obj
def remove(context: Context, /, who: str, yes: bool) -> None:
    """Take somebody's passphrase away; the vault's keys are wrapped anew.

    Whoever has an older copy of the vault can still open that copy with the old passphrase.
    """
    from host_tools.cli.text import note

    with _changing(context) as vault:
        person = _person(vault, who)
        if len(vault.people()) == 1:
            raise CloisterError(
                "the last person cannot be removed: nobody could open the vault any more",
                "cloister people add lets somebody else in first",
            )
        yourself = ", which is you," if person.id == vault.person_id else ""
        called = f"{person.name} (person {person.id}){yourself}"
        confirm(f"Shall {called} not be able to open the vault any more?", yes)
        with vault.accounted("people", did="removed", person=person.id, name=person.name):
            vault.remove_person(person.id)
    click.echo(f"Removed person {person.id}, {person.name}.")
    note("copies and backups of the vault made before can still be opened with the removed passphrase")


@people.command()
@new_passphrase_option
@click.pass_obj
def passphrase(context: Context, /, new_file: Path | None) -> None:
    """Change your own passphrase.

    The old one is asked for first, then the new one, twice. Copies and backups of the vault made before
    still open with the old one.
    """
    with _changing(context) as vault:
        mine = _new_passphrase("the vault from now on", new_file)
        with vault.accounted("people", did="passphrase", person=vault.person_id):
            vault.change_passphrase(mine)
    click.echo("Changed your passphrase.")


@people.command()
@click.argument("who", metavar="N|NAME")
@click.argument("name")
@click.pass_obj
def rename(context: Context, /, who: str, name: str) -> None:
    """Give somebody another name."""
    with _changing(context) as vault:
        person = _person(vault, who)
        with vault.accounted("people", did="renamed", person=person.id, name=name, before=person.name):
            vault.rename_person(person.id, name)
    click.echo(f"Person {person.id} is called {' '.join(name.split())} now.")


def _changing(context: Context) -> AbstractContextManager["Vault"]:
    """The vault, opened with the passphrase of whoever changes it."""
    return replace(context, always_ask=True).open_vault()


def _new_passphrase(of: str, new_file: Path | None) -> str:
    from host_tools.cli.passphrases import ask

    return ask(of, new_file, FILE_OPTION, new=True)


def _person(vault: "Vault", who: str) -> "Person":
    """The person with this number or name. Raises CloisterError."""
    for person in vault.people():
        if who == str(person.id) or who.casefold() == person.name.casefold():
            return person
    raise CloisterError(f"the vault knows nobody called {who}", "cloister people shows who there is")
