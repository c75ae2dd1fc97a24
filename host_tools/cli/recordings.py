"""`cloister list` and `cloister show`: what is in the vault."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context

if TYPE_CHECKING:
    from host_tools.container.report import Finding
    from host_tools.vault import Recording, Vault
    from host_tools.vault.chains import Chain
    from host_tools.vault.state import State

DESTROYED = "destroyed"
INTERNAL_FIELDS = ("file", "key", "previous")
MOST_ID_DIGITS = 18  # SQLite counts no further than 19


class RecordingId(click.ParamType[int]):
    """The number that `cloister list` shows for a recording."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        text = str(value)
        if not (text.isascii() and text.isdecimal() and len(text) <= MOST_ID_DIGITS and int(text) > 0):
            self.fail(f"{text!r} is no recording's ID: cloister list shows them", param, ctx)
        return int(text)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the recordings as JSON.")
@click.pass_obj
def list_recordings(context: Context, as_json: bool) -> None:
    """List the recordings in the vault.

    The ID in the first column is what the other commands ask for. A recording that outgrew one file on the
    card has several parts, each with an ID of its own; any of them stands for the whole.
    """
    from host_tools.cli.text import print_json, print_table
    from host_tools.container.report import clock
    from host_tools.vault.chains import chains

    with context.open_vault() as vault:
        recordings, states = vault.recordings(), vault.states()
    wholes = chains(recordings)
    if as_json:
        print_json(
            {"recordings": [as_dict(entry, wholes[entry.id], states.get(entry.id)) for entry in recordings]}
        )
    elif not recordings:
        click.echo("No recordings in the vault.", err=True)
    else:
        print_table(
            ("ID", "Started (UTC)", "Length", "Lost", "Finding", "Part", "Number", "Recorder"),
            [
                (
                    str(entry.id),
                    started_words(entry.started),
                    clock(entry.seconds),
                    str(entry.lost),
                    finding_word(entry, states.get(entry.id)),
                    part_words(entry, wholes[entry.id]),
                    str(entry.number),
                    entry.recorder,
                )
                for entry in recordings
            ],
            right=("ID", "Length", "Lost", "Number"),
            firm=("Length", "Finding"),
        )


@click.command()
@click.argument("recording_id", metavar="ID", type=RecordingId())
@click.option("--json", "as_json", is_flag=True, help="Print the details as JSON.")
@click.pass_obj
def show(context: Context, recording_id: int, as_json: bool) -> None:
    """Show one recording: what it is, when it is due, and its marks and pauses.

    The recording is read and verified again for this. Of one in several parts, this part is shown; times
    count from the recording's beginning, as for export.
    """
    from host_tools.cli import checks
    from host_tools.cli.targets import finding_on_gone
    from host_tools.cli.text import print_json
    from host_tools.container.collection import Collection, Member
    from host_tools.vault.chains import chain_of

    with context.open_vault("show") as vault:
        vault.account.recordings = [recording_id]
        recording, state = vault.recording(recording_id), vault.state(recording_id)
        chain, kept = chain_of(vault, recording_id), _kept(vault, recording_id, state)
        suite = _suite_of(vault, recording)
        if state.gone is not None:
            finding = finding_on_gone(recording, state.gone)
        else:
            with vault.open_recording(recording) as source:
                member = Member(f"recording {recording.id}", source, recording.vouch)
                finding = Collection([member], vault.knowledge()).examine(member)
    if as_json:
        events = [
            {**event.fields, "seconds": round((event.at - chain.start) / recording.rate_hz, 3)}
            for event in finding.events
        ]
        session = finding.session.fields if finding.session else None
        shown = as_dict(recording, chain, state) | {"suite": suite, "suite_name": _suite_name(suite)}
        print_json({**shown, **kept, "now": finding.as_dict(), "session": session, "events": events})
    else:
        _print_details(recording, finding, chain, kept, _suite_name(suite))
    checks.say_what_was_found([finding], {}, of_vault=True)
    checks.leave([finding], [])


def as_dict(recording: "Recording", chain: "Chain", state: "State | None") -> dict[str, Any]:
    """A recording for --json; `parts` are the ids of its parts, `missing_parts` the numbers of others.

    `destroyed` is when its key was (ISO), null while it exists.
    """
    from msgspec import structs

    fields = {name: value for name, value in structs.asdict(recording).items() if name not in INTERNAL_FIELDS}
    gone = state.gone if state else None
    return {
        **fields,
        "finding": finding_word(recording, state),
        "seconds": recording.seconds,
        "parts": [part.id for part in chain.parts],
        "missing_parts": chain.missing,
        "destroyed": gone.on if gone else None,
    }


def finding_word(recording: "Recording", state: "State | None") -> str:
    """What it was found to be at import; that it was destroyed, if it was."""
    return DESTROYED if state is not None and state.gone is not None else recording.finding


def part_words(recording: "Recording", chain: "Chain") -> str:
    """Which part of how many, and in which number the recording began."""
    if chain.missing:
        of = ", others missing"
    elif len(chain.parts) > 1:
        of = f" of {len(chain.parts)}"
    else:
        of = ""
    began = f", began in number {chain.first.number}" if recording.part and not chain.first.part else ""
    return f"{recording.part + 1}{of}{began}"


def started_words(started: str | None) -> str:
    """A start for a table: date and minute."""
    return "clock not set" if started is None else started[:16].replace("T", " ")


def _kept(vault: "Vault", recording_id: int, state: "State") -> dict[str, Any]:
    """When it is due and why, what holds it, and its consents; nothing is due of what is destroyed."""
    from host_tools.cli.keeping import people_names, whole_as_dict, whole_of

    if state.gone is not None:
        return {"due": None, "days_overdue": None, "why": "", "consents": state.consents, "hold": None}
    told = whole_as_dict(whole_of(vault, recording_id), vault.now().date(), people_names(vault))
    return {name: told[name] for name in ("due", "days_overdue", "why", "consents", "hold")}


def _kept_lines(kept: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The same as lines."""
    if kept["why"]:
        yield "Due", f"{kept['due']} ({kept['why']})" if kept["due"] else "no date"
    if hold := kept["hold"]:
        yield "Held", f"by {hold['by']} since {hold['since'][:10]}: {hold['reason']}"
    if kept["consents"]:
        yield "Consent", ", ".join(map(str, kept["consents"]))


def _suite_of(vault: "Vault", recording: "Recording") -> int | None:
    """The suite that it was sealed with: its key's, which the vault knows also when that was destroyed."""
    record = vault.private_key_for(bytes.fromhex(recording.key))
    return None if record is None else record.suite


def _suite_name(suite: int | None) -> str | None:
    """The suite for people; None where its key is not known."""
    from host_tools.container.layout import SUITES

    return SUITES[suite].name if suite in SUITES else None


def _print_details(
    recording: "Recording", finding: "Finding", chain: "Chain", kept: Mapping[str, Any], suite: str | None
) -> None:
    """The details as lines, then the events."""
    from host_tools.cli.events import event_words
    from host_tools.cli.text import print_table, printable
    from host_tools.container.report import clock

    for label, value in (
        ("Recording", f"{recording.id}, number {recording.number} of recorder {recording.recorder}"),
        ("Started", started_words(recording.started) + (" UTC" if recording.started else "")),
        ("Length", clock(recording.seconds)),
        ("Finding", f"{finding.word}: {finding.message}"),
        ("Sound", f"{recording.rate_hz} Hz, {'mono' if recording.channels == 1 else 'stereo'}, 16 bits"),
        ("Suite", suite or "not known: its key is not in this vault"),
        ("Part", part_words(recording, chain)),
        ("Imported", started_words(recording.imported) + " UTC"),
        *_kept_lines(kept),
    ):
        click.echo(f"{label + ':':<11}{printable(value)}")
    if finding.events:
        click.echo()
        print_table(
            ("At", "Event", "More"),
            [
                (
                    clock(max(0, event.at - chain.start) / recording.rate_hz),
                    *event_words(event, recording.rate_hz),
                )
                for event in finding.events
            ],
            right=("At",),
        )
