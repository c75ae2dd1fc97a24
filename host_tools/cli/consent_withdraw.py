"""`cloister consent withdraw`: what was recorded under a consent is due from now on.

Nothing is destroyed by it. What is held, and what was handed out, is said.
"""

from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.consent_common import ConsentNumber
from host_tools.cli.context import Context
from host_tools.cli.keeping import Reason
from host_tools.cli.talking import confirm, yes_option

if TYPE_CHECKING:
    from host_tools.consent.shelf import Withdrawn
    from host_tools.vault import Vault


@click.command()
@click.argument("number", metavar="CONSENT", type=ConsentNumber())
@click.option("--reason", type=Reason(), metavar="TEXT", help="Why, if they say; kept encrypted.")
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print what is due, held and destroyed as JSON.")
@click.pass_obj
def withdraw(context: Context, number: int, reason: str | None, yes: bool, as_json: bool) -> None:
    """Withdraw a consent: its recordings are due at once.

    Nobody has to give a reason. What is held stays held, and is due when it is released. No recording is
    destroyed by this: cloister expire does that. It cannot be taken back; a new consent can be made.
    """
    from host_tools.cli.text import note, print_json
    from host_tools.consent import shelf

    with context.open_vault("withdraw", consent=number) as vault:
        linked = shelf.recordings_of(vault).get(number, [])
        if shelf.consent_of(vault, number).withdrawn is None:
            _say_outlook(number, shelf.outlook(vault, linked))
            confirm("Withdraw it?", yes)
        done = shelf.withdraw(vault, number, reason or "")
        vault.account.recordings = [*done.due, *done.held, *done.destroyed]
        handed_out = _handed_out(vault, {*done.due, *done.held, *done.destroyed})
    if as_json:
        print_json({"consent": number, **vars(done), "handed_out": handed_out})
    else:
        click.echo(f"Consent {number} is withdrawn.")
    for copy in handed_out:
        note(
            f"the {copy['kind']} of {copy['at'][:10]} may still be somewhere: see that whoever has it "
            "destroys it"
        )
    if done.due:
        note("cloister due shows what is due, cloister expire destroys it")


def _say_outlook(number: int, outlook: "Withdrawn") -> None:
    """What will happen, on stderr."""
    from host_tools.container.report import run_words

    for ids, words in (
        (outlook.due, "due to be destroyed from today on"),
        (outlook.held, "held, and so not due until released"),
        (outlook.destroyed, "destroyed already"),
    ):
        if ids:
            click.echo(f"Recording{'s' * (len(ids) > 1)} {run_words(ids)}: {words}.", err=True)
    if not (outlook.due or outlook.held or outlook.destroyed):
        click.echo(f"No recording is linked to consent {number}.", err=True)


def _handed_out(vault: "Vault", recording_ids: set[int]) -> list[dict[str, Any]]:
    """The copies of these recordings that left the vault, as far as it knows."""
    return [
        {
            "kind": paper["kind"],
            "at": paper["at"],
            "recordings": sorted(recording_ids & set(paper["recordings"])),
        }
        for _, paper in vault.papers.all("export")
        if recording_ids & set(paper["recordings"])
    ]
