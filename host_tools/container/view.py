"""What a reader has to know besides the container itself: secrets, keys, and who vouches for what.

The vault gives such a view; tests give small ones of their own. Nothing here is ever written to a card.
"""

from dataclasses import dataclass, field
from typing import Protocol

ONE_TIME, LAST_RESORT, RECOVERY = "one-time", "last-resort", "recovery"


@dataclass(frozen=True)
class KeyRecord:
    """One key pair of the vault. `private` is None once `destroyed`, `recorder_id` for recovery keys."""

    key_id: bytes
    role: str
    recorder_id: bytes | None
    suite: int
    index: int
    public: bytes
    private: bytes | None = field(repr=False)
    destroyed: bool


@dataclass(frozen=True)
class Vouch:
    """Who says which seal a number has, and how many samples its END counts (None: it has no END).

    `segments` is how many were authentic when a copy was made; None if nobody made one.
    """

    seal: str
    samples: int | None
    by: str
    segments: int | None = None


class KeyView(Protocol):
    """Whoever has the keys."""

    def private_key_for(self, key_id: bytes, /) -> KeyRecord | None:
        """The key with this id, if it is one of ours, destroyed or not."""

    def kept_file_key(self, seal: bytes, /) -> bytes | None:
        """The file key of the container with this seal, where it was kept at its import."""


class View(KeyView, Protocol):
    """The questions that `findings.examine` asks."""

    def recorder_secret(self, recorder_id: bytes) -> bytes | None:
        """The secret of a recorder that is known here, 32 bytes."""

    def vouch(self, recorder_id: bytes, number: int) -> Vouch | None:
        """What a later container, or else the recorder itself, says of this number."""

    def numbers_sealed_to(self, recorder_id: bytes, key_id: bytes) -> frozenset[int]:
        """The numbers of this recorder that were seen with this key as their first recipient."""

    def parts(self, recorder_id: bytes) -> dict[int, int]:
        """Which part of its recording (0, 1, 2 …) each known number of this recorder is."""
