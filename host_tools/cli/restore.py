"""`cloister restore`: a vault out of a backup."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.backup import FILE_OPTION, passphrase_option
from host_tools.cli.context import Context, writing
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.backup.restoring import Opener, Restored


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--identity",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The secret key of age that the backup is sealed to, as age-keygen wrote it.",
)
@passphrase_option
@click.pass_obj
def restore(
    context: Context, /, file: Path, folder: Path | None, identity: Path | None, passphrase_file: Path | None
) -> None:
    """Make a vault out of a backup, in a folder that is not there yet.

    DIR is that folder; without it, the vault's own place (--vault). Every file is checked, then the vault is
    opened with a passphrase that it had when the backup was made. What was destroyed since is in it again.
    Exit status 3 if something in it is not as it should be.
    """
    from host_tools.backup.restoring import bring_back, check_folder
    from host_tools.cli.progress import progress

    folder = folder or context.folder
    check_folder(folder)
    opener = _opener(file, identity, passphrase_file)
    passphrase = context.passphrase()
    with writing(str(folder)), progress("Restoring", file.stat().st_size) as advance:
        restored = bring_back(file, folder, opener, passphrase, advance)
    click.echo(str(folder))
    _say(restored, _destroyed_since(context, folder, passphrase))


def _opener(file: Path, identity: Path | None, passphrase_file: Path | None) -> "Opener":
    """What opens the backup. Raises CloisterError."""
    from host_tools.age_passphrase import AgeRefused, is_under_passphrase
    from host_tools.backup.sealing import IdentitySeal, PassphraseSeal
    from host_tools.cli.passphrases import ask

    try:
        with file.open("rb") as opened:
            by_passphrase = is_under_passphrase(opened.read(64))
    except AgeRefused as why:
        raise CloisterError(f"{file} cannot be restored: {why}") from None
    if by_passphrase:
        return PassphraseSeal(ask("the backup", passphrase_file, FILE_OPTION))
    if identity is None:
        raise CloisterError(f"{file} is sealed to a key of age", "give its secret key with --identity FILE")
    return IdentitySeal(identity)


def _destroyed_since(context: Context, folder: Path, passphrase: str) -> list[int] | None:
    """What the vault that the backup was made of has destroyed since, if it is at hand; else None."""
    from host_tools.backup.restoring import destroyed_since, opens_with
    from host_tools.vault import is_vault, open_vault

    if context.folder.resolve() == folder.resolve() or not is_vault(context.folder):
        return None
    try:
        if not opens_with(context.folder, passphrase):  # another vault, or other passphrases by now
            return None
        with open_vault(context.folder, passphrase) as original, open_vault(folder, passphrase) as restored:
            return destroyed_since(original, restored)
    except CloisterError:  # that one is damaged, or in use: it is not what this command is about
        return None


def _say(restored: "Restored", again: list[int] | None) -> None:
    """What the user has to know; exit status 3 if something has to be done about it."""
    from host_tools.cli.text import complain, hint, note
    from host_tools.container.report import run_words

    made = f"{restored.made:%Y-%m-%d %H:%M} UTC"
    note(f"{restored.recordings} recordings, as the vault was on {made}")
    note(f"what was destroyed after {made} is in it again, with its keys, and has to be destroyed again")
    if again:
        which = f"recordings {run_words(again)} were" if len(again) > 1 else f"recording {again[0]} was"
        complain(f"{which} destroyed since, and can be opened again")
    for recording_id in restored.missing:
        complain(f"recording {recording_id} has no file: there was none when the backup was made")
    for fault in restored.faults:
        complain(f"the audit: {fault}")
    if restored.faults:
        hint("cloister audit --verify says more")
    if again or restored.missing or restored.faults:
        click.get_current_context().exit(EXIT_FOUND)
