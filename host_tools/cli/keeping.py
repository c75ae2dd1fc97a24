"""What the commands about keeping and destroying share: options, checks, and how dates and holds are said."""

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault
    from host_tools.vault.retention import Whole

LONGEST_REASON = 500


class Reason(click.ParamType[str]):
    """Some words; they are kept in the vault, encrypted."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The words without needless spaces."""
        text = " ".join(str(value).split())
        if not text or len(text) > LONGEST_REASON or not text.isprintable():
            self.fail(f"a reason has 1 to {LONGEST_REASON} characters that can be printed", param, ctx)
        return text


class Day(click.ParamType[date]):
    """A day as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day."""
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            day = None
        if day is None or str(day) != str(value):
            self.fail(f"{str(value)!r} is no day: write it like 2026-12-31", param, ctx)
        return day


reason_option = click.option(
    "--reason", required=True, type=Reason(), metavar="TEXT", help="Why; kept encrypted, and in the audit."
)


def whole_of(vault: "Vault", recording_id: int) -> "Whole":
    """The recording with all its parts. Raises CloisterError if there is none, or it is destroyed."""
    from host_tools.vault.retention import wholes_in

    vault.recording(recording_id)
    whole = next((whole for whole in wholes_in(vault) if recording_id in whole.ids), None)
    if whole is None:
        raise CloisterError(f"recording {recording_id} is destroyed already")
    return whole


def say_clock(vault: "Vault") -> None:
    """Say that this computer's clock is wrong, if the audit shows it."""
    from host_tools.cli.text import complain

    if vault.clock_set_back is not None:
        complain(clock_words(vault))


def clock_words(vault: "Vault") -> str:
    """What is wrong with the clock."""
    return (
        f"this computer's clock was set back: the newest entry of the audit is {_behind_words(vault)} ahead; "
        f"{vault.now():%Y-%m-%d} is taken for today"
    )


def _behind_words(vault: "Vault") -> str:
    """How far the clock was set back, in the largest unit that fits."""
    behind = vault.clock_set_back
    seconds = int(behind.total_seconds()) if behind else 0
    sizes = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next(((size, unit) for size, unit in sizes if seconds >= size), sizes[-1])
    return f"{seconds // size} {unit}{'' if seconds // size == 1 else 's'}"


def ids_words(whole: "Whole") -> str:
    """The ids of a recording's parts."""
    from host_tools.container.report import run_words

    return run_words(sorted(whole.ids))


def numbers_words(whole: "Whole") -> str:
    """The numbers of a recording's parts."""
    from host_tools.container.report import run_words

    return run_words(part.number for part in whole.parts)


def started_of(whole: "Whole") -> str:
    """When it was started, for a table."""
    from host_tools.cli.recordings import started_words

    return started_words(whole.parts[0].started)


def seconds_of(whole: "Whole") -> float:
    """How long its parts are together, what is missing between them included."""
    first, last = whole.parts[0], whole.parts[-1]
    return round((last.samples - first.start) / first.rate_hz, 3)


def when_words(on: date | None, today: date) -> str:
    """How far off a day is."""
    if on is None:
        return "never"
    days = (on - today).days
    if days == 0:
        return "today"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"in {count}" if days > 0 else f"{count} ago"


def people_names(vault: "Vault") -> dict[int, str]:
    """Everybody's name by their number."""
    return {person.id: person.name for person in vault.people()}


def person_words(names: dict[int, str], number: int) -> str:
    """Who it was, also if they are no longer among the vault's people."""
    return names.get(number, f"person {number}, who was removed")


def whole_as_dict(whole: "Whole", today: date, names: dict[int, str]) -> dict[str, Any]:
    """A recording for --json: what it is, when it is due and what holds it."""
    on = whole.term.on
    hold = whole.hold
    return {
        "id": whole.parts[0].id,
        "parts": whole.ids,
        "numbers": [part.number for part in whole.parts],
        "recorder": whole.parts[0].recorder,
        "started": whole.parts[0].started,
        "seconds": seconds_of(whole),
        "due": on.isoformat() if on else None,
        "days_overdue": (today - on).days if on and on <= today else None,
        "rule": whole.term.rule,
        "why": whole.term.words,
        "consents": list(whole.consents),
        "hold": {"reason": hold.reason, "since": hold.since, "by": person_words(names, hold.by)}
        if hold
        else None,
    }
