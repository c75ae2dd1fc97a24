"""The questions that a consent answers, and the answers that are suggested for them.

The suggestions fit a practice that goes over recordings with its clients. Whoever does something else with
them writes that instead; they are no legal advice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One question: its field of `model.Terms`, its heading on the form, and the suggested answer."""

    field: str
    heading: str
    suggestion: str


ROLE_WORDS = {"client": "Client", "therapist": "Therapist", "present": "Also present"}

DESTROYED = (
    "As soon as it is no longer needed for this{at_the_latest}. The key without which it cannot be heard is "
    "destroyed then, and so are backups that hold it: no encrypted copy can be opened any more. Whoever was "
    "given an excerpt destroys it as well."
)

TOPICS = (
    Topic(
        "purpose",
        "What it is for",
        "Going over the session again, the therapist alone or together with the client, to support the "
        "therapy.",
    ),
    Topic(
        "use",
        "What is done with it",
        "The recording is listened to, in whole or in part. It is not published, not used for research, "
        "teaching or the training of software, and not handed on, unless all who sign here agree to that "
        "in writing.",
    ),
    Topic(
        "access",
        "Who may hear it",
        "The therapist and the client. A supervisor, who is bound to secrecy as well, hears single "
        "excerpts, and only if the client has agreed to it beforehand.",
    ),
    Topic(
        "kept",
        "Where it is kept",
        "Encrypted, on the therapist's computer and in encrypted backups of it. The recorder has no "
        "network, and cannot play what it has recorded. Nothing is kept with an online service.",
    ),
    Topic("destroyed", "When it is destroyed", DESTROYED.format(at_the_latest="")),
    Topic(
        "withdrawal",
        "The right to say no",
        "Everybody who signs here may refuse to be recorded, have a recording stopped or destroyed on the "
        "spot, or withdraw this consent at any later time, without giving a reason. The therapy goes on as "
        "before. After a withdrawal nothing more is recorded, and what was recorded is destroyed, unless "
        "the law demands that it be kept. What was done with it until then stays lawful.",
    ),
)


def suggestion(topic: Topic, retention_days: int | None) -> str:
    """The suggested text; the vault's own rule, if there is one, says when recordings are destroyed."""
    if topic.field == "destroyed" and retention_days is not None:
        days = "1 day" if retention_days == 1 else f"{retention_days} days"
        return DESTROYED.format(at_the_latest=f", and at the latest {days} after the session")
    return topic.suggestion
