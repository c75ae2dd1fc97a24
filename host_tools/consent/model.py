"""A consent as the vault keeps it: who agreed to what, when, and whether it was withdrawn.

Names of people are nowhere but here, in the vault, and on the form. A name may be left to be written on the
form by hand: then it is on paper only. What is checked is said without the words that were given.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from host_tools.errors import CloisterError

CLIENT, THERAPIST, PRESENT = "client", "therapist", "present"
ROLES = (CLIENT, THERAPIST, PRESENT)
LANGUAGE = "en"
LONGEST_NAME = 120
LONGEST_TEXT = 4000
MOST_PARTIES = 40
JOINERS = "\u200c\u200d"  # they belong to the spelling of some scripts, and nothing shows where they are


@dataclass(frozen=True)
class Party:
    """Somebody who consents; an empty name is written on the form by hand."""

    role: str
    name: str = ""


@dataclass(frozen=True)
class Terms:
    """What is agreed, one text for each question of `texts.TOPICS`."""

    purpose: str
    use: str
    access: str
    kept: str
    destroyed: str
    withdrawal: str


@dataclass(frozen=True)
class Withdrawal:
    """When (ISO time) and why a consent was withdrawn; the reason may be empty. `by` entered it."""

    on: str
    reason: str
    by: int


@dataclass(frozen=True)
class Consent:
    """One consent. `made` is an ISO time, `by` the number of the person of the vault who entered it."""

    made: str
    by: int
    terms: Terms
    parties: list[Party] = field(default_factory=list)
    language: str = LANGUAGE
    withdrawn: Withdrawal | None = None

    def as_paper(self) -> dict[str, Any]:
        """What is kept in the vault."""
        return dict(msgspec.to_builtins(self))


def from_paper(paper: dict[str, Any]) -> Consent:
    """A consent as it was kept."""
    return msgspec.convert(paper, Consent)


def checked_name(name: str) -> str:
    """A party's name as it is kept, or an empty one. Raises CloisterError."""
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME or not _is_printable(name):
        raise CloisterError(f"a party's name has at most {LONGEST_NAME} characters, all of them printable")
    return name


def checked_text(text: str, topic: str) -> str:
    """What is agreed about a topic, as it is kept. Raises CloisterError."""
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT or not all(map(_is_printable, text.splitlines())):
        raise CloisterError(f"the text for {topic} has 1 to {LONGEST_TEXT} characters, all of them printable")
    return "\n".join(text.splitlines())


def checked_parties(parties: list[Party]) -> list[Party]:
    """Parties among whom there is a client and a therapist. Raises CloisterError."""
    for role in (CLIENT, THERAPIST):
        if not any(party.role == role for party in parties):
            raise CloisterError(f"a consent needs a {role}", "an empty name is written on the form by hand")
    if len(parties) > MOST_PARTIES:
        raise CloisterError(f"a consent has at most {MOST_PARTIES} parties")
    return parties


def _is_printable(text: str) -> bool:
    return all(letter.isprintable() or letter in JOINERS for letter in text)
