"""`cloister backup`: the whole vault as one encrypted file, and what the vault knows of those it made."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context, writing
from host_tools.cli.talking import confirm, yes_option
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.backup.notes import Backup
    from host_tools.backup.sealing import Seal

FILE_OPTION = "--backup-passphrase-file"
passphrase_option = click.option(
    FILE_OPTION,
    "passphrase_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the backup's own passphrase from this file's first line.",
)


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it.")
@click.option(
    "--to", "recipients", multiple=True, metavar="age1…", help="Seal it to this public key of age instead."
)
@click.option(
    "--passphrase", "by_passphrase", is_flag=True, help="Ask for a passphrase for it (the default)."
)
@passphrase_option
@click.option("--list", "listing", is_flag=True, help="List the backups that were made.")
@click.option(
    "--gone", type=click.IntRange(1), metavar="N", help="Say that backup N does not exist any more."
)
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print the list, or what was written, as JSON.")
@click.pass_obj
def backup(
    context: Context,
    /,
    output: Path | None,
    recipients: tuple[str, ...],
    by_passphrase: bool,
    passphrase_file: Path | None,
    listing: bool,
    gone: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Write the whole vault into one encrypted file, read back and compared.

    The file is an age file: it has a passphrase of its own, or is sealed to age1… keys. cloister restore
    makes a vault of it again, which opens with the passphrases of its people. The vault remembers each
    backup: what is destroyed later can still be opened with one, until it is said to be gone.
    """
    if sum((output is not None, listing, gone is not None)) != 1:
        raise click.UsageError("say one of -o FILE, --list and --gone N")
    if listing:
        _list(context, as_json)
    elif gone is not None:
        _say_gone(context, gone, yes)
    elif output is not None:
        if recipients and (by_passphrase or passphrase_file is not None):
            raise click.UsageError("a backup has a passphrase or goes --to a key, not both")
        _make(context, output, recipients, passphrase_file, as_json)


def _make(
    context: Context, output: Path, recipients: tuple[str, ...], passphrase_file: Path | None, as_json: bool
) -> None:
    from host_tools.backup.making import back_up, check_place, size_bytes
    from host_tools.cli.progress import progress
    from host_tools.cli.text import complain, note, print_json
    from host_tools.vault import check_is_vault

    check_is_vault(context.folder)
    check_place(context.folder, output)
    seal = _seal(recipients, passphrase_file)
    with context.open_vault("backup", to=str(output.absolute())) as vault:
        with writing(str(output)), progress("Backing up", 2 * size_bytes(vault), as_json) as advance:
            made = back_up(vault, output, seal, advance)
        vault.account.detail |= {"backup": made.id, "files": len(made.contents.files)}
    if as_json:
        files = len(made.contents.files)
        print_json({"backup": made.id, "file": str(output), "files": files, "missing": made.missing})
    else:
        click.echo(str(output))
    note("it was read back and is whole; it opens with what it was sealed with, and then as the vault does")
    for recording_id in made.missing:
        complain(f"recording {recording_id} has no file in the vault: it is not in the backup either")
    if made.missing:
        click.get_current_context().exit(EXIT_FOUND)


def _seal(recipients: tuple[str, ...], passphrase_file: Path | None) -> "Seal":
    from host_tools.backup.sealing import PassphraseSeal, RecipientSeal
    from host_tools.cli.passphrases import ask

    if recipients:
        return RecipientSeal(recipients)
    return PassphraseSeal(ask("the backup", passphrase_file, FILE_OPTION, new=True))


def _list(context: Context, as_json: bool) -> None:
    from host_tools.backup.notes import backups, still_opened
    from host_tools.cli.keeping import people_names, person_words
    from host_tools.cli.text import print_json, print_table

    with context.open_vault() as vault:
        known, opened = backups(vault), still_opened(vault)
        names = people_names(vault)
    if as_json:
        print_json({"backups": [_as_dict(entry) | {"opens": opened.get(entry.id, [])} for entry in known]})
    elif not known:
        click.echo("No backup of this vault is known.", err=True)
    else:
        print_table(
            ("No.", "Made (UTC)", "By", "To", "State", "Opens what is destroyed here"),
            [
                (
                    str(entry.id),
                    f"{entry.at:%Y-%m-%d %H:%M}",
                    person_words(names, entry.by),
                    entry.to,
                    _state_words(entry),
                    _opened_words(opened.get(entry.id, [])),
                )
                for entry in known
            ],
            right=("No.",),
        )


def _say_gone(context: Context, backup_id: int, yes: bool) -> None:
    from host_tools.backup.notes import KIND, backup_of, say_gone

    with context.open_vault() as vault:
        entry = backup_of(backup_id, vault.papers.get(KIND, backup_id))
        if entry.gone:
            raise CloisterError(f"backup {backup_id} was said to be gone on {entry.gone} already")
        where = f"backup {backup_id} of {entry.at:%Y-%m-%d} ({entry.to})"
        confirm(f"Is {where} destroyed, with every copy of it? Certificates will not name it any more.", yes)
        with vault.accounted("backup", gone=backup_id, to=entry.to):
            say_gone(vault, backup_id)
    click.echo(f"Backup {backup_id} is gone.")


def _as_dict(entry: "Backup") -> dict[str, Any]:
    return vars(entry) | {"at": entry.at.isoformat()}


def _state_words(entry: "Backup") -> str:
    if entry.gone:
        return f"gone since {entry.gone}"
    return "there" if entry.finished else "was cut short: look for it"


def _opened_words(recording_ids: list[int]) -> str:
    from host_tools.container.report import run_words

    what = "recordings" if len(recording_ids) > 1 else "recording"
    return f"{what} {run_words(recording_ids)}" if recording_ids else ""
