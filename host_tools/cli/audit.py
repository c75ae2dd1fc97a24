"""`cloister audit`: who did what, when, with which recordings, and how it ended; and whether that is all."""

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context
from host_tools.cli.keeping import Day
from host_tools.cli.recordings import RecordingId
from host_tools.cli.talking import confirm, yes_option
from host_tools.cli.text import note
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.audit import Entry

HEAD_FORM = re.compile(r"(\d{1,15}):([0-9a-f]{64})", re.ASCII)


class Head(click.ParamType[tuple[int, str]]):
    """A head of the audit that was written down: the number of an entry, a colon, its hash."""

    name = "head"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        """Number and hash."""
        match = HEAD_FORM.fullmatch(str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is no head: cloister audit --verify prints one, like 12:5af0…", param, ctx)
        return int(match[1]), match[2]


@click.command()
@click.option("--verify", is_flag=True, help="Find entries that were altered, removed or put in.")
@click.option(
    "--head",
    type=Head(),
    metavar="N:HASH",
    help="Verify, also against a head that was written down earlier: an older vault put back is noticed.",
)
@click.option("--recording", "recording_id", type=RecordingId(), metavar="ID", help="Only what concerns it.")
@click.option(
    "--since",
    type=Day(),
    metavar="DATE",
    help="Only what was done on that day (UTC) or later.",
)
@click.option(
    "--clock-is-right", is_flag=True, help="Believe this computer's clock, though the newest entry is later."
)
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def audit(
    context: Context,
    /,
    clock_is_right: bool,
    yes: bool,
    verify: bool,
    head: tuple[int, str] | None,
    recording_id: int | None,
    since: date | None,
    as_json: bool,
) -> None:
    """Show who did what, when, with which recordings, and how it ended.

    With --verify the audit is checked instead, and its head printed: written down or sent to somebody, it
    shows later, with --head, that nothing before it was changed. Exit status 3 if something is wrong.
    """
    if clock_is_right:
        _believe_clock(context, yes)
        return
    if verify or head is not None:
        if recording_id is not None or since is not None:
            raise click.UsageError("--verify checks all of the audit: leave --recording and --since away")
        _verify(context, head, as_json)
        return
    with context.open_vault() as vault:
        every = vault.audit.entries()
        people = _people(vault, every)
        entries = [
            entry
            for entry in every
            if (recording_id is None or recording_id in entry.recordings)
            and (since is None or entry.at.date() >= since)
        ]
    _print(entries, people, as_json)


def _believe_clock(context: Context, yes: bool) -> None:
    """Let the audit go on from now, after a command ran while the clock was ahead; asked, and entered."""
    from host_tools.cli.keeping import clock_words

    with context.open_vault() as vault:
        if vault.clock_set_back is None:
            raise CloisterError("this computer's clock is not behind the audit: there is nothing to believe")
        note(clock_words(vault))
        confirm(f"Is it {datetime.now(UTC):%Y-%m-%d %H:%M} UTC now?", yes)
        vault.audit.believe_clock(vault.person_id)
        click.echo(f"From now on {vault.now():%Y-%m-%d} is taken for today.")


def _verify(context: Context, written_down: tuple[int, str] | None, as_json: bool) -> None:
    from host_tools.cli.text import complain, print_json

    with context.open_vault() as vault:
        faults, (seq, head_hash) = vault.audit.verify(), vault.audit.head
        if written_down is not None and not faults:
            faults += _head_faults(vault, written_down)
    if as_json:
        print_json({"entries": seq, "head": f"{seq}:{head_hash}", "faults": faults})
    else:
        for fault in faults:
            complain(fault)
        if not faults:
            click.echo(f"The audit is whole: {seq} entries. Its head is\n{seq}:{head_hash}")
            if written_down is None:
                note("write the head down: with --head it shows later that nothing before it was changed")
    if faults:
        click.get_current_context().exit(EXIT_FOUND)


def _head_faults(vault: "Vault", written_down: tuple[int, str]) -> list[str]:
    """What is wrong with an audit that is whole, when somebody remembers that entry with that hash."""
    seq, head_hash = written_down
    newest, _ = vault.audit.head
    if seq > newest:
        return [
            f"the audit ends with entry {newest}, but entry {seq} was written down: "
            "an older copy of the vault was put in its place"
        ]
    known = {entry.seq: entry.hash for entry in vault.audit.entries(newest - seq + 1)}
    if seq and known.get(seq) != head_hash:
        return [
            f"entry {seq} is another one than was written down: "
            "an older copy of the vault was put in its place, and used since"
        ]
    return []


def _people(vault: "Vault", entries: list["Entry"]) -> dict[int, str]:
    """Everybody's name by number; also of those who were removed, as the audit's own entries tell it."""
    names = {0: "nobody"}
    for entry in entries:
        person, name = entry.detail.get("person"), entry.detail.get("name")
        if entry.action == "people" and isinstance(person, int) and isinstance(name, str):
            names[person] = f"{name} (removed)"
    return names | {person.id: person.name for person in vault.people()}


def _print(entries: list["Entry"], people: dict[int, str], as_json: bool) -> None:
    from host_tools.cli.text import print_json, print_table

    if as_json:
        print_json({"entries": [_as_dict(entry, people) for entry in entries]})
    elif not entries:
        click.echo("Nothing of that kind is in the audit.", err=True)
    else:
        print_table(
            ("No.", "When (UTC)", "Who", "What", "Details"),
            [
                (
                    str(entry.seq),
                    f"{entry.at:%Y-%m-%d %H:%M}",
                    _who(entry, people),
                    entry.action if entry.outcome == "done" else f"{entry.action}: {entry.outcome}",
                    _details(entry),
                )
                for entry in entries
            ],
            right=("No.",),
            firm=("When (UTC)",),
        )


def _details(entry: "Entry") -> str:
    """The recordings and the details, in one line."""
    from host_tools.container.report import run_words

    what = "recordings" if len(entry.recordings) > 1 else "recording"
    said = [f"{what} {run_words(entry.recordings)}"] if entry.recordings else []
    return "; ".join([*said, *filter(None, [detail_words(entry.detail)])])


def _as_dict(entry: "Entry", people: dict[int, str]) -> dict[str, Any]:
    return vars(entry) | {"at": entry.at.isoformat(), "who": _who(entry, people)}


def _who(entry: "Entry", people: dict[int, str]) -> str:
    return people.get(entry.person, f"person {entry.person}")


def detail_words(detail: dict[str, Any]) -> str:
    """The details of an entry in one line."""
    said = [(name, _value_words(value)) for name, value in detail.items() if value not in (None, "", [], {})]
    return "; ".join(value if name in ("did", "why", "error") else f"{name}: {value}" for name, value in said)


def _value_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value_words, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value_words(part)}" for name, part in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
