"""What is known when a certificate is issued: facts only, from which the conditions are answered.

Pure data, so that the answers can be tested by themselves; `gather` takes them from the vault. What is not
known is said so (`unread`), never assumed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY

FILE_KEY, STRANGE = "own file key", "strange"

ROLE_WORDS = {
    ONE_TIME: "one-time key",
    LAST_RESORT: "last-resort key",
    RECOVERY: "recovery key",
    FILE_KEY: "own file key",
    STRANGE: "key of somebody else",
}


@dataclass(frozen=True)
class Opener:
    """A key that still opens a recording, wherever there is a copy of it. `recording` is the vault's id."""

    recording: int
    role: str
    key: str
    where: str = "in the vault"

    @property
    def words(self) -> str:
        """Which key, and where it is."""
        return f"{ROLE_WORDS[self.role]} {self.key}".strip() + f" ({self.where})"


@dataclass(frozen=True)
class Copy:
    """A copy that may still be somewhere: a backup, an export or a share, when it was made, and for whom."""

    on: str
    what: str
    recordings: tuple[int, ...] = ()
    to: str = ""


@dataclass(frozen=True)
class Medium:
    """A medium of which copies were overwritten. `passed` if what was read back is what was written.

    `passes` is how often: a card is flash memory, for which Clear takes two. `recordings` are ids.
    """

    what: str
    passed: bool
    make_model: str = ""
    serial: str = ""
    size_bytes: int | None = None
    path: str = ""
    not_achieved: tuple[str, ...] = ()
    is_vaults: bool = False
    passes: int = 1
    recordings: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Its entry in the certificate."""
        return {
            "what": self.what,
            "make_model": self.make_model,
            "serial": self.serial,
            "size_bytes": self.size_bytes,
            "path": self.path,
        }


@dataclass(frozen=True)
class Evidence:
    """Everything that a certificate rests on.

    `recordings` are its entries as they are printed; `suites` those that they were sealed with; `unread` the
    ids of those whose header could not be read, so that nobody knows who else could open them; `untouched` of
    which no overwriting is known; `restored` the days on which the vault was made out of a backup. `faults`
    say what the verification found wrong.
    """

    issued: str
    person: str
    destroyed: str
    recordings: Sequence[dict[str, Any]]
    suites: Sequence[int] = ()
    consents: Sequence[int] = ()
    openers: Sequence[Opener] = ()
    unread: Sequence[int] = ()
    backups: Sequence[Copy] = ()
    plain_copies: Sequence[Copy] = ()
    pictures: Sequence[Copy] = ()
    media: Sequence[Medium] = ()
    cards: int = 0
    restored: Sequence[str] = ()
    checks: Sequence[str] = ()
    faults: Sequence[str] = ()
    left_on_cards: Sequence[str] = ()
    untouched: Sequence[int] = ()
