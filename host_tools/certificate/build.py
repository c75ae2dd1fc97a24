"""A certificate of destruction, from evidence: it claims what was achieved and names what was not.

Nothing is issued when the verification failed. The dictionary is what is signed and printed;
docs/retention.md shows one.
"""

from collections.abc import Iterator
from typing import Any

from host_tools.certificate.conditions import conditions, dates_words, level, recordings_words
from host_tools.certificate.evidence import Evidence, Opener
from host_tools.certificate.signature import VERSION
from host_tools.errors import CloisterError


class NotVerified(CloisterError):
    """The destruction could not be verified: no certificate is issued."""


def build(
    evidence: Evidence, certificate_id: str, vault_key: bytes, audit: tuple[int, str]
) -> dict[str, Any]:
    """The certificate, not yet signed. Raises NotVerified, which says what failed."""
    if evidence.faults:
        raise NotVerified(
            "no certificate is issued, as the verification failed: " + "; ".join(evidence.faults),
            "do the same again; what is destroyed already stays destroyed",
        )
    answers = conditions(evidence)
    name, technique = level(evidence, answers)
    return {
        "certificate": VERSION,
        "id": certificate_id,
        "issued": evidence.issued,
        "person": evidence.person,
        "vault_key": vault_key.hex(),
        "recordings": list(evidence.recordings),
        "method": {
            "level": name,
            "technique": technique,
            "conditions": [answer.as_dict() for answer in answers],
        },
        "media": [medium.as_dict() for medium in evidence.media],
        "verification": {
            "how": "; ".join(evidence.checks),
            "result": "nothing was found that should not be there",
            "passed": True,
        },
        "not_achieved": list(not_achieved(evidence)),
        "audit": {"seq": audit[0], "hash": audit[1]},
        "consents": list(evidence.consents),
    }


def not_achieved(evidence: Evidence) -> Iterator[str]:
    """What the destruction does not reach, in sentences; on every certificate."""
    yield from _still_open(evidence)
    for copy in (*evidence.plain_copies, *evidence.pictures):
        whole = f"{copy.what} of {recordings_words(copy.recordings)}{f' to {copy.to}' if copy.to else ''}"
        yield f"The {whole}, made on {copy.on[:10]}, was not destroyed."
    if not evidence.plain_copies:
        yield "Exports and shares: the vault knows of none; a copy made in another way is not known to it."
    if evidence.backups:
        yield (
            f"The backups of the vault made on {dates_words(evidence.backups)} hold the key until they are "
            "destroyed; the passphrases of that time open them."
        )
    else:
        yield "Backups: the vault knows of none that holds the key."
    yield (
        "Copies of the vault's folder that the computer's own backup or synchronisation made, and "
        "snapshots of its disk, hold the key; the passphrases of that time open them."
    )
    for day in evidence.restored:
        yield (
            f"This vault was made out of a backup on {day}: the vault that was backed up, if it still exists "
            "anywhere, holds the key."
        )
    yield "Spare blocks of this computer's disk, which no program reaches, may hold what the vault once held."
    yield from _cards(evidence)
    yield "This computer's memory, and what the system wrote of it to its disk, was not cleared."


def _still_open(evidence: Evidence) -> Iterator[str]:
    """Which keys still open which recordings."""
    found: dict[str, list[Opener]] = {}
    for opener in evidence.openers:
        found.setdefault(opener.words, []).append(opener)
    for words, openers in found.items():
        which = recordings_words(opener.recording for opener in openers)
        yield f"Every copy of {which} can still be opened with the {words}."
    if evidence.unread:
        yield (
            f"Whether another key opens {recordings_words(evidence.unread)} is not known: "
            "the header could not be read."
        )


def _cards(evidence: Evidence) -> Iterator[str]:
    """The media that were, or were not, in hand."""
    for words in evidence.left_on_cards:
        yield f"{words[:1].upper()}{words[1:]}: it could not be wiped there."
    said = {sentence for medium in evidence.media for sentence in medium.not_achieved}
    yield from sorted(said)
    if evidence.cards:
        if not said:
            yield "Spare blocks of the card, which wear levelling sets aside, were not overwritten."
        yield "Other cards that once held these recordings were not presented and not overwritten."
    else:
        yield "No card was presented: what is on cards was not overwritten, spare blocks least of all."
