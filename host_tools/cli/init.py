"""`cloister init`: make a vault."""

import click

from host_tools.cli.context import Context
from host_tools.errors import CloisterError

PASSPHRASE_CHARACTERS = 12


@click.command()
@click.pass_obj
def init(context: Context) -> None:
    """Make a vault for keys and recordings, under a passphrase.

    The passphrase, at least 12 characters, is asked for twice. Whoever has it can read every recording;
    nobody can recover it.
    """
    from host_tools.vault import create_vault

    if (context.folder / "vault.sqlite").exists():
        raise CloisterError(
            f"{context.folder} is a vault already", "name another folder with cloister --vault DIR"
        )
    passphrase = context.passphrase(confirm=True)
    if len(passphrase) < PASSPHRASE_CHARACTERS:
        raise CloisterError(
            f"the passphrase has {len(passphrase)} characters: it must have {PASSPHRASE_CHARACTERS} or more",
            "four or five words chosen by dice are easy to remember and hard to guess",
        )
    create_vault(context.folder, passphrase)
    click.echo(f"Made the vault {context.folder}")
    click.echo(
        "Keep its passphrase safe: without it nobody can read the recordings, and it cannot be recovered.",
        err=True,
    )
