"""Whom a share is for: the options that say so, and the seal that they come to.

Everything is checked here, before a vault is opened: a mistyped key, two ways at once, no way at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.excerpt import Moment, Time

if TYPE_CHECKING:
    from host_tools.sharing.share import Seal

FILE_OPTION = "--share-passphrase-file"
KEY_STARTS = ("age1", "age-secret-key-", "ssh-")


class TimeOrKey(click.ParamType[Moment | str]):
    """A time, as everywhere else; or a public key, which no time looks like."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Moment | str:
        """The time; or the key as it stands, not yet checked."""
        text = str(value).strip()
        if text.lower().startswith(KEY_STARTS):
            return text
        try:
            return Time().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{text!r} is neither a public key (age1…) nor a time", param, ctx)


@dataclass(frozen=True)
class Receivers:
    """Whoever is to open it. `words` are for the vault; `shown` is a passphrase that was made up."""

    seal: "Seal"
    words: str
    keys: int
    shown: str = ""

    def tell(self) -> None:
        """Say who can open it; show a passphrase that was made up, which nobody else will."""
        from host_tools.cli.text import note

        if self.keys:
            note(f"whoever has {'the key' if self.keys == 1 else f'one of the {self.keys} keys'} can open it")
            return
        if self.shown:
            click.echo(f"Passphrase of the share: {self.shown}", err=True)
            note("it is shown this once")
        note("tell the passphrase to the receiver alone, and by another way than the file")


def whom_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options, for one command; `receivers` takes what they give."""
    for option in (
        click.option(
            FILE_OPTION,
            "passphrase_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Take that passphrase from this file's first line.",
        ),
        click.option("--make-passphrase", is_flag=True, help="Make a passphrase up, and show it once."),
        click.option("--passphrase", "by_passphrase", is_flag=True, help="Ask for a passphrase, twice."),
        click.option(
            "--to-file",
            "key_files",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Seal it to every public key in this file, one to a line.",
        ),
        click.option(
            "--to",
            "to",
            multiple=True,
            type=TimeOrKey(),
            metavar="KEY|TIME",
            help="Seal it to this public key: age1… or ssh-ed25519 …  With a time: end here.",
        ),
    ):
        command = option(command)
    return command


def receivers(
    keys: Sequence[str],
    key_files: Sequence[Path],
    by_passphrase: bool,
    make_passphrase: bool,
    passphrase_file: Path | None,
) -> Receivers:
    """The receivers; asks for a passphrase. Raises CloisterError, click.UsageError."""
    ways = sum((bool(keys or key_files), by_passphrase or passphrase_file is not None, make_passphrase))
    if ways == 0:
        raise click.UsageError("say whom it is for: --to a public key, or --passphrase")
    if ways > 1:
        raise click.UsageError("a share goes to keys or has one passphrase, not both")
    return (
        _for_keys(keys, key_files)
        if keys or key_files
        else _with_passphrase(passphrase_file, make_passphrase)
    )


def _for_keys(keys: Sequence[str], key_files: Sequence[Path]) -> Receivers:
    from host_tools.age_recipients import recipients_in
    from host_tools.sharing.share import ToRecipients

    found = [*keys, *(key for path in key_files for key in recipients_in(path))]
    texts = tuple(dict.fromkeys(text.strip() for text in found))
    return Receivers(ToRecipients(texts), ", ".join(texts), len(texts))


def _with_passphrase(passphrase_file: Path | None, make_passphrase: bool) -> Receivers:
    from host_tools.cli.passphrases import ask
    from host_tools.sharing.passphrase import made_passphrase
    from host_tools.sharing.share import ToPassphrase

    if make_passphrase:
        passphrase = made_passphrase()
        return Receivers(ToPassphrase(passphrase), "a passphrase", 0, passphrase)
    passphrase = ask("the share", passphrase_file, FILE_OPTION, new=True)
    return Receivers(ToPassphrase(passphrase), "a passphrase", 0)
