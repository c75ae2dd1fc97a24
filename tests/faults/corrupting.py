"""Ways to corrupt a container: each takes a `Case` and gives the bytes of a file that was not recorded so.

Nothing here knows the laptop's reader: only blocks, sectors and the header's fields as docs/format.md has
them. `FAULTS` names every way; the names stand in the campaign's table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.reference_writer import BLOCK

SECTOR = 512
HEADER_FIELDS = {
    "version": (8, 1),
    "suite": (9, 1),
    "recipient count": (10, 1),
    "zero byte": (11, 1),
    "number": (12, 4),
    "recorder id": (16, 8),
    "destroyed key id": (24, 8),
    "key id": (32, 8),
    "seal": (4064, 32),
}


@dataclass(frozen=True)
class Case:
    """One container to corrupt: `used` of its blocks hold header and sound, the rest is leftovers.

    `other` is another container of the same recorder, sealed to the same key; `earlier` is the header that
    this number had when it was prepared before.
    """

    chance: Random
    data: bytes
    used: int
    other: bytes
    earlier: bytes

    def place(self, step: int = 1) -> int:
        """An offset in the used blocks, a multiple of `step`."""
        return self.chance.randrange(self.used * BLOCK // step) * step

    def block(self) -> int:
        """The offset of a used block."""
        return self.place(BLOCK)

    def put(self, offset: int, piece: bytes) -> bytes:
        """The container with these bytes there."""
        return self.data[:offset] + piece + self.data[offset + len(piece) :]


def one_bit(case: Case) -> bytes:
    offset = case.place()
    return case.put(offset, bytes([case.data[offset] ^ 1 << case.chance.randrange(8)]))


def random_bytes(case: Case) -> bytes:
    offset = case.place()
    return case.put(offset, case.chance.randbytes(min(case.chance.randint(1, 64), len(case.data) - offset)))


def zeroed_sector(case: Case) -> bytes:
    return case.put(case.place(SECTOR), bytes(SECTOR))


def sector_of_the_same(case: Case) -> bytes:
    source = case.place(SECTOR)
    return case.put(case.place(SECTOR), case.data[source : source + SECTOR])


def sector_of_another(case: Case) -> bytes:
    source = case.chance.randrange(len(case.other) // SECTOR) * SECTOR
    return case.put(case.place(SECTOR), case.other[source : source + SECTOR])


def random_block(case: Case) -> bytes:
    return case.put(case.block(), case.chance.randbytes(BLOCK))


def swapped_blocks(case: Case) -> bytes:
    first, second = case.block(), case.block()
    block = case.data[first : first + BLOCK]
    return Case(case.chance, case.put(first, case.data[second : second + BLOCK]), 0, b"", b"").put(
        second, block
    )


def removed_block(case: Case) -> bytes:
    offset = case.block()
    return case.data[:offset] + case.data[offset + BLOCK :]


def duplicated_block(case: Case) -> bytes:
    offset = case.block()
    return case.data[: offset + BLOCK] + case.data[offset:]


def cut(case: Case) -> bytes:
    return case.data[: case.place()]


def cut_and_filled_with_zeros(case: Case) -> bytes:
    return case.data[: case.place()].ljust(len(case.data), b"\0")


def tail_of_another(case: Case) -> bytes:
    offset = case.place(case.chance.choice((SECTOR, BLOCK)))
    return case.data[:offset] + case.other[offset:]


def header_of_another(case: Case) -> bytes:
    return case.put(0, case.other[:BLOCK])


def header_of_an_earlier_preparation(case: Case) -> bytes:
    return case.put(0, case.earlier)


def block_of_another_at_its_place(case: Case) -> bytes:
    offset = min(case.block(), len(case.other) - BLOCK)
    return case.put(offset, case.other[offset : offset + BLOCK])


def stream_header_of_another(case: Case) -> bytes:
    return case.put(BLOCK, case.other[BLOCK : BLOCK + 40])


def earlier_state(case: Case) -> bytes:
    """As the file was while it was recorded: some blocks written, the next one torn, then zeros."""
    written = case.chance.randrange(BLOCK, case.used * BLOCK, SECTOR)
    return case.data[:written].ljust(case.used * BLOCK, b"\0") + case.data[case.used * BLOCK :]


def last_segment_moved_up(case: Case) -> bytes:
    last = case.data[(case.used - 1) * BLOCK : case.used * BLOCK]
    return case.put(case.block(), last)


def header_field(case: Case) -> bytes:
    offset, length = HEADER_FIELDS[case.chance.choice(sorted(HEADER_FIELDS))]
    return case.put(offset, case.chance.randbytes(length))


def whole_of_another(case: Case) -> bytes:
    return case.other


def trailing_garbage(case: Case) -> bytes:
    return case.data + case.chance.randbytes(case.chance.randint(1, 3 * BLOCK))


def other_leftovers(case: Case) -> bytes:
    used = case.data[: case.used * BLOCK]
    source = case.chance.choice((case.data[BLOCK:], case.other, bytes(2 * BLOCK), b""))
    return used + source


def first_block_zeroed(case: Case) -> bytes:
    return case.put(BLOCK, bytes(BLOCK))


def several_at_once(case: Case) -> bytes:
    data = case.data
    for _ in range(case.chance.randint(2, 5)):
        fault = case.chance.choice((one_bit, random_bytes, zeroed_sector, sector_of_another, random_block))
        data = fault(Case(case.chance, data, case.used, case.other, case.earlier))
    return data


FAULTS: dict[str, Callable[[Case], bytes]] = {
    "one bit turned over": one_bit,
    "random bytes": random_bytes,
    "sector zeroed": zeroed_sector,
    "sector replaced by another of the same container": sector_of_the_same,
    "sector replaced by one of another container": sector_of_another,
    "block replaced by random bytes": random_block,
    "two blocks swapped": swapped_blocks,
    "block removed": removed_block,
    "block duplicated": duplicated_block,
    "cut at any byte": cut,
    "cut at any byte and filled with zeros": cut_and_filled_with_zeros,
    "tail of another container": tail_of_another,
    "header of another container": header_of_another,
    "header of an earlier preparation": header_of_an_earlier_preparation,
    "segment of another container of the same key": block_of_another_at_its_place,
    "salt and nonce prefix of another container": stream_header_of_another,
    "an earlier state of the same file": earlier_state,
    "last segment moved up": last_segment_moved_up,
    "header field changed": header_field,
    "another container under this name": whole_of_another,
    "trailing garbage": trailing_garbage,
    "leftovers exchanged": other_leftovers,
    "first block zeroed": first_block_zeroed,
    "several of these at once": several_at_once,
}
