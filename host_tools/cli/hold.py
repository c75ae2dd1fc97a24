"""`cloister hold` and `cloister release`: a recording that must be kept, whatever its date, and no longer."""

import click
from msgspec import structs

from host_tools.cli.context import Context
from host_tools.cli.keeping import reason_option
from host_tools.cli.recordings import RecordingId
from host_tools.cli.talking import confirm, yes_option
from host_tools.errors import CloisterError


@click.command()
@click.argument("recording_id", metavar="ID", type=RecordingId())
@reason_option
@click.pass_obj
def hold(context: Context, recording_id: int, reason: str) -> None:
    """Keep a recording, whatever its date: for a complaint, a court, an audit.

    Nothing destroys it until it is released. A recording in several parts is held whole.
    """
    from host_tools.cli.keeping import ids_words, people_names, person_words, whole_of
    from host_tools.vault.state import Hold

    with context.open_vault("hold", reason=reason) as vault, vault.transaction():
        whole = whole_of(vault, recording_id)
        if whole.hold is not None:
            who = person_words(people_names(vault), whole.hold.by)
            raise CloisterError(
                f"recording {recording_id} is held already, by {who} since {whole.hold.since[:10]}: "
                f"{whole.hold.reason}"
            )
        vault.account.recordings = whole.ids
        held = Hold(reason, vault.now().isoformat(timespec="seconds"), vault.person_id)
        for part_id in whole.ids:
            vault.set_state(part_id, structs.replace(vault.state(part_id), hold=held))
    click.echo(f"Recording {ids_words(whole)} is held.")


@click.command()
@click.argument("recording_id", metavar="ID", type=RecordingId())
@reason_option
@yes_option
@click.pass_obj
def release(context: Context, recording_id: int, reason: str, yes: bool) -> None:
    """Let a held recording go: from then on its date counts again.

    Asks first, and says when it is due.
    """
    from host_tools.cli.keeping import ids_words, people_names, person_words, when_words, whole_of
    from host_tools.cli.text import note

    with context.open_vault("release", reason=reason) as vault:
        whole = whole_of(vault, recording_id)
        if whole.hold is None:
            raise CloisterError(f"recording {recording_id} is not held", "cloister due shows what is")
        vault.account.recordings = whole.ids
        who = person_words(people_names(vault), whole.hold.by)
        note(f"held by {who} since {whole.hold.since[:10]}: {whole.hold.reason}")
        note(f"due {_on(whole.term.on)}{when_words(whole.term.on, vault.now().date())} ({whole.term.words})")
        confirm("Release it?", yes)
        with vault.transaction():
            for part_id in whole.ids:
                vault.set_state(part_id, structs.replace(vault.state(part_id), hold=None))
    click.echo(f"Recording {ids_words(whole)} is released.")


def _on(day: object) -> str:
    return f"on {day}, " if day else ""
