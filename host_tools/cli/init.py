"""`cloister init`: make a vault."""

import click

from host_tools.cli.context import Context
from host_tools.errors import CloisterError


@click.command()
@click.option("--name", default="owner", show_default=True, metavar="NAME", help="What you are called in it.")
@click.pass_obj
def init(context: Context, /, name: str) -> None:
    """Make a vault for keys and recordings, under a passphrase.

    The passphrase, at least 12 characters, is asked for twice. Whoever has it can read every recording;
    nobody can recover it. Guessing it is made as slow as this computer allows: about half a second each time.
    """
    from host_tools.cli.passphrases import check_strength
    from host_tools.vault import create_vault
    from host_tools.vault.calibrate import calibrated_cost
    from host_tools.vault.people import plain_name

    if (context.folder / "vault.sqlite").exists():
        raise CloisterError(
            f"{context.folder} is a vault already", "name another folder with cloister --vault DIR"
        )
    name = plain_name(name)
    passphrase = check_strength(context.passphrase(confirm=True))
    create_vault(context.folder, passphrase, calibrated_cost(), name)
    click.echo(f"Made the vault {context.folder}")
    click.echo(
        "Keep its passphrase safe: without it nobody can read the recordings, and it cannot be recovered.",
        err=True,
    )
