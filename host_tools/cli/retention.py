"""`cloister retention`: how long recordings are kept, by default, by purpose, or one by one.

A rule that would make recordings due at once is asked about first: a mistyped one has destroyed archives.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import click
from msgspec import structs

from host_tools.cli.context import Context
from host_tools.cli.keeping import Day
from host_tools.cli.recordings import RecordingId
from host_tools.cli.talking import confirm, yes_option
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.retention import Rules, Whole
    from host_tools.vault.state import State

NO_RULE = "none"
NO_DAYS = -1


class Days(click.ParamType[int]):
    """A number of days, or none for no rule (NO_DAYS)."""

    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        from host_tools.vault.retention import checked_days

        text = str(value)
        if text == NO_RULE:
            return NO_DAYS
        if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
            self.fail(f"{text!r} is no number of days", param, ctx)
        return checked_days(int(text))


class PurposeCommand(click.Command):
    """Takes `--purpose NAME DAYS` for the table, and `ID --purpose NAME` for one recording."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A name with a second word behind it, and no ID before it, is an entry of the table."""
        if "--purpose" in args:
            at = args.index("--purpose")
            has_id = any(argument.isdecimal() for argument in args[:at])
            follows = args[at + 2 : at + 3]
            if follows and not follows[0].startswith("-") and not has_id:
                args = [*args[:at], "--purpose-days", *args[at + 1 :]]
        return super().parse_args(ctx, args)


@dataclass(frozen=True)
class _Wanted:
    """What is to be changed; None where nothing was said."""

    days: int | None
    purpose: str | None
    table_entry: tuple[str, int] | None
    remove_purpose: str | None
    until: date | None
    default: bool

    @property
    def said(self) -> list[str]:
        """The options that were given."""
        options = {
            "--days": self.days is not None,
            "--purpose": self.purpose is not None or self.table_entry is not None,
            "--remove-purpose": self.remove_purpose is not None,
            "--until": self.until is not None,
            "--default": self.default,
        }
        return [name for name, given in options.items() if given]


@click.command(cls=PurposeCommand)
@click.argument("recording_id", metavar="[ID]", type=RecordingId(), required=False)
@click.option(
    "--days", type=Days(), metavar="N", help="Keep it, or whatever has no other rule, so many days."
)
@click.option("--purpose", metavar="NAME [DAYS]", help="What it is kept for; without ID: how long that is.")
@click.option("--purpose-days", "table_entry", type=(str, Days()), hidden=True)
@click.option("--remove-purpose", metavar="NAME", help="Take a purpose off the table.")
@click.option("--until", type=Day(), metavar="DATE", help="Destroy it from this day (UTC) on.")
@click.option("--default", is_flag=True, help="Keep it like any other again.")
@click.option("--json", "as_json", is_flag=True, help="Print the rules, or the recording's, as JSON.")
@yes_option
@click.pass_obj
def retention(
    context: Context,
    recording_id: int | None,
    days: int | None,
    purpose: str | None,
    table_entry: tuple[str, int] | None,
    remove_purpose: str | None,
    until: date | None,
    default: bool,
    as_json: bool,
    yes: bool,
) -> None:
    """Show or set how long recordings are kept.

    Without ID: the vault's own rule (--days; "none" keeps for ever), and the table of purposes, as in
    --purpose supervision 365. With ID: that recording's own. What counts is, in this order: consent
    withdrawn, --until, --days and --purpose of the recording, what its recorder was set to, the vault's own
    rule. Nothing is destroyed by this command; it asks before it makes anything due at once.
    """
    wanted = _Wanted(days, purpose, table_entry, remove_purpose, until, default)
    _check_usage(recording_id, wanted)
    if not wanted.said:
        with context.open_vault() as vault:
            _show(vault, recording_id, as_json)
        return
    with context.open_vault("retention", change=" ".join(wanted.said)) as vault:
        if recording_id is None:
            _change_rules(vault, wanted, yes)
        else:
            _decide(vault, recording_id, wanted, yes)
        _show(vault, recording_id, as_json)


def _check_usage(recording_id: int | None, wanted: _Wanted) -> None:
    """Raises click.UsageError for options that do not go together."""
    if len(wanted.said) > 1:
        raise click.UsageError(f"{' and '.join(wanted.said)} cannot be given together")
    if recording_id is None and (wanted.until or wanted.default):
        raise click.UsageError(f"{wanted.said[0]} needs the ID of a recording")
    if recording_id is None and wanted.purpose is not None:
        raise click.UsageError("--purpose NAME needs the ID of a recording before it, or DAYS behind it")
    if recording_id is not None and (wanted.remove_purpose or wanted.table_entry):
        raise click.UsageError("the table of purposes is changed without the ID of a recording")
    if NO_DAYS in (recording_id and wanted.days, wanted.table_entry and wanted.table_entry[1]):
        raise click.UsageError(
            "none is for the vault's own rule: --default, or --remove-purpose, takes one away"
        )


def _change_rules(vault: "Vault", wanted: _Wanted, yes: bool) -> None:
    """Change the vault's own rule or its table."""
    from host_tools.vault.retention import keep_rules, rules_of, wholes_in

    before = rules_of(vault)
    after = _changed(before, wanted)
    vault.account.detail |= after.settings()
    _ask_about_what_falls_due(vault, wholes_in(vault, before), wholes_in(vault, after), yes)
    keep_rules(vault, after)


def _changed(rules: "Rules", wanted: _Wanted) -> "Rules":
    """The rules after the change. Raises CloisterError."""
    from host_tools.vault.retention import checked_purpose

    if wanted.days is not None:
        return replace(rules, days=None if wanted.days == NO_DAYS else wanted.days)
    if wanted.table_entry is not None:
        name, days = wanted.table_entry
        name = rules.purpose(checked_purpose(name)) or checked_purpose(name)
        return replace(rules, purposes={**rules.purposes, name: days})
    known = _known_purpose(rules, wanted.remove_purpose or "")
    return replace(rules, purposes={name: days for name, days in rules.purposes.items() if name != known})


def _decide(vault: "Vault", recording_id: int, wanted: _Wanted, yes: bool) -> None:
    """Decide about one recording, all parts of it."""
    from host_tools.cli.keeping import whole_of
    from host_tools.vault.retention import WITHDRAWN, rules_of, wholes_in

    whole, rules = whole_of(vault, recording_id), rules_of(vault)
    vault.account.recordings = whole.ids
    if whole.term.rule == WITHDRAWN:
        raise CloisterError(
            f"consent to recording {recording_id} was withdrawn: it is due since {whole.term.on}",
            "cloister hold keeps it all the same, with a reason",
        )
    decided = {part_id: _decided(vault.state(part_id), wanted, rules) for part_id in whole.ids}
    vault.account.detail |= _words(decided[whole.ids[0]])
    _ask_about_what_falls_due(vault, wholes_in(vault), wholes_in(vault, rules, decided), yes)
    with vault.transaction():
        for part_id in whole.ids:
            vault.set_state(part_id, _decided(vault.state(part_id), wanted, rules))


def _decided(state: "State", wanted: _Wanted, rules: "Rules") -> "State":
    """A part's state after the decision. Raises CloisterError."""
    if wanted.default:
        return structs.replace(state, days=None, purpose="", destroy_on=None)
    if wanted.until is not None:
        return structs.replace(state, destroy_on=wanted.until.isoformat())
    if wanted.days is not None:
        return structs.replace(state, days=wanted.days, destroy_on=None)
    return structs.replace(
        state, purpose=_known_purpose(rules, wanted.purpose or ""), days=None, destroy_on=None
    )


def _words(state: "State") -> dict[str, object]:
    """What was decided, for the audit."""
    return {"days": state.days, "purpose": state.purpose, "destroy_on": state.destroy_on}


def _known_purpose(rules: "Rules", name: str) -> str:
    """The purpose as it stands in the table. Raises CloisterError if it does not."""
    known = rules.purpose(" ".join(name.split()))
    if known is None:
        listed = ", ".join(sorted(rules.purposes)) or "it is empty"
        raise CloisterError(
            f"{name} is no purpose of the table ({listed})", "cloister retention --purpose NAME DAYS adds one"
        )
    return known


def _ask_about_what_falls_due(vault: "Vault", before: list["Whole"], after: list["Whole"], yes: bool) -> None:
    """Name what would be due at once and is not now, and ask."""
    from host_tools.cli.keeping import ids_words
    from host_tools.cli.text import note

    today = vault.now().date()
    due_before = {whole.ids[0] for whole in before if whole.is_due(today)}
    due = [whole for whole in after if whole.is_due(today) and whole.ids[0] not in due_before]
    if not due:
        return
    if len(due) == 1:
        note(f"with this, recording {ids_words(due[0])} is due at once, since {due[0].term.on}")
    else:
        oldest = min(whole.term.on for whole in due if whole.term.on)
        note(f"with this, {len(due)} recordings of {len(after)} are due at once, the first since {oldest}")
    confirm("Is that meant?", yes)


def _show(vault: "Vault", recording_id: int | None, as_json: bool) -> None:
    """The rules, or what holds for one recording."""
    from host_tools.cli.keeping import say_clock

    say_clock(vault)
    if recording_id is None:
        _show_rules(vault, as_json)
    else:
        _show_one(vault, recording_id, as_json)


def _show_one(vault: "Vault", recording_id: int, as_json: bool) -> None:
    from host_tools.cli.keeping import ids_words, people_names, when_words, whole_as_dict, whole_of
    from host_tools.cli.text import print_json

    whole, today = whole_of(vault, recording_id), vault.now().date()
    if as_json:
        print_json(whole_as_dict(whole, today, people_names(vault)))
        return
    when = f"on {whole.term.on}, {when_words(whole.term.on, today)}" if whole.term.on else "never"
    held = f"; held: {whole.hold.reason}" if whole.hold else ""
    click.echo(f"Recording {ids_words(whole)} is due {when} ({whole.term.words}){held}.")


def _show_rules(vault: "Vault", as_json: bool) -> None:
    """The vault's own rule and the table, each with how many recordings it decides about."""
    from host_tools.cli.text import print_json, print_table
    from host_tools.vault.retention import rules_of, wholes_in

    rules = rules_of(vault)
    terms = [whole.term for whole in wholes_in(vault, rules)]
    purposes = Counter(term.purpose for term in terms)
    by_rule = Counter(term.rule for term in terms)
    if as_json:
        print_json(
            rules.settings() | {"recordings": {"by_rule": dict(by_rule), "by_purpose": dict(purposes)}}
        )
        return
    rows = [(name, f"{days} days", purposes[name]) for name, days in sorted(rules.purposes.items())]
    own = by_rule["own days"] + by_rule["by hand"]
    rows += [("by a date or days of its own", "", own)] if own else []
    rows += [("consent withdrawn", "no longer", by_rule["withdrawn"])] if by_rule["withdrawn"] else []
    rows += [("as the recorder was set", "", by_rule["recorder"])] if by_rule["recorder"] else []
    rest = "for ever" if rules.days is None else f"{rules.days} days"
    rows.append(("everything else", rest, by_rule["default"] + by_rule["never"]))
    print_table(
        ("Kept", "How long", "Recordings"),
        [(name, how_long, str(count)) for name, how_long, count in rows],
        right=("How long", "Recordings"),
    )
