"""`cloister consent new`: a form to print and sign, and its data in the vault."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from host_tools.cli.consent_common import force_option, output_option, paper_option, plain_words, write_form
from host_tools.cli.context import Context
from host_tools.cli.recordings import RecordingId
from host_tools.cli.talking import yes_option

if TYPE_CHECKING:
    from host_tools.consent.model import Consent
    from host_tools.vault import Vault


@click.command()
@click.option("--client", "clients", multiple=True, metavar="NAME", help="A client; may be repeated.")
@click.option(
    "--therapist", "therapists", multiple=True, metavar="NAME", help="A therapist; may be repeated."
)
@click.option("--present", multiple=True, metavar="NAME", help="Somebody else in the room; may be repeated.")
@click.option("--purpose", metavar="TEXT", help="What the recordings are for.")
@click.option("--use", metavar="TEXT", help="What is done with them.")
@click.option("--access", metavar="TEXT", help="Who may hear them.")
@click.option("--kept", metavar="TEXT", help="Where they are kept.")
@click.option("--destroyed", metavar="TEXT", help="When they are destroyed.")
@click.option("--withdrawal", metavar="TEXT", help="The right to say no, now or later.")
@click.option(
    "--recording", "recording_ids", type=RecordingId(), multiple=True, metavar="ID",
    help="Link this recording at once; may be repeated.",
)  # fmt: skip
@output_option
@paper_option
@force_option
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@click.pass_obj
def new(
    context: Context,
    /,
    clients: tuple[str, ...],
    therapists: tuple[str, ...],
    present: tuple[str, ...],
    recording_ids: tuple[int, ...],
    output: Path | None,
    paper: str,
    force: bool,
    yes: bool,
    as_json: bool,
    **texts: str | None,
) -> None:
    """Make a consent form, and keep its data in the vault.

    What is not given is asked for, with a suggestion; with --yes the suggestions are taken as they are. A
    name left empty ("") becomes a line to write it on by hand, and is then on paper only. A name in a
    command may stay in the shell's history: being asked is safer. The suggestions are no legal advice:
    cloister consent places tells what laws say.
    """
    from host_tools.cli.consent_asking import ask_parties, ask_terms, check_asking
    from host_tools.cli.text import note, print_json
    from host_tools.consent.model import Consent

    given = {"client": clients, "therapist": therapists, "present": present}
    check_asking(given, texts, yes)
    with context.open_vault("consent", did="new") as vault:
        parties = ask_parties(vault, given, yes)
        consent = Consent(
            vault.now().isoformat(timespec="seconds"), vault.person_id, ask_terms(vault, texts, yes), parties
        )
        with vault.transaction():  # nothing is kept if the form cannot be written
            number = _keep(vault, consent, recording_ids)
            path = write_form(consent, number, output, paper, force)
        vault.account.detail["consent"] = number
    if as_json:
        print_json({"consent": number, "file": str(path), "recordings": vault.account.recordings})
    else:
        click.echo(str(path))
    note(f"consent {number} is kept; {plain_words(path, consent)}")
    note(f"once it is signed: cloister consent attach {number} SCAN")


def _keep(vault: "Vault", consent: "Consent", recording_ids: tuple[int, ...]) -> int:
    """The number of the consent, kept and linked."""
    from host_tools.consent import shelf

    number = shelf.keep(vault, consent)
    vault.account.recordings = shelf.link(vault, number, recording_ids)
    return number
