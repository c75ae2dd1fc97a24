"""A consent as a form to sign: one page or two, the same for everybody who is in the room."""

from collections.abc import Iterator

from host_tools.consent.model import Consent
from host_tools.consent.texts import ROLE_WORDS, TOPICS
from host_tools.documents.page import Block, Fields, Heading, Items, Note, Page, Paragraph, Signature
from host_tools.documents.words import day_words

TITLE = "Consent to the recording of therapy sessions"
OPENING = (
    "Sessions are recorded as sound, in the way that is described here. The recorder stands in sight. "
    "Nothing is recorded before everybody in the room has agreed by pressing a button, and a red light "
    "shows whenever the microphone has power. Everybody in the room may pause or stop at any moment."
)
SIGNING = (
    "I have read this page, or it was read to me. I could ask whatever I wanted to know, and have a copy.",
    "I agree that I am recorded as it is described here.",
)
FOR_ANOTHER = (
    "Whoever signs for somebody else (a child, or a person under guardianship) writes their own name and in "
    "what capacity they sign beside the signature."
)
WITHDRAWING = "To be filled in only when somebody withdraws this consent. One signature is enough."


def consent_page(consent: Consent, number: int) -> Page:
    """The form of consent `number`. The vault's own notes, as of a withdrawal, are not on it."""
    blocks: list[Block] = [
        Paragraph(OPENING),
        Fields([(topic.heading, getattr(consent.terms, topic.field)) for topic in TOPICS]),
        Heading("We agree"),
        Items(SIGNING),
        Paragraph(FOR_ANOTHER),
        *_signatures(consent),
        Note(WITHDRAWING, "Withdrawal"),
        Signature("I withdraw this consent"),
    ]
    return Page(TITLE, blocks, f"Consent {number} · {day_words(consent.made)}", f"Consent {number}")


def _signatures(consent: Consent) -> Iterator[Signature]:
    """A place to sign for each party."""
    for party in consent.parties:
        yield Signature(ROLE_WORDS[party.role], party.name)
