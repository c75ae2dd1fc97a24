"""`cloister consent attach` and `link`: the scan of a signed form, and the recordings that it is for."""

from pathlib import Path

import click

from host_tools.cli.consent_common import ConsentNumber
from host_tools.cli.context import Context
from host_tools.cli.recordings import RecordingId
from host_tools.errors import EXIT_FOUND


@click.command()
@click.argument("number", metavar="CONSENT", type=ConsentNumber())
@click.argument("scan", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what was kept as JSON.")
@click.pass_obj
def attach(context: Context, number: int, scan: Path, as_json: bool) -> None:
    """Keep the scan of a signed form, encrypted.

    SCAN is a PDF, PNG or JPEG of at most 32 MB. Its name is not kept. The file itself stays where it is.
    """
    from host_tools.cli.text import note, print_json
    from host_tools.consent import shelf
    from host_tools.consent.scan import read_scan

    with context.open_vault("consent", did="attach", consent=number) as vault:
        data, kind = read_scan(scan)
        count = shelf.attach(vault, number, data, kind)
    if as_json:
        print_json({"consent": number, "scan": count, "kind": kind, "bytes": len(data)})
    else:
        click.echo(f"Scan {count} of consent {number} is kept, encrypted.")
    note("the file that was scanned is still where it was, in clear: destroy it if it is not needed")


@click.command()
@click.argument("number", metavar="CONSENT", type=ConsentNumber())
@click.argument("recording_ids", metavar="ID...", type=RecordingId(), nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print what was linked as JSON.")
@click.pass_obj
def link(context: Context, number: int, recording_ids: tuple[int, ...], as_json: bool) -> None:
    """Say for which recordings a consent is.

    All parts of a recording are linked, whichever of them ID names. What is linked to a withdrawn consent is
    due at once; exit status 3 says so.
    """
    from host_tools.cli.text import complain, print_json
    from host_tools.consent import shelf
    from host_tools.container.report import run_words

    with context.open_vault("consent", did="link", consent=number) as vault:
        withdrawn = shelf.consent_of(vault, number).withdrawn
        linked = vault.account.recordings = shelf.link(vault, number, recording_ids)
        if as_json:
            on = withdrawn.on[:10] if withdrawn else None
            print_json({"consent": number, "recordings": linked, "withdrawn": on})
        else:
            click.echo(f"Consent {number} is for recording{'s' * (len(linked) > 1)} {run_words(linked)}.")
        if withdrawn is not None:
            complain(
                f"consent {number} was withdrawn on {withdrawn.on[:10]}: what was linked is due, "
                "unless it is held"
            )
            click.get_current_context().exit(EXIT_FOUND)
