"""Whom the law of a place asks before a conversation is recorded: a table, with its sources.

The table is `places.toml`. It has a notice that it is no legal advice: whoever shows the one shows the other.
"""

import tomllib
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from host_tools.errors import CloisterError

ONE_PARTY, ALL_PARTY, MIXED, DISPUTED = "one-party", "all-party", "mixed", "disputed"
RULE_WORDS = {
    ONE_PARTY: "one party",
    ALL_PARTY: "all parties",
    MIXED: "mixed",
    DISPUTED: "see a lawyer: disputed",
}


@dataclass(frozen=True)
class Place:
    """One place, by its ISO 3166 code: the rule for conversations in person, and where that is from."""

    code: str
    name: str
    rule: str
    law: str
    source: str
    checked: date
    note: str = ""

    @property
    def rule_words(self) -> str:
        """The rule for people."""
        return RULE_WORDS[self.rule]

    def as_dict(self) -> dict[str, Any]:
        """The place for --json."""
        return asdict(self) | {"checked": self.checked.isoformat()}


def notice() -> str:
    """What has to be said with any of it; a line for each paragraph."""
    return str(_table()["notice"]).strip()


def places() -> list[Place]:
    """Every place, in the order of the table."""
    return [Place(**entry) for entry in _table()["place"]]


def find(name: str) -> list[Place]:
    """The place with this code or name, else those whose name has it in it. Raises CloisterError if none."""
    wanted = " ".join(name.split()).casefold()
    known = places()
    exact = [place for place in known if wanted in (place.code.casefold(), place.name.casefold())]
    found = exact or [place for place in known if wanted and wanted in place.name.casefold()]
    if not found:
        raise CloisterError(
            f"{name} is not in the table, which does not mean that everything is allowed there",
            "cloister consent places lists what is in it; elsewhere ask a lawyer",
        )
    return found


@cache
def _table() -> dict[str, Any]:
    text = resources.files("host_tools.consent").joinpath("places.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
