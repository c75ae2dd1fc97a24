"""`cloister consent show`: the consents in the vault, one of them, its form once more, or its scan."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.consent_common import (
    ConsentNumber,
    check_names_nobody,
    force_option,
    output_option,
    paper_option,
    plain_words,
    print_details,
    write_form,
)
from host_tools.cli.context import Context, writing
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.consent.model import Consent
    from host_tools.vault import Vault


@click.command()
@click.argument("number", metavar="[CONSENT]", type=ConsentNumber(), required=False)
@click.option("--scan", "want_scan", is_flag=True, help="Write the newest scan of the signed form, in clear.")
@click.option(
    "--which", type=click.IntRange(1), metavar="N", help="With --scan: the scan with this number instead."
)
@output_option
@paper_option
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def show(
    context: Context,
    number: int | None,
    want_scan: bool,
    which: int | None,
    output: Path | None,
    paper: str,
    force: bool,
    as_json: bool,
) -> None:
    """List the consents, or show one.

    With -o the form of CONSENT is written once more, with --scan the scan of the signed form. Both are not
    encrypted. This is the only command that prints the names of parties.
    """
    if number is None and (want_scan or which or output):
        raise click.UsageError("-o and --scan need the number of a consent")
    if which and not want_scan:
        raise click.UsageError("--which goes with --scan")
    if number is None:
        with context.open_vault() as vault:
            _list(vault, as_json)
    elif want_scan:
        with context.open_vault("consent", did="scan written", consent=number) as vault:
            _write_scan(vault, number, which, output, force, as_json)
    elif output:
        with context.open_vault("consent", did="form written", consent=number) as vault:
            _write_form(vault, number, output, paper, force, as_json)
    else:
        with context.open_vault() as vault:
            _show(vault, number, as_json)


def _list(vault: "Vault", as_json: bool) -> None:
    from host_tools.cli.text import print_json, print_table
    from host_tools.consent import shelf
    from host_tools.container.report import run_words

    shown = _shown(vault, shelf.consents_in(vault))
    if as_json:
        print_json({"consents": shown})
    elif not shown:
        click.echo("No consents in the vault: cloister consent new makes one.", err=True)
    else:
        print_table(
            ("Consent", "Made", "Parties", "Recordings", "Scans", "Withdrawn"),
            [
                (
                    str(entry["consent"]),
                    entry["made"][:10],
                    "; ".join(party["name"] or f"{party['role']}, by hand" for party in entry["parties"]),
                    run_words(entry["recordings"]) if entry["recordings"] else "none",
                    str(entry["scans"]),
                    entry["withdrawn"]["on"][:10] if entry["withdrawn"] else "",
                )
                for entry in shown
            ],
            right=("Consent", "Scans"),
            firm=("Made", "Withdrawn"),
        )


def _show(vault: "Vault", number: int, as_json: bool) -> None:
    from host_tools.cli.text import print_json
    from host_tools.consent import shelf

    (shown,) = _shown(vault, [(number, shelf.consent_of(vault, number))])
    if as_json:
        print_json(shown)
    else:
        print_details(_lines(shown))


def _lines(shown: dict[str, Any]) -> list[tuple[str, str]]:
    """A consent in words."""
    from host_tools.consent.texts import ROLE_WORDS, TOPICS
    from host_tools.container.report import run_words

    withdrawn = shown["withdrawn"]
    reason = f", reason: {withdrawn['reason']}" if withdrawn and withdrawn["reason"] else ""
    return [
        ("Consent", f"{shown['consent']}, made on {shown['made'][:10]}"),
        *((ROLE_WORDS[party["role"]], party["name"] or "written by hand") for party in shown["parties"]),
        *((topic.heading, shown["terms"][topic.field]) for topic in TOPICS),
        ("Recordings", run_words(shown["recordings"]) if shown["recordings"] else "none linked"),
        ("Scans", f"{shown['scans']} of the signed form" if shown["scans"] else "none"),
        ("Withdrawn", f"on {withdrawn['on'][:10]}{reason}" if withdrawn else "no"),
    ]


def _shown(vault: "Vault", consents: list[tuple[int, "Consent"]]) -> list[dict[str, Any]]:
    """Consents for --json."""
    from host_tools.consent import shelf

    linked = shelf.recordings_of(vault)
    scans = shelf.scan_counts(vault)
    return [
        {"consent": number}
        | consent.as_paper()
        | {"recordings": linked.get(number, []), "scans": scans.get(number, 0)}
        for number, consent in consents
    ]


def _write_form(vault: "Vault", number: int, output: Path, paper: str, force: bool, as_json: bool) -> None:
    from host_tools.cli.text import note
    from host_tools.consent import shelf

    consent = shelf.consent_of(vault, number)
    path = write_form(consent, number, output, paper, force)
    _say_path(number, path, as_json)
    note(plain_words(path, consent))


def _write_scan(
    vault: "Vault", number: int, which: int | None, output: Path | None, force: bool, as_json: bool
) -> None:
    from host_tools.cli.text import note
    from host_tools.consent import shelf
    from host_tools.files import destination, finished_file

    consent, scans = shelf.consent_of(vault, number), shelf.scans_of(vault, number)
    if not scans or (which or 0) > len(scans):
        there = f"{len(scans)} scan{'' if len(scans) == 1 else 's'}" if scans else "no scan"
        raise CloisterError(
            f"consent {number} has {there}", f"cloister consent attach {number} SCAN adds one"
        )
    which = which or len(scans)
    scan = scans[which - 1]
    path = destination(output, f"Consent{number}_Scan{which}.{scan['kind']}", force)
    if path.suffix.lower() != f".{scan['kind']}":
        raise CloisterError(
            f"the scan is no {path.suffix or 'file without ending'}", f"end the name in .{scan['kind']}"
        )
    check_names_nobody(path, consent)
    data = vault.papers.read_file(scan["kept"])
    with writing(str(path)), finished_file(path) as unfinished:
        unfinished.write_bytes(data)
    _say_path(number, path, as_json)
    note(f"{path.name} is scan {which} of {len(scans)}, and is not encrypted: whoever gets it can read it")


def _say_path(number: int, path: Path, as_json: bool) -> None:
    from host_tools.cli.text import print_json

    if as_json:
        print_json({"consent": number, "file": str(path)})
    else:
        click.echo(str(path))
