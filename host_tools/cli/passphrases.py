"""New passphrases, and those of other things than the vault: asked for here, or from a file's first line.

Never from the command line or the environment, which other programs can read.
"""

import sys
from pathlib import Path

import click

from host_tools.cli.context import first_line
from host_tools.errors import CloisterError

LEAST_CHARACTERS = 12


def check_strength(passphrase: str) -> str:
    """The passphrase, if it is long enough. Raises CloisterError."""
    if len(passphrase) < LEAST_CHARACTERS:
        raise CloisterError(
            f"the passphrase has {len(passphrase)} characters: it must have {LEAST_CHARACTERS} or more",
            "four or five words chosen by dice are easy to remember and hard to guess",
        )
    return passphrase


def ask(what: str, file: Path | None, option: str, new: bool = False) -> str:
    """The passphrase of `what`; a new one is asked for twice, and must be long enough."""
    if file is not None:
        passphrase = first_line(file)
    elif not sys.stdin.isatty():
        raise CloisterError(
            f"the passphrase of {what} is needed, and there is no terminal to ask on",
            f"give it with {option} FILE",
        )
    else:
        passphrase = click.prompt(f"Passphrase of {what}", hide_input=True, confirmation_prompt=new, err=True)
    return check_strength(passphrase) if new else passphrase
