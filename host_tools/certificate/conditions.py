"""The conditions of cryptographic erase, answered one by one, and the level that may be claimed.

They are those of NIST SP 800-88 Rev. 1, section 2.6 and Appendix D, in our own words. Purge is claimed only
if every one is met; else Clear, if all that was in hand was overwritten and read back; else nothing. An
answer that is not known counts as not met.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from host_tools.certificate.evidence import FILE_KEY, STRANGE, Copy, Evidence, Medium, Opener
from host_tools.container.report import run_words
from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY

PURGE, CLEAR, NONE = "Purge", "Clear", "none"
CARD_PASSES = 2
UNKNOWN = "keys that this vault does not have, so that their strength is not known"


@dataclass(frozen=True)
class Condition:
    """One condition, whether it is met, and why."""

    condition: str
    met: bool
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Its entry in the certificate."""
        return {"condition": self.condition, "met": self.met, "why": self.why}


def conditions(evidence: Evidence) -> list[Condition]:
    """All of them, in the order in which they are printed."""
    return [
        Condition(
            "everything was encrypted with AES-256 before it was ever stored",
            True,
            "the recorder stores sound only as encrypted segments, and the vault keeps them as they are",
        ),
        Condition(
            "every key has a strength of at least 112 bits, and was stored only wrapped",
            bool(_strength(evidence.suites)),
            f"the file keys have 256 bits and are sealed with {_strength(evidence.suites) or UNKNOWN}; "
            "private keys lie in the vault under AES-256-GCM, whose key is opened by a passphrase through "
            "Argon2id",
        ),
        Condition(
            "the key never left the vault, but in backups of all of it",
            True,
            "no command hands out the private key of a recording; backups are answered for below",
        ),
        _key_destroyed(evidence),
        _backups(evidence.backups),
        _no_key("no last-resort key opens them", [LAST_RESORT], evidence),
        _no_key("no recovery key, and nobody else's, opens them", [RECOVERY, STRANGE], evidence),
        _plain_copies(evidence.plain_copies),
    ]


def _strength(suites: Iterable[int]) -> str:
    """What seals the file keys, and how strong that is (docs/format.md section 3; FIPS 203 for ML-KEM).

    Empty if the vault knows none of the keys.
    """
    words = {1: "X25519 (128 bits)", 2: "X25519 (128 bits) and ML-KEM-768 (192 bits) together"}
    return ", or with ".join(words[suite] for suite in sorted(set(suites) & set(words)))


def level(evidence: Evidence, answers: Iterable[Condition]) -> tuple[str, str]:
    """The level that may be claimed, and the technique in words."""
    unmet = [answer for answer in answers if not answer.met]
    is_overwritten = bool(evidence.media) and all(medium.passed for medium in evidence.media)
    how = _how_overwritten(evidence.media)
    besides = f"; the copies on the media listed were overwritten {how} besides, and read back"
    if not unmet:
        words = (
            "Purge by cryptographic erase: the private keys that open the recordings were destroyed, so that "
            "no copy of them can be read, wherever it is"
        )
        return PURGE, words + (besides if is_overwritten else "")
    why = ", and ".join(f"“{answer.condition}” is not met" for answer in unmet)
    if is_overwritten and not _once_only(evidence.media) and not evidence.untouched:
        return CLEAR, (
            f"Clear of what these recordings took up on the media listed, and of nothing else on them, by "
            f"overwriting {how}, and reading back; the keys in the vault were destroyed as well, but Purge "
            f"by cryptographic erase is not claimed: {why}"
        )
    return NONE, (
        "no level is claimed: the keys in the vault were destroyed, but Purge by cryptographic erase is not "
        f"achieved, as {why}; and Clear is not, as {_not_overwritten(evidence)}"
    )


def recordings_words(ids: Iterable[int]) -> str:
    """Recordings by the vault's ids."""
    ids = sorted(set(ids))
    return f"recording{'s' if len(ids) > 1 else ''} {run_words(ids)}"


def dates_words(copies: Iterable[Copy]) -> str:
    """The days on which copies were made, each once."""
    return ", ".join(sorted({copy.on[:10] for copy in copies}))


def _key_destroyed(evidence: Evidence) -> Condition:
    """The vault's own copy of the keys."""
    own = [opener for opener in evidence.openers if opener.role in (ONE_TIME, FILE_KEY)]
    words = "the vault's own copy of each key was destroyed, in every place where it is known to have stood"
    if own:
        return Condition(words, False, f"the vault still has {_openers_words(own)}")
    return Condition(
        words,
        True,
        f"on {evidence.destroyed[:10]} the keys were overwritten, the master key was replaced and everything "
        "else wrapped anew, and the vault's file written anew; what stood there before opens under no key of "
        "the vault",
    )


def _backups(backups: Sequence[Copy]) -> Condition:
    """Backups that hold the key, as far as the vault made them."""
    words = "no backup holds the key"
    if not backups:
        return Condition(words, True, "the vault made none that it has not been told to be gone")
    where = ", ".join(f"of {copy.on[:10]}" + (f" ({copy.to})" if copy.to else "") for copy in backups)
    return Condition(words, False, f"these backups still do, until they are said to be gone: {where}")


def _no_key(words: str, roles: Sequence[str], evidence: Evidence) -> Condition:
    """Whether a key that is shared by many recordings opens these."""
    here = [opener for opener in evidence.openers if opener.role in roles]
    if here:
        return Condition(words, False, f"every copy can still be opened with the {_openers_words(here)}")
    if evidence.unread and RECOVERY in roles:
        return Condition(
            words,
            False,
            f"not known: the header of {recordings_words(evidence.unread)}, which names the keys, "
            "could not be read",
        )
    return Condition(words, True, "none of them is sealed to one that exists")


def _plain_copies(copies: Sequence[Copy]) -> Condition:
    """Exports and shares."""
    words = "no copy outside the vault is known that the key does not protect"
    if not copies:
        return Condition(words, True, "the vault knows of no export and no share")
    counts = Counter((copy.what, copy.on[:10]) for copy in copies)
    made = ", ".join(
        f"{what} of {day}" if count == 1 else f"{count} {what}s of {day}"
        for (what, day), count in counts.items()
    )
    return Condition(words, False, f"these were made, and do not need the key: {made}")


def _openers_words(openers: Sequence[Opener]) -> str:
    """Keys, each with the recordings that it opens."""
    found: dict[str, list[int]] = {}
    for opener in openers:
        found.setdefault(opener.words, []).append(opener.recording)
    return ", and ".join(f"{key}: {recordings_words(ids)}" for key, ids in found.items())


def _not_overwritten(evidence: Evidence) -> str:
    """Why Clear is not claimed."""
    failed = [medium.what for medium in evidence.media if not medium.passed]
    if failed:
        return f"overwriting failed, or could not be read back, on: {', '.join(failed)}"
    if once := _once_only(evidence.media):
        named = ", ".join(medium.what for medium in once)
        return f"these were overwritten only once, and memory cards need it twice: {named}"
    if evidence.media:
        return f"no copy of {recordings_words(evidence.untouched)} is known to have been overwritten"
    return "nothing was overwritten"


def _how_overwritten(media: Sequence[Medium]) -> str:
    """How often, and with what; on cards the first pass writes the complement of the second."""
    if any(medium.passes > 1 for medium in media):
        return "with random bytes (cards twice, first with their complement)"
    return "once with random bytes"


def _once_only(media: Iterable[Medium]) -> list[Medium]:
    """The cards that were overwritten once: NIST SP 800-88 Rev. 1 asks for two passes on flash memory."""
    return [medium for medium in media if not medium.is_vaults and medium.passes < CARD_PASSES]
