"""`cloister list` and `cloister show`: what is in the vault."""

from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context

if TYPE_CHECKING:
    from host_tools.container.report import Finding
    from host_tools.vault import Recording

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

    The ID in the first column is what the other commands ask for.
    """
    from host_tools.cli.text import print_json, print_table
    from host_tools.container.report import clock

    with context.open_vault() as vault:
        recordings = vault.recordings()
    if as_json:
        print_json({"recordings": [as_dict(recording) for recording in recordings]})
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
                    entry.finding,
                    str(entry.part + 1),
                    str(entry.number),
                    entry.recorder,
                )
                for entry in recordings
            ],
            right=("ID", "Length", "Lost", "Part", "Number"),
        )


@click.command()
@click.argument("recording_id", metavar="ID", type=RecordingId())
@click.option("--json", "as_json", is_flag=True, help="Print the details as JSON.")
@click.pass_obj
def show(context: Context, recording_id: int, as_json: bool) -> None:
    """Show one recording: what it is, and its marks and pauses.

    The recording is read and verified again for this.
    """
    from host_tools.cli import checks
    from host_tools.cli.text import print_json
    from host_tools.container.collection import Collection, Member

    with context.open_vault() as vault:
        recording = vault.recording(recording_id)
        with vault.open_recording(recording) as source:
            member = Member(f"recording {recording.id}", source, recording.vouch)
            finding = Collection([member], vault.knowledge()).examine(member)
    if as_json:
        events = [
            {**event.fields, "seconds": round((event.at - recording.start) / recording.rate_hz, 3)}
            for event in finding.events
        ]
        session = finding.session.fields if finding.session else None
        print_json({**as_dict(recording), "now": finding.as_dict(), "session": session, "events": events})
    else:
        _print_details(recording, finding)
    checks.say_what_was_found([finding], [])
    checks.leave([finding], [])


def as_dict(recording: "Recording") -> dict[str, Any]:
    """A recording for --json."""
    fields = {name: value for name, value in vars(recording).items() if name not in INTERNAL_FIELDS}
    return {**fields, "seconds": recording.seconds}


def started_words(started: str | None) -> str:
    """A start for a table: date and minute."""
    return "clock not set" if started is None else started[:16].replace("T", " ")


def _print_details(recording: "Recording", finding: "Finding") -> None:
    """The details as lines, then the events."""
    from host_tools.cli.text import print_table, printable
    from host_tools.container.report import clock

    for label, value in (
        ("Recording", f"{recording.id}, number {recording.number} of recorder {recording.recorder}"),
        ("Started", started_words(recording.started) + (" UTC" if recording.started else "")),
        ("Length", clock(recording.seconds)),
        ("Finding", f"{finding.word}: {finding.message}"),
        ("Sound", f"{recording.rate_hz} Hz, {'mono' if recording.channels == 1 else 'stereo'}, 16 bits"),
        ("Part", str(recording.part + 1)),
        ("Imported", started_words(recording.imported) + " UTC"),
    ):
        click.echo(f"{label + ':':<11}{printable(value)}")
    if finding.events:
        click.echo()
        print_table(
            ("At", "Event", "More"),
            [
                (
                    clock(max(0, event.at - recording.start) / recording.rate_hz),
                    event.name,
                    ", ".join(
                        f"{key} {value}" for key, value in event.fields.items() if key not in ("at", "event")
                    ),
                )
                for event in finding.events
            ],
            right=("At",),
        )
