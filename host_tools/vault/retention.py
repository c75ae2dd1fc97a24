"""When a recording is due to be destroyed: rules only, nothing here destroys anything.

The first that says something counts: consent withdrawn, a date set by hand, days set for this recording,
the days of its purpose, those that the recorder was set to, the vault's own rule. Without any it is kept
for ever. Days are those of the UTC calendar, counted from the day on which it was recorded. The parts of one
recording are due together, on the latest of their dates, and held if any of them is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from host_tools.errors import CloisterError
from host_tools.vault.chains import Chain, chains
from host_tools.vault.recordings import Recording
from host_tools.vault.state import FRESH, Hold, State

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

SETTINGS = "settings"
MOST_DAYS = 36_525
LONGEST_PURPOSE = 60

WITHDRAWN, BY_HAND, OWN_DAYS, PURPOSE = "withdrawn", "by hand", "own days", "purpose"
RECORDER, DEFAULT, NEVER = "recorder", "default", "never"


@dataclass(frozen=True)
class Rules:
    """The user's own table: days for what has no rule of its own (None: for ever), and for each purpose."""

    days: int | None = None
    purposes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Rules":
        """Those of the vault's settings."""
        return cls(settings.get("retention_days"), dict(settings.get("purposes", {})))

    def settings(self) -> dict[str, Any]:
        """The same as they stand in the vault's settings."""
        return {"retention_days": self.days, "purposes": dict(sorted(self.purposes.items()))}

    def purpose(self, name: str) -> str | None:
        """The purpose of that name as it stands in the table, however it is capitalised, or None."""
        return next((known for known in self.purposes if known.casefold() == name.casefold()), None)


class Term(NamedTuple):
    """The day from which on a recording is due (None: never), and the rule that says so."""

    on: date | None
    rule: str
    days: int | None = None
    purpose: str = ""

    @property
    def words(self) -> str:
        """Why it is due then, for people."""
        days = "1 day" if self.days == 1 else f"{self.days} days"
        return {
            WITHDRAWN: "consent withdrawn",
            BY_HAND: "date set by hand",
            OWN_DAYS: f"{days}, set for it",
            PURPOSE: f"{days} for {self.purpose}",
            RECORDER: f"{days}, set on the recorder",
            DEFAULT: f"{days}, the vault's rule",
            NEVER: "no rule",
        }[self.rule]


class Whole(NamedTuple):  # made ten thousand times for a list, which takes a dataclass long
    """One recording with all of its parts that are here: when it is due, and what holds it."""

    parts: tuple[Recording, ...]
    term: Term
    hold: Hold | None = None
    consents: tuple[int, ...] = ()

    @property
    def ids(self) -> list[int]:
        """The ids of its parts, in order."""
        return [part.id for part in self.parts]

    def is_due(self, today: date) -> bool:
        """Whether its day has come, held or not."""
        return self.term.on is not None and self.term.on <= today


def rules_of(vault: "Vault") -> Rules:
    """The vault's rules; none at first."""
    return Rules.of(_settings(vault))


def keep_rules(vault: "Vault", rules: Rules) -> None:
    """Put these rules in the place of the vault's; its other settings stay."""
    with vault.transaction():
        vault.papers.put(SETTINGS, 1, _settings(vault) | rules.settings())


def wholes_in(
    vault: "Vault", rules: Rules | None = None, decided: Mapping[int, State] | None = None
) -> list[Whole]:
    """Every recording of the vault that still exists.

    Under other rules, or with other decisions about some of them, to see what these would do.
    """
    found = chains(vault.recordings()).values()
    states = vault.states() | dict(decided or {})
    return wholes_of(found, states, rules_of(vault) if rules is None else rules)


def _settings(vault: "Vault") -> dict[str, Any]:
    return next((settings for number, settings in vault.papers.all(SETTINGS) if number == 1), {})


def wholes_of(found: Iterable[Chain], states: Mapping[int, State], rules: Rules) -> list[Whole]:
    """Each recording that still exists; what is gone is left out, also of one in several parts."""
    wholes = []
    for chain in {id(chain): chain for chain in found}.values():
        parts = tuple(part for part in chain.parts if states.get(part.id, FRESH).gone is None)
        if parts:
            wholes.append(_whole(parts, [states.get(part.id, FRESH) for part in parts], rules))
    return wholes


def by_urgency(wholes: Iterable[Whole]) -> list[Whole]:
    """In the order of their days, what has been due longest first; what has none comes last."""
    return sorted(wholes, key=lambda whole: (whole.term.on or date.max, whole.parts[0].id))


def checked_days(days: int) -> int:
    """A number of days that can be a rule. Raises CloisterError."""
    if not 1 <= days <= MOST_DAYS:
        raise CloisterError(f"recordings are kept for 1 to {MOST_DAYS} days, not {days}")
    return days


def checked_purpose(name: str) -> str:
    """A purpose's name as it is kept. Raises CloisterError."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_PURPOSE or not name.isprintable():
        raise CloisterError(f"a purpose has a name of 1 to {LONGEST_PURPOSE} characters that can be printed")
    return name


def _whole(parts: tuple[Recording, ...], states: Sequence[State], rules: Rules) -> Whole:
    """One recording; what was decided about one of its parts counts for all."""
    if len(states) == 1:  # nearly always, and there may be ten thousand
        (state,) = states
        return Whole(parts, _term(parts, states, rules), state.hold, tuple(sorted(state.consents)))
    holds = [state.hold for state in states if state.hold]
    consents = {consent for state in states for consent in state.consents}
    return Whole(parts, _term(parts, states, rules), holds[0] if holds else None, tuple(sorted(consents)))


def _term(parts: Sequence[Recording], states: Sequence[State], rules: Rules) -> Term:
    """The first rule that says something."""
    if len(states) == 1 and states[0] is FRESH:
        return _by_itself(parts[0], rules)
    withdrawn = [state.withdrawn for state in states if state.withdrawn]
    if withdrawn:
        return Term(date.fromisoformat(min(withdrawn)[:10]), WITHDRAWN)
    by_hand = [state.destroy_on for state in states if state.destroy_on]
    if by_hand:
        return Term(date.fromisoformat(max(by_hand)[:10]), BY_HAND)
    own = [state.days for state in states if state.days is not None]
    if own:
        return _after(parts, max(own), OWN_DAYS)
    purposes = [
        (rules.purposes[state.purpose], state.purpose) for state in states if state.purpose in rules.purposes
    ]
    if purposes:
        days, purpose = max(purposes)
        return _after(parts, days, PURPOSE, purpose)
    return max((_by_itself(part, rules) for part in parts), key=lambda term: term.on or date.max)


def _by_itself(part: Recording, rules: Rules) -> Term:
    """What holds for a part about which nothing was decided. 0 days are no rule of the recorder's."""
    if part.retention_days:
        return _after([part], part.retention_days, RECORDER)
    if rules.days is not None:
        return _after([part], rules.days, DEFAULT)
    return Term(None, NEVER)


def _after(parts: Sequence[Recording], days: int, rule: str, purpose: str = "") -> Term:
    """So many days after the latest of the parts."""
    first = max(map(_counted_from, parts))
    last = min(first.toordinal() + days, date.max.toordinal())
    return Term(date.fromordinal(last), rule, days, purpose)


def _counted_from(part: Recording) -> date:
    """The day it was started, if the clock was set, and not to a day after the import."""
    imported = part.imported[:10]
    return date.fromisoformat(min(part.started[:10], imported) if part.started else imported)
