"""What `cloister consent new` asks on the terminal: who the parties are, and what they agree to."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from host_tools.consent.model import (
    CLIENT,
    PRESENT,
    ROLES,
    THERAPIST,
    Party,
    Terms,
    checked_name,
    checked_parties,
    checked_text,
)
from host_tools.consent.texts import TOPICS, Topic, suggestion
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault

QUESTIONS = {CLIENT: "Client's name", THERAPIST: "Therapist's name", PRESENT: "Name of somebody else present"}


def check_asking(given: Mapping[str, Sequence[str]], texts: Mapping[str, str | None], yes: bool) -> None:
    """Raises CloisterError if something has to be asked and there is nobody to ask."""
    is_complete = given[CLIENT] and given[THERAPIST] and None not in texts.values()
    if not (is_complete or yes or sys.stdin.isatty()):
        raise CloisterError(
            "who consents to what has to be asked, and there is no terminal to ask on",
            "give everything as options, or --yes for the suggested texts and lines to write names on",
        )


def ask_parties(vault: "Vault", given: Mapping[str, Sequence[str]], yes: bool) -> list[Party]:
    """The parties: as given, else asked for, else with names to be written by hand. Raises CloisterError."""
    may_ask = not yes and sys.stdin.isatty() and not (given[CLIENT] and given[THERAPIST])
    parties = []
    for role in ROLES:
        names = [checked_name(name) for name in given[role]]
        if not names and may_ask:
            names = _ask_names(role, _own_name(vault) if role == THERAPIST else "")
        elif not names and role != PRESENT:
            names = [""]
        parties += [Party(role, name) for name in names]
    return checked_parties(parties)


def ask_terms(vault: "Vault", texts: Mapping[str, str | None], yes: bool) -> Terms:
    """What is agreed: as given, else asked for with a suggestion, else as suggested. Raises CloisterError."""
    from host_tools.vault.retention import rules_of

    days = rules_of(vault).days
    may_ask = not yes and sys.stdin.isatty() and None in texts.values()
    agreed = {}
    for topic in TOPICS:
        text = texts[topic.field]
        if text is not None:
            agreed[topic.field] = checked_text(text, topic.field)
        elif may_ask:
            agreed[topic.field] = _ask_text(topic, suggestion(topic, days))
        else:
            agreed[topic.field] = suggestion(topic, days)
    return Terms(**agreed)


def _ask_names(role: str, own_name: str) -> list[str]:
    """The names of one role, one after the other until nothing is typed."""
    without = "nobody" if role == PRESENT else "written on the form by hand"
    question = QUESTIONS[role] if own_name else f"{QUESTIONS[role]} (Enter: {without})"
    names = [_asked(question, own_name, checked_name)]
    while names[-1]:
        names.append(_asked("Another one (Enter: nobody)", "", checked_name))
    return names[: max(len(names) - 1, 0 if role == PRESENT else 1)]


def _own_name(vault: "Vault") -> str:
    """The name of whoever opened the vault, if they gave one."""
    from host_tools.vault.people import FIRST_NAME

    name = vault.person.name
    return "" if name == FIRST_NAME else name


def _ask_text(topic: Topic, suggested: str) -> str:
    """What is agreed about one topic."""
    click.echo(f"\n{topic.heading}:\n{click.wrap_text(suggested, 78, '  ', '  ')}", err=True)
    question = "Enter takes this, or write what you agreed"
    return _asked(question, suggested, lambda text: checked_text(text, topic.field), show=False)


def _asked(question: str, default: str, check: Callable[[str], str], show: bool = True) -> str:
    """An answer that passes the check; asked again until one does."""
    while True:
        shown = bool(default) and show
        answer = click.prompt(question, default=default, show_default=shown, err=True)
        try:
            return check(answer)
        except CloisterError as refused:
            click.echo(refused.message, err=True)
