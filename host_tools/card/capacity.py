"""How much of a card is real: judged by what blocks all over it held when they were read back.

A fake card has less memory than it says. Behind its end some begin at the start again, so that what is
written there replaces what was written before; others keep nothing there. A card that is only worn or
damaged has bad blocks between good ones.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import gcd

BLOCK_BYTES = 4096
SPREAD_PLACES = 32
SECTOR_BYTES = 512
PRIMES = (2, 3, 5, 7)


@dataclass(frozen=True)
class Look:
    """A block as it was read: good, or bad and perhaps what belongs at another place of the card.

    A block that begins as it should and goes on wrong is bad, and belongs nowhere else.
    """

    place: int
    good: bool
    belongs_at: int | None = None


@dataclass(frozen=True)
class Capacity:
    """What was found: `kind` is real, wraps, loses or damaged.

    real_bytes: how much there is, None if it cannot be told. first_bad: the first place seen that does not
    keep what is written, None if there is none. bad_blocks: how many such blocks of 4096 bytes were seen.
    """

    kind: str
    real_bytes: int | None
    first_bad: int | None = None
    bad_blocks: int = 0

    @property
    def is_fake(self) -> bool:
        """Whether the card has less memory than it says."""
        return self.kind in ("wraps", "loses")


WriteAndLook = Callable[[Iterable[int]], list[Look]]


def probe_places(size_bytes: int) -> list[int]:
    """Blocks that tell most fakes: powers of two, others evenly spread, the first and the last."""
    last = (size_bytes - 1) // BLOCK_BYTES * BLOCK_BYTES
    places = {0, last} | set(_spread(0, size_bytes))
    power = BLOCK_BYTES
    while power < size_bytes:
        places.add(power)
        power *= 2
    return sorted(places)


def real_capacity(looks: Sequence[Look], size_bytes: int, write_and_look: WriteAndLook) -> Capacity:
    """Judge by looks in the order of their places, and by some more blocks that are written for it.

    The looks are at blocks all over the card; or at every bad one alone, if they are few.
    """
    bad = [look for look in looks if not look.good]
    if not bad:
        return Capacity("real", size_bytes)
    moved = [look for look in bad if look.belongs_at is not None]
    if moved and (period := _period(moved, write_and_look)):
        return Capacity("wraps", period, period, len(bad))
    edge = _edge_of_loss(looks, bad[0].place, size_bytes, write_and_look)
    if edge is not None:
        return Capacity("loses", edge, edge, len(bad))
    return Capacity("damaged", None, bad[0].place, len(bad))


def _period(moved: Sequence[Look], write_and_look: WriteAndLook) -> int:
    """After how many bytes a card begins at its start again; 0 if it does not."""
    period = 0
    for look in moved:
        period = gcd(period, abs(look.place - (look.belongs_at or 0)))
    if not period or not _replaces(0, period, write_and_look):
        return 0  # a few blocks were mixed up; the card does not begin again
    for prime in PRIMES:
        while period % (prime * SECTOR_BYTES) == 0 and _replaces(0, period // prime, write_and_look):
            period //= prime
    return period


def _replaces(place: int, other: int, write_and_look: WriteAndLook) -> bool:
    """Whether what is written at the other place is found at this one."""
    looks = write_and_look([place, other])
    return any(look.place == place and look.belongs_at == other for look in looks)


def _edge_of_loss(
    looks: Sequence[Look], bad: int, size_bytes: int, write_and_look: WriteAndLook
) -> int | None:
    """The first bad block of a card that keeps nothing from there on; None if it is not like that."""
    good_places = [look.place for look in looks if look.good]
    if not good_places or good_places[-1] > bad:
        return None
    good = good_places[-1]
    while bad - good > BLOCK_BYTES:
        for look in write_and_look(_spread(good, bad)):
            if not look.good:
                bad = look.place
                break
            good = look.place
    behind = [bad, *_spread(bad, size_bytes)]
    is_lost = len(behind) > 1 and not any(look.good for look in write_and_look(behind))
    return bad if is_lost else None


def _spread(first: int, end: int) -> list[int]:
    """Blocks evenly between two places, neither of them included if there is another."""
    step = max(BLOCK_BYTES, (end - first) // SPREAD_PLACES // BLOCK_BYTES * BLOCK_BYTES)
    return list(range(first + step, end, step))
